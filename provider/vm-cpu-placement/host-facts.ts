import type { ExpectedHost } from "../host/hosts";
import type { HostSnapshot } from "../host/snapshot";
import { CpuSet } from "../linux/cpu-set";
import { machinePartition, unbalancedCpus } from "../linux/cpuset-partition";
import type { FileTree } from "../linux/file-tree";
import { readTopology, type Topology } from "../linux/topology";
import { TopologyError } from "../linux/topology-error";
import { readHugepages, readNodes, type HugepagePool } from "../linux/topology-nodes";
import type { Reading } from "../linux/topology-reading";
import { meminfoKiB, parsePageSizeKiB, SizeError } from "../linux/units";
import { readCpuCapabilities, type CpuCapabilities } from "./cpu-capabilities";

export type { CpuCapabilities } from "./cpu-capabilities";

export interface HostNode {
  readonly id: number;
  /** Online CPUs; empty for a node of memory alone. */
  readonly cpus: CpuSet;
  /** The CPUs nearest to its memory. */
  readonly localCpus: CpuSet;
  /** Null: the kernel does not say. 0: a node without memory. */
  readonly memoryKiB: number | null;
  readonly hugepages: readonly HugepagePool[];
}

/** What a placement needs to know of its host. */
export interface HostFacts {
  readonly online: CpuSet;
  readonly offline: CpuSet;
  /** By isolcpus= or an "isolated" partition: between these the kernel does not balance. */
  readonly isolated: CpuSet;
  /** All that domains may run on, where machine.slice is a partition (cgroup v2): libvirt refuses a pin outside. */
  readonly partition?: CpuSet;
  /** SMT siblings. Empty where the kernel contradicts itself. */
  readonly cores: readonly CpuSet[];
  readonly nodes: readonly HostNode[];
  readonly cgroup: 1 | 2 | undefined;
  readonly realTime: {
    /** -1: no limit. */
    readonly runtimeMicroseconds: number | undefined;
    readonly periodMicroseconds: number | undefined;
    /** Run time is divided among groups (cgroup v1, CONFIG_RT_GROUP_SCHED): a new group has none. */
    readonly groupScheduling: boolean;
  };
  /** Page sizes with a mount, ascending. */
  readonly hugetlbfsKiB: readonly number[];
  readonly defaultPageKiB: number | undefined;
  readonly numad: boolean;
  readonly resctrl: boolean;
  /** By `<domain type>`; undefined: libvirt did not say, or this host cannot run the type. */
  cpuCapabilities(domainType: string): CpuCapabilities | undefined;
}

/** All CPUs of the nodes that a set lies on, as far as domains may have them; of a set on no node the set itself. */
export function widened({ nodes, partition }: HostFacts, cpus: CpuSet): CpuSet {
  const all = CpuSet.union([cpus, ...nodes.map((node) => node.cpus).filter((node) => node.intersects(cpus))]);
  return partition === undefined ? all : all.intersect(partition.union(cpus));
}

/** Where a thread runs that nothing pins. */
export function everywhere({ online, partition }: HostFacts): CpuSet {
  return partition ?? online;
}

/** A snapshot is read for every placement on its host. */
const known = new WeakMap<HostSnapshot, HostFacts>();

export function hostFacts(snapshot: HostSnapshot): HostFacts {
  const before = known.get(snapshot);
  if (before !== undefined) return before;
  const facts = read(snapshot);
  known.set(snapshot, facts);
  return facts;
}

/** The host as it will be when the run is through. */
export function withExpected(host: HostFacts, expected: ExpectedHost | undefined): HostFacts {
  if (expected === undefined) return host;
  const resized = (node: HostNode, pool: HugepagePool): HugepagePool => {
    const wanted = expected.hugepages.find(({ sizeKiB, node: id }) => sizeKiB === pool.pageSizeKiB && id === node.id);
    if (wanted === undefined) return pool;
    const used = pool.total - pool.free;
    return { ...pool, total: wanted.pages, free: Math.max(0, wanted.pages - used) };
  };
  const runtime = expected.realTimeRuntimeMicroseconds ?? host.realTime.runtimeMicroseconds;
  return {
    ...host,
    realTime: { ...host.realTime, runtimeMicroseconds: runtime },
    isolated: host.isolated.union(CpuSet.parse(expected.isolatedCpus)),
    ...(expected.partition !== undefined && { partition: CpuSet.parse(expected.partition.cpus) }),
    nodes: host.nodes.map((node) => ({ ...node, hugepages: node.hugepages.map((pool) => resized(node, pool)) })),
  };
}

