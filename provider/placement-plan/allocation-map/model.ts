/*
 * What the allocation map draws: what is on each host, wherever it was learned from. Plain values. The order in which
 * hosts, nodes, CPUs and VMs are listed means nothing.
 */
import type { CpuSet } from "../../linux/cpu-set";

export interface AllocationMap {
  /** Of the plan, for the heading. @default no name */
  readonly name?: string;
  readonly hosts: readonly MapHost[];
}

export interface MapHost {
  /** Unique. */
  readonly name: string;
  /** A host without NUMA is one node 0. */
  readonly nodes: readonly MapNode[];
  /** Online CPUs. One of a node that is not listed is drawn on a node of its own. */
  readonly cpus: readonly MapCpu[];
  /** @default none */
  readonly offlineCpus?: CpuSet;
  /** Kept for the host itself. */
  readonly reservedCpus: CpuSet;
  /** By isolcpus= or an "isolated" partition, as it will be when the plan is carried out. */
  readonly isolatedCpus: CpuSet;
  /** Sets of CPUs that are set apart under a name. @default none */
  readonly partitions?: readonly { readonly name: string; readonly cpus: CpuSet }[];
  /** What the last-level caches are, where it is known. @default drawn without a label */
  readonly caches?: readonly { readonly llc: number; readonly level: number; readonly sizeKiB: number | null }[];
  /** All that claim something here, of the plan or not. */
  readonly vms: readonly MapVm[];
}

export interface MapNode {
  readonly id: number;
  /** All memory of the node; absent: not known. */
  readonly memory?: MapMemory;
  /** Pools of huge pages, as they will be. @default none */
  readonly pages?: readonly MapPages[];
  /** What is plugged in here and matters to a VM: "0000:3b:00.0 enp59s0f0". @default none */
  readonly devices?: readonly string[];
}

export interface MapMemory {
  readonly totalMiB: number;
  /** Kept for the host itself. */
  readonly reservedMiB: number;
  /** More than the total is drawn to the end of the bar, and said in numbers. */
  readonly vms: readonly { readonly vm: string; readonly memoryMiB: number }[];
}

export interface MapPages extends MapMemory {
  readonly pageSizeKiB: number;
}

/** What planner/model.ts calls PlannerCpu is one. */
export interface MapCpu {
  readonly id: number;
  readonly node: number;
  /** The same number for SMT siblings, and unlike all other cores' of the host. */
  readonly core: number;
  /** Last-level cache domain, numbered alike. @default the node */
  readonly llc?: number;
  /** A hybrid's kind of core. @default one kind */
  readonly kind?: string;
}

export interface MapVm {
  /** Unique on its host. */
  readonly name: string;
  /** False: a domain that no plan places, and that is drawn because it claims CPUs or memory. @default true */
  readonly planned?: boolean;
  readonly threads: readonly MapThread[];
}

export interface MapThread {
  readonly role: "vcpu" | "emulator" | "iothread";
  /** Number of the vCPU, or of the I/O thread (from 1). Absent for the emulator. */
  readonly id?: number;
  /** Where it may run. CPUs that are not online are left out. */
  readonly cpus: CpuSet;
  /** Others may have the same CPUs. @default more than one CPU */
  readonly shared?: boolean;
}
