/*
 * What `getHostTopology` gives: plain JSON. CPU sets are text in the kernel's list format, as arguments take them:
 * "0-3,8"; "" is the empty set. Indexes are places in the lists of the same value.
 */

/** The CPUs, caches, NUMA nodes, memory and PCI devices of one host, as its kernel shows them. */
export interface HostTopology {
  /** The host's machine-id(5). */
  hostId: string;
  /** As the kernel knows it: `hostname` on the host. */
  hostname: string;
  /** CPUs that run now. All other sets of this value hold online CPUs alone, unless they say otherwise. */
  onlineCpus: string;
  /** Here, but switched off, for example the siblings with SMT off. */
  offlineCpus: string;
  /** Here, online or not. */
  presentCpus: string;
  /** What could ever be here: what the kernel has room for, hot-plugged CPUs included. */
  possibleCpus: string;
  /** Hyper-threading: the text of /sys/devices/system/cpu/smt/control; null: a kernel that does not say. */
  smt: "on" | "off" | "forceoff" | "notsupported" | "notimplemented" | null;
  /** The most online threads that a core has: 2 with hyper-threading, up to 8 on POWER. */
  threadsPerCore: number;
  /** Sockets, by lowest CPU. */
  packages: PackageTopology[];
  /** Dies, by lowest CPU. Empty where the kernel does not say (before 5.2). */
  dies: DieTopology[];
  /** Cores that share an L2 cache or an L3 tag, by lowest CPU. Empty where the kernel does not say (before 5.16). */
  clusters: ClusterTopology[];
  /** By lowest CPU. */
  cores: CoreTopology[];
  /** The fastest first. One entry, "uniform", where all cores are alike. Together they hold every online CPU once. */
  coreKinds: CoreKindTopology[];
  /** Every cache of every level, by level, type and lowest CPU. Empty where the kernel shows none (some VMs). */
  caches: CacheTopology[];
  /** NUMA nodes by id; ids may have gaps. Empty: a kernel without NUMA. */
  nodes: NodeTopology[];
  /** Memory of the whole host; null: not shown. */
  memoryKiB: number | null;
  /** Free at the moment of reading. Changes all the time: never an input of a resource. */
  freeMemoryKiB: number | null;
  /** Size of the pages that `hugetlbfs` gives by default; null: a kernel without huge pages. */
  defaultHugepageSizeKiB: number | null;
  /** Huge pages of the whole host, one entry for each size that this kernel has. */
  hugepages: HugepagePoolTopology[];
  /** CPUs that are set apart, by kernel arguments and by cpuset partitions together. */
  isolation: IsolationTopology;
  /** By address. */
  pciDevices: PciDeviceTopology[];
  /** What is missing or odd in what the kernel shows, but does not make the rest useless. One sentence each. */
  warnings: string[];
}

/** A socket, by the kernel's sibling masks. */
export interface PackageTopology {
  /** "0-15,32-47" */
  cpus: string;
  /** physical_package_id: what /proc/cpuinfo calls it; null: not shown. Two packages of a faulty table can share one. */
  id: number | null;
}

/** A die of a package. */
export interface DieTopology {
  /** Its CPUs, as a list. */
  cpus: string;
  /** Index in `packages`. */
  package: number;
}

/** A cluster of cores within a package. */
export interface ClusterTopology {
  /** Its CPUs, as a list. */
  cpus: string;
  /** Index in `packages`. */
  package: number;
}

/** A core with its SMT siblings: what `threadPolicy` is about. */
export interface CoreTopology {
  /** CPU numbers, ascending. One with SMT off. */
  threads: number[];
  /** Index in `packages`. */
  package: number;
  /** Index in `dies`; null: the kernel does not say. */
  die: number | null;
  /** Index in `clusters`; null: the kernel does not say. */
  cluster: number | null;
  /** Index in `caches` of its last level (L3, where there is none L2); null: no such cache is shown. */
  lastLevelCache: number | null;
  /** Id of its NUMA node; null: on none. */
  node: number | null;
  /** Which of `coreKinds` it is. */
  kind: CoreKindTopology["kind"];
}

/** Cores that are alike. */
export interface CoreKindTopology {
  /**
   * By the kernel's PMU of each kind of core (Intel hybrids), else by cpu_capacity (ARM, RISC-V), else by the sizes of
   * the first-level caches. "intermediate": between the fastest and the slowest of three or more.
   */
  kind: "uniform" | "performance" | "intermediate" | "efficiency" | "low-power";
  /** Its CPUs, as a list. */
  cpus: string;
  /** The kernel's cpu_capacity: 1024 is the fastest core of the host; null: not shown. */
  capacity: number | null;
}

/** One cache. */
export interface CacheTopology {
  /** 1, 2, 3, on few machines 4. */
  level: number;
  /** The first level has one of data and one of instructions, the others are mostly unified. */
  type: "data" | "instruction" | "unified";
  /** null: not shown. */
  sizeKiB: number | null;
  /** The CPUs that share it. */
  cpus: string;
}

/** A NUMA node. */
export interface NodeTopology {
  /** What `nodeset` and numactl call it. */
  id: number;
  /** "": a node without CPUs. */
  cpus: string;
  /**
   * "general": CPUs and memory. "memory-only": no CPUs (CXL, HBM, persistent memory, a GPU's memory). "cpu-only": no
   * memory. "empty": neither, or what it had is offline.
   */
  kind: "general" | "memory-only" | "cpu-only" | "empty";
  /** The CPUs nearest to its memory: its own, or those of the nearest nodes that have any. */
  nearestCpus: string;
  /** null: not shown. */
  memoryKiB: number | null;
  /** Free at the moment of reading. Changes all the time: never an input of a resource. */
  freeMemoryKiB: number | null;
  /** Huge pages of this node, one entry for each size. */
  hugepages: HugepagePoolTopology[];
  /** Id of each node, this one too, → distance: 10 is local, 20 costs about twice as much. null: not shown. */
  distances: Record<string, number> | null;
}

/** Pages of one size. */
export interface HugepagePoolTopology {
  /** 2048 for 2M, 1048576 for 1G. */
  pageSizeKiB: number;
  /** As arguments take it: "2M", "1G". */
  size: string;
  /** Pages, used or not. */
  total: number;
  /** Pages that nobody uses at the moment of reading. */
  free: number;
  /** Of the total, those that go when they are free again (overcommit). */
  surplus: number;
}

/** Effective sets, as the running kernel has them. */
export interface IsolationTopology {
  /** Between these the kernel does not move threads: isolcpus=, or machine.slice as an "isolated" cpuset partition. */
  isolatedCpus: string;
  /** Without a timer tick while one thread runs: nohz_full=. */
  nohzFullCpus: string;
  /** Where domains may run: the CPUs of machine.slice where it has its own (cgroup v2), else all online ones. */
  domainCpus: string;
  /** Left to the host's own work: online, and neither isolated nor set apart for domains. "": nothing is set apart. */
  reservedCpus: string;
}

/** A PCI device or bridge. */
export interface PciDeviceTopology {
  /** "0000:3b:00.0" */
  address: string;
  /** Class, subclass and interface: "020000" is an Ethernet controller, "010802" NVMe. null: not shown. */
  classCode: string | null;
  /** Id of the NUMA node that it is plugged in at; null: the firmware does not say, or a kernel without NUMA. */
  node: number | null;
  /** Names of its network interfaces that are the host's own now: ["enp59s0f0"]. */
  networkInterfaces: string[];
}
