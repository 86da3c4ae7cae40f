import type { CpuSet } from "../linux/cpu-set";
import type { FactChanges, Facts } from "./facts";
import type { PlacementArgs } from "./schema";

/** The arguments that say what a domain shall be like. */
export type PlacementFields = Omit<
  PlacementArgs,
  | "connection"
  | "domain"
  | "maxDisruption"
  | "onDelete"
  | "verify"
  | "shutdownTimeoutSeconds"
  | "forceOff"
  | "takeOwnership"
  | "migration"
> & { readonly migration?: PlacementArgs["migration"] };

/** What the arguments are read against. */
export interface DesiredContext {
  /** Facts of the running domain and of its definition, as far as there are both. */
  readonly existing: readonly Facts[];
  /** kvm or qemu; undefined: no domain yet. */
  readonly domainType?: string | undefined;
  /** Memory modules, which stand beside the guest's cells. */
  readonly devicesMemoryKiB?: number;
  /** What emulation may keep of translated code. */
  readonly tcgCacheKiB?: number | undefined;
  /** Settings whose originals are known: what of them has gone must stay away. */
  readonly recorded?: readonly string[];
  /** What goes back in the same run, because the program no longer names it. */
  readonly goingBack?: FactChanges;
  /** What `migration: "flexible"` makes of a set of CPUs: all of the nodes that it lies on. */
  readonly widened?: (cpus: CpuSet) => CpuSet;
}
