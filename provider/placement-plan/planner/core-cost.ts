/* What threads cost within one bin, and the least that they can cost. */
import { looseThreadsOf, wholeCoresOf } from "./demand";
import type { Bin, CoreCost, Item } from "./problem";

export const noCoreCost: CoreCost = { shared: 0, broken: 0, llc: 0, moved: 0 };

export function compareCoreCost(left: CoreCost, right: CoreCost): number {
  return left.shared - right.shared || left.broken - right.broken || left.llc - right.llc || left.moved - right.moved;
}

export function isVcpu(item: Item): boolean {
  return item.kind !== "emulator";
}

/** Cores of the bin that an item could begin with: their sizes, the largest first. */
function usableSizes(bin: Bin, item: Item, llc?: number): number[] {
  const wholeOnly = item.kind === "whole" || item.kind === "isolate";
  return bin.cores
    .filter((core) => llc === undefined || core.llc === llc)
    .filter((core) => (core.whole || !wholeOnly) && core.cpus.length >= item.leastThreads)
    .map((core) => (item.kind === "isolate" ? 1 : core.cpus.length))
    .sort((left, right) => right - left);
}

/** How many of the sizes, from the first, reach the count. */
function reach(sizes: readonly number[], count: number): number {
  let sum = 0;
  const index = sizes.findIndex((size) => (sum += size) >= count);
  return index < 0 ? sizes.length : index + 1;
}

export type OwnCoreCost = Pick<CoreCost, "broken" | "llc">;

/** What an item costs alone in the bin. Undefined: it does not fit there. */
export function leastIn(bin: Bin, item: Item): OwnCoreCost | undefined {
  const sizes = usableSizes(bin, item);
  if (sizes.reduce((sum, size) => sum + size, 0) < item.count) return undefined;
  if (!isVcpu(item)) return { broken: 0, llc: 0 };
  const llcs = new Set(bin.cores.map((core) => core.llc));
  const capacities = [...llcs]
    .map((llc) => usableSizes(bin, item, llc).reduce((sum, size) => sum + size, 0))
    .sort((left, right) => right - left);
  const broken = item.kind === "spread" ? Math.max(0, item.count - sizes.length) : reach(sizes, item.count);
  return { broken, llc: reach(capacities, item.count) };
}

/**
 * A bound on `shared`: vCPUs that share no core fill cores of their own, and there are no more whole cores than there
 * are. The cheapest way to save a core is to give up the vCPUs on a cell's last, unfilled one.
 */
export function sharedBound(bin: Bin, items: readonly Item[]): number {
  const size = Math.max(bin.threadsPerCore, ...bin.cores.map((core) => (core.whole ? core.cpus.length : 1)));
  let cores = bin.wholeCores;
  const lasts: number[] = [];
  for (const item of items) {
    cores -= wholeCoresOf(bin, item);
    if (!isVcpu(item)) continue;
    let rest = looseThreadsOf(item);
    while (rest > 0) {
      const part = rest % size === 0 ? size : rest % size;
      lasts.push(part);
      rest -= part;
    }
  }
  const missing = lasts.length - Math.max(0, cores);
  return lasts
    .sort((left, right) => left - right)
    .slice(0, Math.max(0, missing))
    .reduce((sum, part) => sum + part, 0);
}
