import type { HostSnapshot } from "../host/snapshot";
import { readIsolation } from "../linux/cpu-isolation";
import type { CpuSet } from "../linux/cpu-set";
import type { FileTree } from "../linux/file-tree";
import { readPciDevices } from "../linux/pci-devices";
import { readTopology, type Topology } from "../linux/topology";
import type { HugepagePool, NumaNode } from "../linux/topology-nodes";
import { formatPageSize, meminfoKiB } from "../linux/units";
import type { CoreTopology, HostTopology, HugepagePoolTopology, NodeTopology } from "./model";

/** The snapshot's topology as plain JSON. Pure. Throws `TopologyError` where the kernel's files contradict each other. */
export function describeTopology({ machineId, hostname, files }: HostSnapshot): HostTopology {
  const topology = readTopology(files);
  const meminfo = files.text("/proc/meminfo") ?? "";
  return {
    hostId: machineId,
    hostname,
    onlineCpus: topology.online.toString(),
    offlineCpus: topology.offline.toString(),
    presentCpus: topology.present.toString(),
    possibleCpus: topology.possible.toString(),
    smt: smtOf(files),
    ...levelsOf(topology, files),
    nodes: nodesOf(topology),
    memoryKiB: topology.memoryKiB,
    freeMemoryKiB: meminfoKiB(meminfo, "MemFree") ?? null,
    defaultHugepageSizeKiB: meminfoKiB(meminfo, "Hugepagesize") ?? null,
    hugepages: topology.hugepages.map(describePool),
    isolation: isolationOf(files, topology.online),
    pciDevices: readPciDevices(files).map(({ address, classCode, numaNode, networkInterfaces }) => ({
      address,
      classCode,
      node: numaNode,
      networkInterfaces: [...networkInterfaces],
    })),
    warnings: [...topology.doubts],
  };
}

type Levels = Pick<
  HostTopology,
  "threadsPerCore" | "packages" | "dies" | "clusters" | "cores" | "coreKinds" | "caches"
>;

function levelsOf(topology: Topology, files: FileTree): Levels {
  const packageOf = indexIn(topology.sockets);
  const within = (cpus: CpuSet) => ({ cpus: cpus.toString(), package: packageOf(cpus) ?? 0 });
  return {
    threadsPerCore: Math.max(...topology.cores.map((core) => core.size)),
    packages: topology.sockets.map((cpus) => ({ cpus: cpus.toString(), id: packageId(files, cpus) })),
    dies: topology.dies.map(within),
    clusters: topology.clusters.map(within),
    cores: coresOf(topology, packageOf),
    coreKinds: topology.coreKinds.map(({ kind, cpus, capacity }) => ({ kind, cpus: cpus.toString(), capacity })),
    caches: topology.caches.map(({ level, type, sizeKiB, cpus }) => ({ level, type, sizeKiB, cpus: cpus.toString() })),
  };
}

type IndexOf = (core: CpuSet) => number | undefined;

/** Of the set that the lowest CPU of a core lies in. */
function indexIn(sets: readonly (CpuSet | undefined)[]): IndexOf {
  const indexes = new Map<number, number>();
  for (const [index, set] of sets.entries()) for (const cpu of set ?? []) indexes.set(cpu, index);
  return (core) => indexes.get(core.first ?? -1);
}

function coresOf(topology: Topology, packageOf: IndexOf): CoreTopology[] {
  const nodes = topology.numaNodes ?? [];
  const kindOf = indexIn(topology.coreKinds.map(({ cpus }) => cpus));
  const nodeOf = indexIn(nodes.map(({ cpus }) => cpus));
  const [dieOf, clusterOf] = [indexIn(topology.dies), indexIn(topology.clusters)];
  const shared = (wanted: number) =>
    indexIn(
      topology.caches.map(({ level, type, cpus }) => (level === wanted && type !== "instruction" ? cpus : undefined)),
    );
  const [l3Of, l2Of] = [shared(3), shared(2)];
  return topology.cores.map((core) => ({
    threads: [...core],
    package: packageOf(core) ?? 0,
    die: dieOf(core) ?? null,
    cluster: clusterOf(core) ?? null,
    lastLevelCache: l3Of(core) ?? l2Of(core) ?? null,
    node: nodes[nodeOf(core) ?? -1]?.id ?? null,
    kind: topology.coreKinds[kindOf(core) ?? -1]?.kind ?? "uniform",
  }));
}

function packageId(files: FileTree, cpus: CpuSet): number | null {
  const path = `/sys/devices/system/cpu/cpu${cpus.first ?? 0}/topology/physical_package_id`;
  const text = files.text(path)?.trim() ?? "";
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}

function nodesOf({ numaNodes, distances }: Topology): NodeTopology[] {
  const nodes = numaNodes ?? [];
  return nodes.map((node, row) => ({
    id: node.id,
    cpus: node.cpus.toString(),
    kind: kindOfNode(node),
    nearestCpus: node.localCpus.toString(),
    memoryKiB: node.memoryKiB,
    freeMemoryKiB: node.freeMemoryKiB,
    hugepages: node.hugepages.map(describePool),
    distances:
      distances === null
        ? null
        : Object.fromEntries(nodes.map(({ id }, column) => [String(id), distances[row]?.[column] ?? 0])),
  }));
}

function kindOfNode({ cpus, memoryKiB }: NumaNode): NodeTopology["kind"] {
  if (cpus.isEmpty) return memoryKiB === 0 ? "empty" : "memory-only";
  return memoryKiB === 0 ? "cpu-only" : "general";
}

function describePool({ pageSizeKiB, total, free, surplus }: HugepagePool): HugepagePoolTopology {
  return { pageSizeKiB, size: formatPageSize(pageSizeKiB), total, free, surplus };
}

function isolationOf(files: FileTree, online: CpuSet): HostTopology["isolation"] {
  const { isolated, nohzFull, domains, reserved } = readIsolation(files, online);
  return {
    isolatedCpus: isolated.toString(),
    nohzFullCpus: nohzFull.toString(),
    domainCpus: domains.toString(),
    reservedCpus: reserved.toString(),
  };
}

const smtWords = ["on", "off", "forceoff", "notsupported", "notimplemented"] as const;

function smtOf(files: FileTree): HostTopology["smt"] {
  const text = files.text("/sys/devices/system/cpu/smt/control")?.trim();
  return smtWords.find((word) => word === text) ?? null;
}
