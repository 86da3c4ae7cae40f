/*
 * The planner's own view of a request: names resolved, CPUs gathered into bins. The fields that are not readonly are
 * booked and given back by the search (booking.ts); the rest never changes.
 */
import type { CpuSet } from "../../linux/cpu-set";
import type { PlannerHost, PlannerVm, PreviousPlacement } from "./model";

export interface Core {
  /** CPUs of it that the plan may use; ascending. */
  readonly cpus: readonly number[];
  /** Whether nobody outside the plan has a thread of it. */
  readonly whole: boolean;
  /** Dense number of the last-level cache domain within the bin. */
  readonly llc: number;
}

/** What threads ask of cores. `whole` and `isolate` take whole cores, the others single threads. */
export type ThreadKind = "loose" | "spread" | "whole" | "isolate" | "emulator";

/** Dedicated threads of one guest cell, or one emulator CPU, in one bin. */
export interface Item {
  readonly kind: ThreadKind;
  readonly count: number;
  /** Only cores of at least so many threads will do. */
  readonly leastThreads: number;
  /** Undefined for a vCPU that had no CPU on this host. By position in the cell. */
  readonly previous: readonly (number | undefined)[];
  /** Equal for items that may change places. */
  readonly signature: string;
  readonly vm: Vm;
  /** -1: the emulator. */
  readonly cell: number;
}

/** CPUs of one node, one kind of core and one partition: a cell's dedicated threads never leave one. */
export interface Bin {
  readonly index: number;
  readonly node: Node;
  readonly kind: string;
  readonly partition: string;
  readonly cores: readonly Core[];
  readonly threads: number;
  readonly wholeCores: number;
  /** Of its largest whole core; 1 if it has none. */
  readonly threadsPerCore: number;
  /** Whether all whole cores have the same number of threads: then counting decides what fits. */
  readonly uniform: boolean;
  /** Equal for bins whose cores correspond one to one. */
  readonly structure: string;
  usedWhole: number;
  usedLoose: number;
  readonly items: Item[];
  /** Arrangements by the number of items, as long as those items stand. */
  readonly arrangements: (Arrangement | undefined)[];
}

/** Which cores the items of a bin get. */
export interface Arrangement {
  readonly cost: CoreCost;
  /** Equal to `cost`: proven. */
  readonly bound: CoreCost;
  /** By item, in the order of `sortItems`: threads by core. */
  readonly takes: readonly (readonly { readonly core: number; readonly threads: number }[])[];
}

/** In order of weight. */
export interface CoreCost {
  /** Dedicated vCPUs on a core that somebody else has a thread of: another VM, the host, or an emulator CPU. */
  readonly shared: number;
  /** Cores that cells have begun; for `spread`: vCPUs without a core of their own in the cell. */
  readonly broken: number;
  /** Last-level cache domains that cells span. */
  readonly llc: number;
  /** vCPUs and emulators that had another CPU of this host before. */
  readonly moved: number;
}

/** Shared CPUs of one node, for VMs of one partition ("": for all others). */
export interface SharedPool {
  readonly node: Node;
  readonly partition: string;
  readonly cpus: CpuSet;
  /** How many shared vCPUs it can still take. */
  left: number;
}

export interface Pool {
  readonly pageSizeKiB: number;
  left: number;
}

/** What has been placed somewhere, one token a VM; equal lists, in whatever order, are equal contents. */
export interface Contents {
  readonly tokens: string[];
  /** Of the tokens' hashes: lists of unequal sums are unequal. */
  sum: number;
}

export interface Node {
  readonly host: Host;
  /** In the order of the host's nodes. */
  readonly index: number;
  readonly id: number;
  readonly memoryMiB: number;
  memoryLeft: number;
  readonly pools: readonly Pool[];
  readonly contents: Contents;
}

export interface Host {
  readonly spec: PlannerHost;
  readonly index: number;
  readonly nodes: readonly Node[];
  readonly bins: readonly Bin[];
  readonly sharedPools: readonly SharedPool[];
  readonly distances: readonly (readonly number[])[];
  /** Distance - 10 of the two nearest nodes; 0 for a host of one node. */
  readonly leastApart: number;
  /** Hosts of one class may change places. */
  readonly symmetryClass: string;
  /** By node: the lowest nodes that it may change places with. */
  readonly twins: readonly (readonly Node[])[];
  vmCount: number;
  readonly contents: Contents;
  /** Anti-affinity groups with a VM here. */
  readonly groups: Set<string>;
}

export interface ShapeCell {
  readonly vcpus: number;
  readonly dedicated: number;
  readonly memoryMiB: number;
  /** vCPU numbers; the dedicated ones come first. */
  readonly ids: readonly number[];
  /** The same as a list. */
  readonly idsText: string;
  /** Its dedicated threads; undefined if they need no CPU of the plan: shared ones, and pins of the program. */
  readonly item: Item | undefined;
  /** Index of the node that the program's pins fix. */
  readonly pinnedNode: number | undefined;
  /** Whether the cell before is its equal, so that the two may change places. */
  readonly twin: boolean;
}

export interface Shape {
  readonly index: number;
  readonly cells: readonly ShapeCell[];
  /** An isolated emulator CPU. */
  readonly emulator: Item | undefined;
}

/** Where one guest cell is. */
export interface CellPlace {
  readonly cell: ShapeCell;
  readonly cpuNode: Node;
  /** Undefined: it needs no CPU of the plan. */
  readonly bin: Bin | undefined;
  readonly memoryNode: Node;
}

/** Where one VM is, down to bins, and what that costs by itself. */
export interface Option {
  readonly vm: Vm;
  readonly host: Host;
  readonly shape: Shape;
  readonly cells: readonly CellPlace[];
  readonly emulator: Bin | undefined;
  readonly cost: OptionCost;
}

export interface OptionCost {
  /** MiB × (distance - 10) between a cell's vCPUs and its memory. */
  readonly remote: number;
  /** vCPUs × MiB × (distance - 10) between different cells. */
  readonly apart: number;
  /** vCPUs × (distance - 10) to the device. */
  readonly device: number;
  /** Emulator, I/O threads and shared vCPUs of a mixed VM that are on none of its nodes. */
  readonly offNode: number;
  /** 1: not where it was. */
  readonly restart: number;
  /** Of `broken` and `llc` in cores: what its cells cost at least, on whichever node. */
  readonly leastBroken: number;
  readonly leastLlc: number;
}

export interface Vm {
  readonly spec: PlannerVm;
  /** In order of names. */
  readonly index: number;
  /** VMs of one class differ in name alone. */
  readonly symmetryClass: string;
  readonly previous: PreviousPlacement | undefined;
  /** Hosts that may take it as far as names go: of hosts, devices and page sizes. */
  readonly allowed: readonly Host[];
  readonly kind: ThreadKind;
  readonly leastThreads: number;
  readonly dedicated: number;
  /** One isolated emulator CPU to be found. */
  readonly wantsEmulatorCpu: boolean;
  /** Divisions by what of a host decides them: filled as hosts are asked. */
  readonly shapes: Map<string, readonly Shape[]>;
  /** The same by index of host. */
  readonly shapesByHost: (readonly Shape[] | undefined)[];
}

export interface Problem {
  readonly hosts: readonly Host[];
  readonly vms: readonly Vm[];
}

export function distance(from: Node, to: Node): number {
  return from.host.distances[from.index]?.[to.index] ?? (from === to ? 10 : 20);
}

export function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
