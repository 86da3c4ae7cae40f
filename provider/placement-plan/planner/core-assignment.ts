/*
 * Which cores of one bin the threads get. Branch and bound over items, the largest first, and over the threads that
 * each takes of each core; cores that are alike and have the same threads on them count once.
 */
import { compareCoreCost, leastIn, noCoreCost, sharedBound } from "./core-cost";
import { compareRanks, coreOrder } from "./core-order";
import { limitsOf, makeSlots, ownCost, put, room, sharedOn, type ItemLimits, type Slot } from "./core-slots";
import { compareText, type Arrangement, type Bin, type CoreCost, type Item } from "./problem";

/** Steps in a bin of a few cores, where proof is cheap, and in any other. */
const limits = { small: 20000, large: 600, smallThreads: 12 };

const kindOrder = { whole: 0, isolate: 1, loose: 2, spread: 2, emulator: 3 } as const;

/** The order of an arrangement's items. */
export function sortItems(items: readonly Item[]): Item[] {
  return [...items].sort(
    (left, right) =>
      compareRanks([kindOrder[left.kind], -left.count], [kindOrder[right.kind], -right.count]) ||
      compareText(left.signature, right.signature) ||
      left.vm.index - right.vm.index ||
      left.cell - right.cell,
  );
}

interface Walk {
  readonly bin: Bin;
  readonly items: readonly Item[];
  readonly limits: readonly ItemLimits[];
  readonly slots: readonly Slot[];
  readonly takes: { slot: Slot; threads: number }[][];
  best: Arrangement | undefined;
  steps: number;
}

/** `none`: proved not to fit. `unknown`: no way was found within the limit, which can be in a bin that is not uniform. */
export function assignCores(bin: Bin, unsorted: readonly Item[]): Arrangement | "none" | "unknown" {
  if (unsorted.length === 0) return { cost: noCoreCost, bound: noCoreCost, takes: [] };
  const items = sortItems(unsorted);
  const walk: Walk = {
    bin,
    items,
    limits: items.map((item) => limitsOf(bin, item)),
    slots: makeSlots(bin, items),
    takes: items.map(() => []),
    best: undefined,
    steps: bin.threads <= limits.smallThreads ? limits.small : limits.large,
  };
  const alone = items.map((item) => leastIn(bin, item) ?? noCoreCost);
  const bound = {
    shared: sharedBound(bin, items),
    broken: alone.reduce((sum, { broken }) => sum + broken, 0),
    llc: alone.reduce((sum, { llc }) => sum + llc, 0),
    moved: 0,
  };
  const complete = placeItem(walk, { position: 0, cost: noCoreCost, bound });
  const { best } = walk;
  if (best === undefined) return complete ? "none" : "unknown";
  return { ...best, bound: complete ? best.cost : bound };
}

interface At {
  readonly position: number;
  /** Of all items before. */
  readonly cost: CoreCost;
  readonly bound: CoreCost;
}

/** Whether the search may end: everything was seen, or the bound was met. False: the limit was met. */
function placeItem(walk: Walk, at: At): boolean {
  if (walk.best !== undefined && compareCoreCost(at.cost, walk.best.cost) >= 0) return true;
  const item = walk.items[at.position];
  if (item === undefined) {
    const takes = walk.takes.map((list) => list.map(({ slot, threads }) => ({ core: slot.index, threads })));
    walk.best = { cost: at.cost, bound: at.cost, takes };
    return true;
  }
  const order = coreOrder(walk.slots, item, limitsAt(walk, at.position));
  return takeThreads(walk, { ...at, item, order, next: 0, left: item.count });
}

interface Taking extends At {
  readonly item: Item;
  readonly order: readonly Slot[];
  readonly next: number;
  readonly left: number;
}

function takeThreads(walk: Walk, at: Taking): boolean {
  if (walk.best !== undefined && compareCoreCost(walk.best.cost, at.bound) <= 0) return true;
  if (at.left === 0) return finishItem(walk, at);
  const slot = at.order[at.next];
  if (slot === undefined) return true;
  walk.steps -= 1;
  if (walk.steps < 0 && walk.best !== undefined) return false;
  if (walk.steps < -20 * limits.small) return false;
  let complete = true;
  const most = Math.min(room(slot, at.item, at.left), twinLimit(walk, at, slot));
  const least = at.item.kind === "whole" && hasUnfilled(walk, at) ? slot.size : 1;
  for (let threads = most; threads >= least; threads -= 1) {
    complete = tryThreads(walk, at, { slot, threads }) && complete;
    if (!complete) return false;
  }
  return takeThreads(walk, { ...at, next: at.next + 1 });
}

/** Whether the item has a core that it does not fill: of whole cores it may have one such. */
function hasUnfilled(walk: Walk, at: Taking): boolean {
  return (walk.takes[at.position] ?? []).some(({ slot, threads }) => threads < slot.size);
}

/** Of cores that are alike, an earlier one takes at least as many threads as a later one. */
function twinLimit(walk: Walk, at: Taking, slot: Slot): number {
  let limit = slot.size;
  for (const earlier of at.order.slice(0, at.next)) {
    if (earlier.slotClass !== slot.slotClass) continue;
    const taken = walk.takes[at.position]?.find((take) => take.slot === earlier);
    const before = taken === undefined ? earlier.history : taken.slot.history.slice(0, -tail(at.item, taken.threads));
    if (before === slot.history) limit = Math.min(limit, taken?.threads ?? 0);
  }
  return limit;
}

function tail(item: Item, threads: number): number {
  return `${item.signature}*${threads};`.length;
}

function tryThreads(walk: Walk, at: Taking, { slot, threads }: { slot: Slot; threads: number }): boolean {
  const before = sharedOn(slot);
  const takeBack = put(slot, at.item, threads);
  const list = walk.takes[at.position] ?? [];
  list.push({ slot, threads });
  const cost = { ...at.cost, shared: at.cost.shared + sharedOn(slot) - before };
  const worse = walk.best !== undefined && cost.shared > walk.best.cost.shared;
  const complete = worse || takeThreads(walk, { ...at, cost, next: at.next + 1, left: at.left - threads });
  list.pop();
  takeBack();
  return complete;
}

function finishItem(walk: Walk, at: Taking): boolean {
  const own = ownCost(at.item, limitsAt(walk, at.position), walk.takes[at.position] ?? []);
  const cost = {
    shared: at.cost.shared,
    broken: at.cost.broken + own.broken,
    llc: at.cost.llc + own.llc,
    moved: at.cost.moved + own.moved,
  };
  return placeItem(walk, { position: at.position + 1, cost, bound: at.bound });
}

function limitsAt(walk: Walk, position: number): ItemLimits {
  const found = walk.limits[position];
  if (found === undefined) throw new RangeError(`no item ${position}`);
  return found;
}
