/*
 * What the planner is asked. Plain values: no host, no clock. The order in which hosts and VMs are listed means nothing;
 * names do the ordering. All memory is in MiB, all sets are of online CPUs. The answer is in answer.ts.
 */
import type { CpuSet } from "../../linux/cpu-set";
import type { VmPlacement } from "./answer";

export interface PlanRequest {
  readonly hosts: readonly PlannerHost[];
  readonly vms: readonly PlannerVm[];
  /**
   * Where VMs are now: of the last plan, or read from the host. It is left only for a gain at a level above disruption.
   * A VM that is not in `vms` is ignored.
   */
  readonly previous?: readonly PreviousPlacement[];
  /** Places that the search looks at before it ends with what it has. @default 1000000 */
  readonly searchLimit?: number;
}

export interface PlannerHost {
  readonly name: string;
  /** By id; ids may have gaps. A host without NUMA is one node 0. */
  readonly nodes: readonly PlannerNode[];
  /** Row and column in the order of `nodes`; 10 is local. Null: 10 on the diagonal, 20 elsewhere. */
  readonly distances: readonly (readonly number[])[] | null;
  /** Online CPUs. */
  readonly cpus: readonly PlannerCpu[];
  /** CPUs of the host itself: no dedicated thread is placed there. */
  readonly reservedCpus: CpuSet;
  /** Where shared vCPUs, shared emulator threads and I/O threads float. @default reservedCpus */
  readonly sharedCpus?: CpuSet;
  /** How many shared vCPUs each shared CPU may carry. @default 16 */
  readonly sharedVcpusPerCpu?: number;
  /** What the kernel isolates already (isolcpus): then dedicated threads are placed on these alone. @default none */
  readonly isolatedCpus?: CpuSet;
  /** cpuset partitions and slices with CPUs of their own: only VMs that name them are placed there, with all threads. */
  readonly partitions?: readonly Partition[];
  /** Page sizes of the host's kernel besides its base page. @default 2048, 1048576 */
  readonly hugepageSizesKiB?: readonly number[];
  /** PCI devices; `node` null: the firmware does not say, so no VM is bound by it. */
  readonly devices?: readonly { readonly address: string; readonly node: number | null }[];
  /** CPUs that VMs outside the plan hold for themselves. Their memory is taken off the nodes' capacities. */
  readonly claimedCpus?: CpuSet;
  /**
   * Whole cores that stay free of dedicated threads on every node; reserved and shared ones count. The kernel wants one
   * on each node where CPUs are isolated (Documentation/admin-guide/cpu-isolation.rst). @default 1
   */
  readonly housekeepingCores?: number;
}

export interface PlannerNode {
  readonly id: number;
  /** What the plan may use: the node's total, less what the host keeps and what VMs outside the plan have. */
  readonly memoryMiB: number;
  /** Limits by page size, where pools cannot be changed. @default none: `memoryMiB` alone limits them */
  readonly pools?: readonly { readonly pageSizeKiB: number; readonly memoryMiB: number }[];
}

export interface PlannerCpu {
  readonly id: number;
  readonly node: number;
  /** Any number that is the same for SMT siblings and unlike all other cores' of the host. */
  readonly core: number;
  /** Last-level cache domain, numbered alike. @default the node */
  readonly llc?: number;
  /** Hybrid processors: a name of the core's kind. All vCPUs of a cell are on one kind. @default one kind */
  readonly kind?: string;
}

export interface Partition {
  readonly name: string;
  readonly cpus: CpuSet;
}

export interface PlannerVm {
  readonly name: string;
  readonly vcpus: number;
  readonly memoryMiB: number;
  /** 4 (any base page), 2048, 1048576, ...: memory must be a multiple of a huge page. */
  readonly pageSizeKiB: number;
  /**
   * `mixed`: `dedicatedVcpus` of them, the first of each cell, are dedicated, the others float on shared CPUs of the node,
   * or of the nearest that has any. A cell without dedicated vCPUs is on a node with shared CPUs.
   */
  readonly cpuPolicy: "dedicated" | "shared" | "mixed";
  /** For `mixed` alone: 1 to vcpus - 1. */
  readonly dedicatedVcpus?: number;
  /**
   * Of dedicated vCPUs. `prefer`: siblings together where it costs nobody else. `require`: whole SMT cores that no one
   * else has. `isolate`: each on a whole core whose other threads stay idle. `spread`: as many cores as the node gives,
   * siblings may be anybody's.
   */
  readonly threadPolicy: "prefer" | "require" | "isolate" | "spread";
  /** `isolate`: one CPU for the emulator's and the I/O threads of this VM. `share`: they float on shared CPUs. */
  readonly emulatorThreads: "share" | "isolate";
  /** How many I/O threads. They run where the emulator runs. */
  readonly ioThreads: number;
  /**
   * Guest cells, each on a host node of its own: a number, or "fit", as few as can be had. vCPUs are divided evenly
   * and memory in proportion. Explicit cells are taken as they are.
   */
  readonly nodes: number | "fit" | readonly CellShape[];
  /**
   * How vCPUs are divided over cells. `cores`: evenly, in whole cores where vCPUs are a multiple of the threads of a
   * core. `threads`: evenly, core or not. `packed`: any division, with as few neighbours across nodes as can be.
   * @default "cores"
   */
  readonly split?: "cores" | "threads" | "packed";
  /** `realTime`: whole cores that nobody else uses, and memory on the vCPUs' node. Dedicated vCPUs alone. */
  readonly latencyClass?: "normal" | "realTime";
  /** `required`: memory on the node of the cell's vCPUs, or refused. @default "preferred" */
  readonly memoryLocality?: "required" | "preferred";
  /** `required`: an isolated emulator CPU on the node of guest cell 0, or refused. @default "preferred" */
  readonly emulatorLocality?: "required" | "preferred";
  /** The VM is placed on a host that has the device. `required`: with a cell on the device's node. */
  readonly nearDevice?: { readonly address: string; readonly policy: "required" | "preferred" };
  /** Names of the hosts that it may be on; one name fixes it. @default all */
  readonly hosts?: readonly string[];
  /** Node ids that it may use, for CPUs and memory. @default all */
  readonly allowedNodes?: readonly number[];
  /** VMs that name the same group are on different hosts. */
  readonly antiAffinity?: readonly string[];
  /** Name of a partition of its host: all its threads are there. */
  readonly partition?: string;
  /** Name of a kind of core. @default any */
  readonly coreKind?: string;
  /**
   * CPUs that the program has chosen: constants. All dedicated vCPUs, in order of vCPU; needs exactly one host. They may
   * lie anywhere but on CPUs that others hold; cells follow from their nodes.
   */
  readonly pins?: { readonly vcpus: readonly number[]; readonly emulator?: CpuSet };
}

/** A guest cell that the program has chosen. vCPUs are numbered through in order of cells. */
export interface CellShape {
  readonly vcpus: number;
  readonly memoryMiB: number;
  /** For `mixed`: how many of `vcpus` are dedicated. @default all of a dedicated VM, none of a shared one */
  readonly dedicatedVcpus?: number;
}

/** What of a placement counts for disruption: another host or other cells are a restart, other CPUs are moved pins. */
export type PreviousPlacement = Pick<VmPlacement, "vm" | "host" | "vcpuPins" | "emulatorPin" | "cells">;