function read({ files, libvirt }: HostSnapshot): HostFacts {
  const defaultPageKiB = meminfoKiB(files.text("/proc/meminfo") ?? "", "Hugepagesize");
  const exists = (...paths: readonly string[]): boolean => paths.some((path) => files.text(path) !== undefined);
  const version1 = files.paths("/sys/fs/cgroup/cpu").filter((path) => path.endsWith("/cpu.shares"));
  const number = (name: string): number | undefined => {
    const text = files.text(`/proc/sys/kernel/${name}`)?.trim() ?? "";
    return /^-?\d+$/.test(text) ? Number(text) : undefined;
  };
  const parsed = new Map<string, CpuCapabilities | undefined>();
  return {
    ...readCpusAndNodes(files),
    isolated: cpusOf(files, "isolated").union(unbalancedCpus(files)),
    ...partitionOf(files),
    cgroup: exists("/sys/fs/cgroup/cgroup.controllers") ? 2 : version1.length > 0 ? 1 : undefined,
    realTime: {
      runtimeMicroseconds: number("sched_rt_runtime_us"),
      periodMicroseconds: number("sched_rt_period_us"),
      groupScheduling: files.paths("/sys/fs/cgroup/cpu").some((path) => path.endsWith("/cpu.rt_runtime_us")),
    },
    hugetlbfsKiB: mountedPageSizes(files.text("/proc/mounts") ?? "", defaultPageKiB),
    defaultPageKiB,
    numad: exists("/usr/bin/numad", "/usr/sbin/numad", "/bin/numad"),
    resctrl: exists("/sys/fs/resctrl/schemata", "/sys/fs/resctrl/info"),
    cpuCapabilities(type) {
      const text = type === "kvm" || type === "qemu" ? libvirt?.capabilities.get(type) : undefined;
      if (text !== undefined && !parsed.has(type)) parsed.set(type, readCpuCapabilities(text));
      return parsed.get(type);
    },
  };
}

/** A partition that is not granted bounds nobody. */
function partitionOf(files: FileTree): Pick<HostFacts, "partition"> {
  const found = machinePartition(files);
  return found === undefined || found.kind === "member" || found.invalid !== undefined ? {} : { partition: found.cpus };
}

const cpusOf = (files: FileTree, name: string): CpuSet =>
  CpuSet.parse(files.text(`/sys/devices/system/cpu/${name}`)?.trim() ?? "");

function readCpusAndNodes(files: FileTree): Pick<HostFacts, "online" | "offline" | "cores" | "nodes"> {
  try {
    const { online, offline, cores, ...topology } = readTopology(files);
    return { online, offline, cores, nodes: topology.numaNodes ?? [onlyNode(online, topology)] };
  } catch (error) {
    if (!(error instanceof TopologyError)) throw error;
    // A contradiction somewhere in sysfs: CPUs and nodes are still known.
    const reading: Reading = { files, problems: [], doubts: [] };
    const online = cpusOf(files, "online");
    const pools = "/sys/kernel/mm/hugepages/";
    const names = files.paths(pools).map((path) => path.slice(pools.length));
    const whole = {
      memoryKiB: meminfoKiB(files.text("/proc/meminfo") ?? "", "MemTotal") ?? null,
      hugepages: readHugepages(reading, pools, names),
    };
    const nodes = readNodes(reading, online).numaNodes ?? [onlyNode(online, whole)];
    return { online, offline: cpusOf(files, "offline"), cores: [], nodes };
  }
}

/** A kernel without NUMA: libvirt calls all its memory node 0. */
function onlyNode(online: CpuSet, { memoryKiB, hugepages }: Pick<Topology, "memoryKiB" | "hugepages">): HostNode {
  return { id: 0, cpus: online, localCpus: online, memoryKiB, hugepages };
}

/** Lines of /proc/mounts. A mount without `pagesize=` has pages of the default size. */
function mountedPageSizes(mounts: string, defaultPageKiB: number | undefined): readonly number[] {
  const sizes = mounts.split("\n").flatMap((line) => {
    const [, , type, options = ""] = line.split(" ");
    if (type !== "hugetlbfs") return [];
    const size = /(?:^|,)pagesize=([^,]*)/.exec(options)?.[1];
    return (size === undefined ? defaultPageKiB : pageSizeKiB(size)) ?? [];
  });
  return [...new Set(sizes)].sort((one, other) => one - other);
}

function pageSizeKiB(text: string): number | undefined {
  try {
    return parsePageSizeKiB(text);
  } catch (error) {
    if (error instanceof SizeError) return undefined;
    throw error;
  }
}
