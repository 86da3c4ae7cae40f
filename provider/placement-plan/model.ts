/* What the plan gives out: plain JSON, kept in the state, and the plan to be kept to by the next run. */
import type { GuestCell, ObjectiveEntry } from "./planner/answer";

/** A VM's place: where it is and why, and the settings of its VmCpuPlacement. */
export interface PlannedVm {
  readonly host: string;
  /** A sentence. */
  readonly why: string;
  /** The guest's NUMA cells, or all of a guest that sees one node: which host node has its CPUs, and which its memory. */
  readonly cells: readonly GuestCell[];
  readonly settings: PlannedSettings;
  /** The emulator's CPUs, without those that only let it reach the memory of another node. */
  readonly emulatorCpus: string;
}

/** As VmCpuPlacement takes them. */
export interface PlannedSettings {
  readonly vcpus: { readonly maximum: number };
  readonly vcpuPins: Readonly<Record<string, string>>;
  readonly emulatorPin: string;
  readonly iothreads?: readonly { readonly id: number; readonly cpus: string }[];
  readonly vcpuScheduler?: readonly {
    readonly vcpus: string;
    readonly scheduler: "fifo";
    readonly priority: number;
  }[];
  readonly numa: {
    readonly mode: MemoryMode;
    readonly nodeset: string;
    readonly cells?: readonly {
      readonly id: number;
      readonly vcpus: string;
      readonly memoryMiB: number;
      readonly mode: MemoryMode;
      readonly nodeset: string;
    }[];
  };
  readonly cpu?: {
    readonly topology: { readonly sockets: number; readonly cores: number; readonly threads: number };
  };
  readonly memoryBacking?: {
    readonly hugepages?: readonly { readonly size: string }[];
    readonly locked?: boolean;
  };
}

type MemoryMode = "strict" | "preferred";

/** What a host needs for its VMs. */
export interface PlannedHostNeeds {
  readonly isolatedCpus: string;
  /** As HostTuning takes them. */
  readonly hugepages: readonly {
    readonly size: string;
    readonly nodes: Readonly<Record<string, number>>;
    readonly reserveMiB: number;
  }[];
}

/** One thing that the plan makes small, and how near it is proved to be to the least that is possible. */
export type PlannedObjective = Pick<ObjectiveEntry, "level" | "measure" | "value" | "bound">;
