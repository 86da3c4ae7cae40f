import { CpuSet } from "./cpu-set";
import { nodeRoot, numberedFolders, quote, readNumber, readSet, type Reading } from "./topology-reading";
import { hugepagesFolder, meminfoKiB, pageSizeOfFolder } from "./units";

/** Pages of one size, on one node or on the whole host. */
export interface HugepagePool {
  readonly pageSizeKiB: number;
  readonly total: number;
  readonly free: number;
  readonly surplus: number;
}

export interface NumaNode {
  readonly id: number;
  /** Online CPUs; empty for a node of memory alone (CXL, HBM, GPU memory). */
  readonly cpus: CpuSet;
  /** The CPUs nearest to the node's memory: its own, or those of the nearest nodes that have any. */
  readonly localCpus: CpuSet;
  /** null: the kernel does not say. 0: a node without memory. */
  readonly memoryKiB: number | null;
  /** Free at the moment of reading: never to be compared between runs. */
  readonly freeMemoryKiB: number | null;
  /** By page size. */
  readonly hugepages: readonly HugepagePool[];
}

export interface Nodes {
  /** By id; ids may have gaps. null: a kernel without NUMA. */
  readonly numaNodes: readonly NumaNode[] | null;
  /** Row and column in the order of `numaNodes`; 10 is local. null: the kernel does not say. */
  readonly distances: readonly (readonly number[])[] | null;
}

export function readNodes(reading: Reading, online: CpuSet): Nodes {
  const folders = numberedFolders(reading.files, nodeRoot, "node");
  if (folders.size === 0) return { numaNodes: null, distances: null };
  const distances = readDistances(reading, [...folders.keys()]);
  const nodes = [...folders].map(([id, paths]) => readNode(reading, { id, paths, online }));
  checkNodes(reading, nodes, online);
  return {
    numaNodes: nodes.map((node, row) => ({ ...node, localCpus: localCpus(nodes, node, distances?.[row]) })),
    distances,
  };
}

function readNode(
  reading: Reading,
  node: { id: number; paths: readonly string[]; online: CpuSet },
): Omit<NumaNode, "localCpus"> {
  const folder = `${nodeRoot}node${node.id}/`;
  const cpus = readSet(reading, { list: `${folder}cpulist`, mask: `${folder}cpumap` }) ?? linkedCpus(reading, node);
  const meminfo = reading.files.text(`${folder}meminfo`) ?? "";
  return {
    id: node.id,
    cpus: cpus.intersect(node.online),
    memoryKiB: meminfoKiB(meminfo, "MemTotal") ?? null,
    freeMemoryKiB: meminfoKiB(meminfo, "MemFree") ?? null,
    hugepages: readHugepages(
      reading,
      `${folder}hugepages/`,
      node.paths.map((path) => path.replace(/^hugepages\//, "")),
    ),
  };
}

/** Without a list: the links nodeN/cpuM, seen by the files behind them. */
function linkedCpus(reading: Reading, node: { id: number; paths: readonly string[] }): CpuSet {
  const numbers = node.paths.flatMap((path) => /^cpu(\d{1,4})\//.exec(path)?.[1] ?? []);
  if (numbers.length === 0) {
    reading.doubts.push(`NUMA node ${node.id}: no file names its CPUs, so it is taken to have none`);
  }
  return CpuSet.from(numbers.map(Number));
}

/** `paths`: what lies under `folder`, relative to it. */
export function readHugepages(reading: Reading, folder: string, paths: readonly string[]): readonly HugepagePool[] {
  const sizes = new Set(paths.flatMap((path) => pageSizeOfFolder(path.split("/")[0] ?? "") ?? []));
  return [...sizes]
    .sort((left, right) => left - right)
    .map((pageSizeKiB) => {
      const count = (name: string) => readNumber(reading, `${folder}${hugepagesFolder(pageSizeKiB)}/${name}`) ?? 0;
      return {
        pageSizeKiB,
        total: count("nr_hugepages"),
        free: count("free_hugepages"),
        surplus: count("surplus_hugepages"),
      };
    });
}

function readDistances(reading: Reading, ids: readonly number[]): readonly (readonly number[])[] | null {
  const rows: number[][] = [];
  for (const id of ids) {
    const path = `${nodeRoot}node${id}/distance`;
    const text = reading.files.text(path)?.trim();
    if (text === undefined) continue;
    const row = text.split(/\s+/).map(Number);
    if (row.length !== ids.length || !row.every((value) => Number.isInteger(value) && value > 0)) {
      reading.problems.push(
        `${path}: ${JSON.stringify(text)} are not ${ids.length} distances, one for each of nodes ${ids.join(", ")}`,
      );
    }
    rows.push(row);
  }
  if (rows.length > 0 && rows.length < ids.length)
    reading.doubts.push("some NUMA nodes have no distance file: distances are unknown");
  return rows.length === ids.length ? rows : null;
}

function localCpus(
  nodes: readonly Omit<NumaNode, "localCpus">[],
  node: Omit<NumaNode, "localCpus">,
  row: readonly number[] | undefined,
): CpuSet {
  if (!node.cpus.isEmpty) return node.cpus;
  const candidates = nodes.map((other, column) => ({ cpus: other.cpus, distance: row?.[column] ?? Infinity }));
  const withCpus = candidates.filter((each) => !each.cpus.isEmpty);
  const nearest = Math.min(...withCpus.map((each) => each.distance));
  return CpuSet.union(withCpus.filter((each) => each.distance === nearest).map((each) => each.cpus));
}

function checkNodes(reading: Reading, nodes: readonly Omit<NumaNode, "localCpus">[], online: CpuSet): void {
  let seen = CpuSet.empty;
  for (const node of nodes) {
    const twice = seen.intersect(node.cpus);
    if (!twice.isEmpty)
      reading.problems.push(`CPUs ${quote(twice)} are on NUMA node ${node.id} and on a lower one too`);
    seen = seen.union(node.cpus);
  }
  if (!seen.equals(online)) reading.doubts.push(`CPUs ${quote(online.minus(seen))} are on no NUMA node`);
}
