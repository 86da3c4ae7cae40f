/* What the planner answers: plain JSON, the same bytes for the same request in whatever order it was listed. */

export type PlanAnswer = Planned | Infeasible | Undecided;

/** Every VM is placed. */
export interface Planned {
  readonly outcome: "planned";
  /** By name of VM. */
  readonly placements: readonly VmPlacement[];
  readonly objective: Objective;
  /** Steps that the search took. */
  readonly steps: number;
}

/** Proved: no arrangement places every VM. */
export interface Infeasible {
  readonly outcome: "infeasible";
  /** A cause that is enough alone: none of its VMs can be left out. At least one. */
  readonly explanations: readonly Explanation[];
  readonly steps: number;
}

/** The search ended at its limit before it found an arrangement or proved that there is none. */
export interface Undecided {
  readonly outcome: "undecided";
  /** As many VMs as could be placed, or none. */
  readonly placements: readonly VmPlacement[];
  readonly unplaced: readonly string[];
  readonly steps: number;
}

export interface VmPlacement {
  readonly vm: string;
  readonly host: string;
  /** By vCPU: one CPU of a dedicated vCPU, the list of CPUs of a shared one. */
  readonly vcpuPins: readonly string[];
  readonly emulatorPin: string;
  /** Ids from 1, as libvirt numbers them. */
  readonly iothreads: readonly { readonly id: number; readonly cpus: string }[];
  readonly cells: readonly GuestCell[];
  /** Sockets × cores × threads are the vCPUs; threads are more than 1 only where each core's pins are siblings. */
  readonly topology: { readonly sockets: number; readonly cores: number; readonly threads: number };
  readonly pageSizeKiB: number;
  /** One sentence: what the place has and what it lacks. */
  readonly why: string;
}

export interface GuestCell {
  readonly id: number;
  /** vCPUs of the cell, as a list. */
  readonly vcpus: string;
  readonly memoryMiB: number;
  /** Host node of its memory: memnode's nodeset. */
  readonly memoryNode: number;
  /** Host node of its vCPUs. */
  readonly cpuNode: number;
}

/** In order of weight: an earlier entry is never worsened for a later one. */
export type Objective = readonly ObjectiveEntry[];

export interface ObjectiveEntry {
  /** 1 to 9 in the order of docs/planning.md; two entries of one level follow each other in weight. */
  readonly level: number;
  readonly measure: Measure;
  /** An integer, the less the better. */
  readonly value: number;
  /** No arrangement that is as good at all earlier entries has less than this. Equal to `value`: proven optimal. */
  readonly bound: number;
  readonly proof: "optimal" | "gap";
}

export const measures = [
  "unplacedVms",
  "remoteMemory",
  "cellsApart",
  "sharedCores",
  "brokenCores",
  "llcSpans",
  "deviceDistance",
  "threadsOffNode",
  "restarts",
  "pinsMoved",
  "hostsUsed",
  "fragmentation",
] as const;
export type Measure = (typeof measures)[number];

export interface Explanation {
  readonly resource:
    | "cpus"
    | "wholeCores"
    | "memory"
    | "hugepages"
    | "sharedCpus"
    | "nodes"
    | "device"
    | "hosts"
    | "pins"
    | "partition"
    | "arrangement";
  /** Of which VMs this is the matter: none can be left out. By name. */
  readonly vms: readonly string[];
  /** Undefined: of all hosts together. */
  readonly host?: string;
  readonly node?: number;
  /** In the resource's unit: CPUs, cores, MiB, nodes, hosts. Undefined for a matter that is no quantity. */
  readonly wanted?: number;
  readonly available?: number;
  /** What is wrong, where, by how much, and what to change. */
  readonly text: string;
}
