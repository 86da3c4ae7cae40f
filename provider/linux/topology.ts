import { readCoreKinds, type CoreKind } from "./core-kinds";
import type { CpuSet } from "./cpu-set";
import type { FileTree } from "./file-tree";
import { readCaches, type Caches } from "./topology-caches";
import { checkTopology } from "./topology-checks";
import { readCpuFolders, readCpuStates, type CpuStates } from "./topology-cpus";
import { TopologyError } from "./topology-error";
import { readGroups } from "./topology-groups";
import { readHugepages, readNodes, type HugepagePool, type Nodes } from "./topology-nodes";
import type { Reading } from "./topology-reading";
import { meminfoKiB } from "./units";

/**
 * What a host has, as its kernel shows it (Documentation/admin-guide/cputopology.rst). Groups hold online CPUs only,
 * as the kernel itself restricts them; they are in the order of their lowest CPU. A CPU number alone says nothing:
 * siblings may be i and i+N or 2i and 2i+1, nodes may interleave, and numbers may have gaps.
 */
export interface Topology extends CpuStates, Nodes, Caches {
  /** By the kernel's sibling masks: what a socket is to its scheduler. */
  readonly sockets: readonly CpuSet[];
  /** Empty where the kernel does not say. Where it has no data (die_id -1) each CPU can be a die of its own. */
  readonly dies: readonly CpuSet[];
  /** Cores that share an L2 or an L3 tag; empty where the kernel does not say. */
  readonly clusters: readonly CpuSet[];
  /** Each set is the SMT siblings of one core. */
  readonly cores: readonly CpuSet[];
  /** Cores that are not alike (hybrid, big.LITTLE), the fastest first. */
  readonly coreKinds: readonly CoreKind[];
  /** Of the whole host; null: /proc/meminfo was not read. */
  readonly memoryKiB: number | null;
  /** Of the whole host, by page size: the sizes that this kernel has. */
  readonly hugepages: readonly HugepagePool[];
  /** What is missing or odd but does not make the rest useless: to be shown as warnings. */
  readonly doubts: readonly string[];
}

/** Throws `TopologyError` with every contradiction, if there is one. */
export function readTopology(files: FileTree): Topology {
  const reading: Reading = { files, problems: [], doubts: [] };
  const folders = readCpuFolders(reading);
  const states = readCpuStates(reading, folders);
  const nodes = readNodes(reading, states.online);
  const host = { online: states.online, nodes: (nodes.numaNodes ?? []).map((node) => node.cpus) };
  const pools = "/sys/kernel/mm/hugepages/";
  const caches = readCaches(reading, folders, states.online);
  const topology: Topology = {
    ...states,
    sockets: readGroups(reading, "socket", host),
    dies: readGroups(reading, "die", host),
    clusters: readGroups(reading, "cluster", host),
    cores: readGroups(reading, "core", host),
    coreKinds: readCoreKinds(reading, { online: states.online, caches: caches.caches }),
    ...caches,
    ...nodes,
    memoryKiB: meminfoKiB(files.text("/proc/meminfo") ?? "", "MemTotal") ?? null,
    hugepages: readHugepages(
      reading,
      pools,
      files.paths(pools).map((path) => path.slice(pools.length)),
    ),
    doubts: reading.doubts,
  };
  checkTopology(reading, topology);
  if (reading.problems.length > 0) throw new TopologyError(reading.problems);
  return topology;
}
