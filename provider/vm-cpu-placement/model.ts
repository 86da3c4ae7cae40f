import type { DomainSnapshot } from "../host/snapshot";
import type { Change, Impact } from "../impact";
import type { Problem } from "../resource";
import type { DomainDocument } from "./domain-xml";
import type { FactChanges } from "./facts";
import type { HostFacts } from "./host-facts";
import type { MemoryLocation } from "./memory-location";
import type { OtherDomain } from "./others";
import type { DomainRecord, Side } from "./record";

/** A domain as one snapshot has it. */
export interface Domain {
  readonly uuid: string;
  readonly name: string;
  /** As `virsh domstate` says it: running, paused, shut off, ... */
  readonly state: string;
  readonly persistent: boolean;
  /** Shut off with its memory saved (virsh managedsave): the next start resumes that, as it was. */
  readonly managedSave: boolean;
  /** Whether libvirt holds snapshots of it: to go back to one brings back the placement of that moment. */
  readonly snapshots: boolean;
  readonly autostart: boolean;
  /** Undefined: not running. */
  readonly live: DomainDocument | undefined;
  /** The persistent definition. Undefined: a transient domain. */
  readonly config: DomainDocument | undefined;
  /** QEMU's process and its threads. */
  /** What numad chose at the last start, where it was asked. */
  readonly numad?: NonNullable<DomainSnapshot["numad"]>;
  /** Where its memory is: known only after an apply that is about memory. */
  readonly memory?: MemoryLocation;
  readonly process?: NonNullable<DomainSnapshot["process"]>;
}

export interface PlacementState {
  /** Undefined: there is no such domain (yet). */
  readonly domain: Domain | undefined;
  readonly record: DomainRecord | undefined;
  readonly host: HostFacts;
  /** What else is on the host, or will be. */
  readonly others: readonly OtherDomain[];
}

/** One setting on one side: the running domain or its definition. */
export interface Row {
  readonly setting: string;
  readonly side: Side;
  readonly actual: string | null;
  readonly desired: string | null;
  readonly differs: boolean;
  readonly impact: Impact;
  /** No longer in the program: on its way back to what it was. */
  readonly dropped: boolean;
}

/** What has to be done, in the order given by apply.ts: restart apart, which it asks for itself. */
export interface Actions {
  readonly live: FactChanges;
  readonly config: FactChanges;
  readonly restart: boolean;
  /** A domain that an interrupted run of ours has shut down. */
  readonly start: "running" | "paused" | undefined;
}

export interface PlacementPlan {
  readonly rows: readonly Row[];
  readonly changes: readonly Change[];
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
  /** Left as they are: not in the program any more, and changed by somebody else since. */
  readonly left: readonly { readonly setting: string; readonly actual: string | null }[];
  readonly actions: Actions;
}
