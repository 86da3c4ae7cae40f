/* The cores of one bin while threads are put on them, with what that costs so far. */
import { isVcpu } from "./core-cost";
import type { Bin, CoreCost, Item } from "./problem";

interface Slot {
  readonly index: number;
  readonly size: number;
  readonly whole: boolean;
  readonly llc: number;
  /** Equal slots of one class may change places while their histories are equal. */
  readonly slotClass: string;
  free: number;
  closed: boolean;
  users: number;
  vcpus: number;
  history: string;
}

export type { Slot };

export function makeSlots(bin: Bin, items: readonly Item[]): Slot[] {
  const named = new Set(items.flatMap((item) => item.previous.filter((cpu) => cpu !== undefined)));
  return bin.cores.map((core, index) => ({
    index,
    size: core.cpus.length,
    whole: core.whole,
    llc: core.llc,
    slotClass: core.cpus.some((cpu) => named.has(cpu))
      ? `named ${index}`
      : `${core.cpus.length}${core.whole ? "w" : "b"}${core.llc}`,
    free: core.cpus.length,
    closed: false,
    users: 0,
    vcpus: 0,
    history: "",
  }));
}

/** How many threads of the core the item may take: the most that can be of use. */
export function room(slot: Slot, item: Item, wanted: number): number {
  if (slot.closed || slot.size < item.leastThreads) return 0;
  if (item.kind === "isolate") return slot.whole && slot.users === 0 ? 1 : 0;
  if (item.kind === "whole") return slot.whole && slot.users === 0 ? Math.min(slot.size, wanted) : 0;
  return Math.min(slot.free, wanted);
}

export function sharedOn(slot: Slot): number {
  return slot.whole && slot.users <= 1 ? 0 : slot.vcpus;
}

/** Puts threads on a core; the result takes them off again. */
export function put(slot: Slot, item: Item, threads: number): () => void {
  const { free, closed, users, vcpus, history } = slot;
  slot.users += 1;
  slot.history = `${history}${item.signature}*${threads};`;
  if (isVcpu(item)) slot.vcpus += threads;
  if (item.kind === "isolate" || item.kind === "whole") {
    slot.closed = true;
    slot.free = 0;
  } else slot.free -= threads;
  return () => Object.assign(slot, { free, closed, users, vcpus, history });
}

export interface ItemLimits {
  /** By core: how many previous CPUs of the item it has. */
  readonly previous: readonly number[];
  readonly known: number;
}

export function limitsOf(bin: Bin, item: Item): ItemLimits {
  const previous = bin.cores.map(
    (core) => item.previous.filter((cpu) => cpu !== undefined && core.cpus.includes(cpu)).length,
  );
  return { previous, known: item.previous.filter((cpu) => cpu !== undefined).length };
}

/** What an item costs by where its threads are; not what it costs others. */
export function ownCost(
  item: Item,
  limits: ItemLimits,
  takes: readonly { slot: Slot; threads: number }[],
): Omit<CoreCost, "shared"> {
  const kept = takes.reduce((sum, { slot, threads }) => sum + Math.min(threads, limits.previous[slot.index] ?? 0), 0);
  if (!isVcpu(item)) return { broken: 0, llc: 0, moved: limits.known - kept };
  const broken = item.kind === "spread" ? item.count - takes.length : takes.length;
  const llcs = new Set(takes.map(({ slot }) => slot.llc)).size;
  return { broken, llc: llcs, moved: limits.known - kept };
}
