import type { Step } from "../host/step";
import type { Change } from "../impact";

/** What putting one kind of thing back means: running values, units. */
export interface Undo {
  readonly changes: readonly Change[];
  /** Settings that cannot be put back, each with what is there now. `why`, if nobody else has changed them. */
  readonly left: readonly { readonly setting: string; readonly actual: string; readonly why?: string }[];
  readonly steps: readonly Step[];
}
