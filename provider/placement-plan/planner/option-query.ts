/* Which places of a VM are asked for. */
import type { CoreMemo } from "./core-memo";
import type { Host, Shape, Vm } from "./problem";

export interface OptionQuery {
  readonly vm: Vm;
  readonly host: Host;
  readonly shape: Shape;
  /** Whether memory may be on another node than its vCPUs. */
  readonly remote: boolean;
  /** Whether an option that costs at least so much is of any use. */
  readonly worth: (remote: number, apart: number) => boolean;
  readonly memo: CoreMemo;
  /** Only these nodes, by cell: where the VM was. */
  readonly exactly?: readonly { readonly cpuNode: number; readonly memoryNode: number }[];
}
