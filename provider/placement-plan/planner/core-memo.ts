/* Arrangements of bins, remembered: bins of one structure with equal items have equal ones. */
import { assignCores } from "./core-assignment";
import { fitsByCount } from "./demand";
import type { OwnCoreCost } from "./core-cost";
import { compareText, type Arrangement, type Bin, type Host, type Item } from "./problem";

export interface CoreMemo {
  readonly known: Map<string, Arrangement | "none" | "unknown">;
  /** What items cost at least, by the hosts that they may be on. */
  readonly leasts: Map<readonly Host[], Map<string, OwnCoreCost>>;
  /** Whether some bin was taken not to hold what it might: then nothing is proved by not finding it. */
  doubtful: boolean;
}

export function makeCoreMemo(): CoreMemo {
  return { known: new Map(), leasts: new Map(), doubtful: false };
}

export function arrange(memo: CoreMemo, bin: Bin, items: readonly Item[]): Arrangement | undefined {
  const named = items.some((item) => item.previous.some((cpu) => cpu !== undefined));
  const signatures = items.map((item) => item.signature).sort(compareText);
  const key = `${named ? `bin ${bin.index} of ${bin.node.host.index}` : bin.structure}|${signatures.join(",")}`;
  let found = memo.known.get(key);
  if (found === undefined) {
    found = assignCores(bin, items);
    memo.known.set(key, found);
  }
  if (found === "unknown") memo.doubtful = true;
  return typeof found === "string" ? undefined : found;
}

/** Of the items that are booked. */
export function arrangeBooked(memo: CoreMemo, bin: Bin): Arrangement | undefined {
  const count = bin.items.length;
  const known = bin.arrangements[count];
  if (known !== undefined) return known;
  const found = arrange(memo, bin, bin.items);
  bin.arrangements[count] = found;
  return found;
}

/** Whether the bin still takes the item. */
export function fits(memo: CoreMemo, bin: Bin, item: Item): boolean {
  return fitsByCount(bin, item) && (bin.uniform || arrange(memo, bin, [...bin.items, item]) !== undefined);
}
