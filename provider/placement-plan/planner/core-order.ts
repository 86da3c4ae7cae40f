/* In which order an item tries cores, so that the first arrangement found is a good one. */
import type { ItemLimits, Slot } from "./core-slots";
import { room } from "./core-slots";
import type { Item } from "./problem";

/**
 * Cores that it had before; then the cache domain that holds it with the least to spare, else the emptiest ones; within
 * it untouched cores of the right size, then the lowest. An emulator goes where no vCPU is.
 */
export function coreOrder(slots: readonly Slot[], item: Item, limits: ItemLimits): Slot[] {
  const domains = rankDomains(slots, item, limits);
  const rank = (slot: Slot) => [
    limits.previous[slot.index] ? 0 : 1,
    domains.get(slot.llc) ?? 0,
    item.kind === "emulator" ? slot.vcpus : 0,
    tightness(slot, item),
    slot.index,
  ];
  return slots
    .filter((slot) => room(slot, item, item.count) > 0)
    .map((slot) => ({ slot, rank: rank(slot) }))
    .sort((left, right) => compareRanks(left.rank, right.rank))
    .map(({ slot }) => slot);
}

function tightness(slot: Slot, item: Item): number {
  if (item.kind === "emulator") return slot.whole && slot.users === 0 ? 1 : 0;
  if (item.kind === "isolate") return slot.size;
  const fresh = slot.whole && slot.users === 0;
  return fresh ? 0 : slot.whole ? 1 : 2;
}

function rankDomains(slots: readonly Slot[], item: Item, limits: ItemLimits): ReadonlyMap<number, number> {
  const domains = new Map<number, { capacity: number; previous: number }>();
  for (const slot of slots) {
    const domain = domains.get(slot.llc) ?? { capacity: 0, previous: 0 };
    domain.capacity += room(slot, item, item.count);
    domain.previous += limits.previous[slot.index] ?? 0;
    domains.set(slot.llc, domain);
  }
  const rank = ({ capacity, previous }: { capacity: number; previous: number }) => [
    -previous,
    capacity >= item.count ? 0 : 1,
    capacity >= item.count ? capacity : -capacity,
  ];
  const sorted = [...domains].sort((left, right) => compareRanks(rank(left[1]), rank(right[1])) || left[0] - right[0]);
  return new Map(sorted.map(([llc], position) => [llc, position]));
}

export function compareRanks(left: readonly number[], right: readonly number[]): number {
  for (const [index, value] of left.entries()) {
    const difference = value - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
