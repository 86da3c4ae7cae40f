import { fileTree, type FileTree } from "../../../provider/linux/file-tree";

/** Files of a host's sysfs as the kernel writes them, made from lists: for tests that then change or drop some. */
export interface SysfsShape {
  readonly online: string;
  readonly possible?: string;
  readonly present?: string;
  readonly cores: readonly string[];
  readonly sockets: readonly string[];
  readonly dies?: readonly string[];
  readonly l2?: readonly string[];
  readonly l3?: readonly string[];
  /** Node id -> its CPUs and its row of distances. */
  readonly nodes?: Readonly<Record<number, { cpus: string; distance: string; memoryKiB?: number }>>;
}

export const cpuFolder = "/sys/devices/system/cpu";
export const nodeFolder = "/sys/devices/system/node";

export function sysfs(shape: SysfsShape): Map<string, string> {
  const files = new Map<string, string>();
  files.set(`${cpuFolder}/online`, shape.online);
  files.set(`${cpuFolder}/present`, shape.present ?? shape.online);
  files.set(`${cpuFolder}/possible`, shape.possible ?? shape.present ?? shape.online);
  addLevel(files, shape.cores, (cpu) => `cpu${cpu}/topology/core_cpus_list`);
  addLevel(files, shape.sockets, (cpu) => `cpu${cpu}/topology/package_cpus_list`);
  addLevel(files, shape.dies ?? [], (cpu) => `cpu${cpu}/topology/die_cpus_list`);
  addCache(files, { level: 2, groups: shape.l2 ?? [] });
  addCache(files, { level: 3, groups: shape.l3 ?? [] });
  for (const [id, node] of Object.entries(shape.nodes ?? {})) {
    files.set(`${nodeFolder}/node${id}/cpulist`, node.cpus);
    files.set(`${nodeFolder}/node${id}/distance`, node.distance);
    if (node.memoryKiB === undefined) continue;
    files.set(
      `${nodeFolder}/node${id}/meminfo`,
      `Node ${id} MemTotal:       ${node.memoryKiB} kB\nNode ${id} MemFree: 7 kB`,
    );
  }
  return files;
}

function addLevel(files: Map<string, string>, groups: readonly string[], path: (cpu: number) => string): void {
  for (const group of groups) for (const cpu of expand(group)) files.set(`${cpuFolder}/${path(cpu)}`, group);
}

function addCache(files: Map<string, string>, cache: { level: number; groups: readonly string[] }): void {
  addLevel(files, cache.groups, (cpu) => `cpu${cpu}/cache/index${cache.level}/shared_cpu_list`);
  for (const cpu of cache.groups.flatMap(expand)) {
    files.set(`${cpuFolder}/cpu${cpu}/cache/index${cache.level}/level`, String(cache.level));
    files.set(`${cpuFolder}/cpu${cpu}/cache/index${cache.level}/type`, "Unified");
  }
}

/** Not CpuSet: the tests of what is read must not lean on what reads. */
function expand(list: string): number[] {
  return list.split(",").flatMap((part) => {
    const [first = 0, last = first] = part.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** The shape's files with some replaced; `undefined` takes a file away. */
export function tree(files: Map<string, string>, changes: Readonly<Record<string, string | undefined>> = {}): FileTree {
  const changed = new Map(files);
  for (const [path, text] of Object.entries(changes)) {
    if (text === undefined) changed.delete(path);
    else changed.set(path, text);
  }
  return fileTree(changed);
}
