import { CpuSet } from "./cpu-set";
import { cpuRoot, quote, readNumber, readSet, type Reading } from "./topology-reading";

/**
 * Levels of the sibling files in cpuN/topology (Documentation/ABI/stable/sysfs-devices-system-cpu). Names of kernel
 * 5.2 and later first, then the older ones, which later kernels keep.
 */
const levels = {
  core: ["core_cpus", "thread_siblings"],
  cluster: ["cluster_cpus"],
  die: ["die_cpus"],
  socket: ["package_cpus", "core_siblings"],
} as const;

/**
 * The sets of online CPUs that share a core, cluster, die or socket, by lowest CPU; empty if the kernel does not say.
 * Where the sibling files are missing or useless, cores and sockets are told by core_id and physical_package_id.
 */
export function readGroups(reading: Reading, level: keyof typeof levels, host: HostCpus): readonly CpuSet[] {
  const online = host.online;
  const sets = new Map<number, CpuSet>();
  for (const cpu of online) {
    const set = siblings(reading, level, cpu)?.intersect(online);
    if (set?.has(cpu) === true) sets.set(cpu, set);
  }
  const byId = level === "core" || level === "socket";
  if (sets.size === online.size || (sets.size > 0 && !byId)) return partition(reading, level, sets);
  if (!byId) return [];
  if (sets.size > 0) {
    const left = quote(online.minus(CpuSet.from(sets.keys())));
    reading.doubts.push(
      `CPUs ${left} are not in their own ${level} by the sibling files: ${level}s are told by their ids`,
    );
  }
  return groupsById(reading, level, host);
}

interface HostCpus {
  readonly online: CpuSet;
  /** The CPUs of each NUMA node. */
  readonly nodes: readonly CpuSet[];
}

function siblings(reading: Reading, level: keyof typeof levels, cpu: number): CpuSet | undefined {
  for (const name of levels[level]) {
    const mask = `${cpuRoot}cpu${cpu}/topology/${name}`;
    const set = readSet(reading, { list: `${mask}_list`, mask });
    if (set !== undefined) return set;
  }
  return undefined;
}

/** The distinct sets; each CPU's set holds that CPU. A problem if two of them overlap. */
export function partition(reading: Reading, what: string, sets: ReadonlyMap<number, CpuSet>): readonly CpuSet[] {
  const groups = new Map<string, CpuSet>();
  for (const [cpu, set] of sets) {
    const known = groups.has(set.toString());
    groups.set(set.toString(), set);
    if (!known) checkMembers(reading, what, { cpu, set, sets });
  }
  return sortGroups([...groups.values()]);
}

function checkMembers(
  reading: Reading,
  what: string,
  group: { cpu: number; set: CpuSet; sets: ReadonlyMap<number, CpuSet> },
): void {
  for (const member of group.set) {
    const theirs = group.sets.get(member);
    // One line a pair of sets: that of the lower CPU.
    if (theirs === undefined || theirs.equals(group.set) || (theirs.has(group.cpu) && member < group.cpu)) continue;
    const both = `is CPUs ${quote(group.set)} to CPU ${group.cpu}, but CPUs ${quote(theirs)} to CPU ${member}`;
    reading.problems.push(`one ${what} ${both}`);
    return;
  }
}

/** Lowest CPU first; the empty set last. */
export function sortGroups(groups: readonly CpuSet[]): readonly CpuSet[] {
  return [...groups].sort(
    (left, right) => (left.first ?? Infinity) - (right.first ?? Infinity) || left.size - right.size,
  );
}

function groupsById(reading: Reading, level: "core" | "socket", host: HostCpus): readonly CpuSet[] {
  const groups = new Map<string, number[]>();
  for (const cpu of host.online) {
    const key = level === "socket" ? String(socketId(reading, cpu)) : coreKey(reading, cpu, host.nodes);
    groups.set(key, [...(groups.get(key) ?? []), cpu]);
  }
  return sortGroups([...groups.values()].map((cpus) => CpuSet.from(cpus)));
}

/** CPUs without an id are all of one socket, as on a small board. */
function socketId(reading: Reading, cpu: number): number {
  return readNumber(reading, `${cpuRoot}cpu${cpu}/topology/physical_package_id`) ?? -1;
}

/**
 * core_id is unique within a die, on some machines only within a NUMA node (two nodes in one AMD socket of 2011 have
 * the same ones). A CPU without an id is its own core.
 */
function coreKey(reading: Reading, cpu: number, nodes: readonly CpuSet[]): string {
  const folder = `${cpuRoot}cpu${cpu}/topology/`;
  const core = readNumber(reading, `${folder}core_id`);
  if (core === undefined) return `cpu${cpu}`;
  const die = readNumber(reading, `${folder}die_id`) ?? -1;
  return [socketId(reading, cpu), die, nodes.findIndex((node) => node.has(cpu)), core].join("/");
}
