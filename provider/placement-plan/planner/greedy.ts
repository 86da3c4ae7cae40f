/* Good arrangements, quickly and without proof: the search starts from the best of them. */
import { book, isRepelled, unbook } from "./booking";
import { freeThreads } from "./demand";
import type { CoreMemo } from "./core-memo";
import { compareRanks } from "./core-order";
import { visitOptions } from "./options";
import type { Host, Option, Vm } from "./problem";
import { shapesOn } from "./vm-shapes";

/** Which of the places of a VM is taken: the lowest rank after its own cost. */
export type PlaceRule = (option: Option) => readonly number[];

/** The node that is left with the least. */
export const bestFit: PlaceRule = (option) => [option.host.vmCount > 0 ? 0 : 1, slack(option), option.host.index];
export const firstFit: PlaceRule = (option) => [option.host.index, slack(option)];
export const roomiest: PlaceRule = (option) => [-slack(option), option.host.index];

/** Of the nodes as they would be: free shares of CPUs and memory. */
function slack(option: Option): number {
  return option.cells.reduce((sum, { bin, cell, memoryNode }) => {
    const cpus = bin === undefined ? 0 : (freeThreads(bin) - (cell.item?.count ?? 0)) / bin.threads;
    return sum + cpus + (memoryNode.memoryLeft - cell.memoryMiB) / Math.max(1, memoryNode.memoryMiB);
  }, 0);
}

export interface GreedyRun {
  readonly options: readonly Option[];
  readonly unplaced: readonly Vm[];
}

/** Books nothing in the end. */
export function runGreedy(
  memo: CoreMemo,
  how: { readonly order: readonly Vm[]; readonly rule: PlaceRule; readonly stay: boolean },
): GreedyRun {
  const options: Option[] = [];
  const unplaced: Vm[] = [];
  const settled = new Set<Vm>();
  const take = (vm: Vm, found: Option | undefined) => {
    if (found === undefined) return;
    book(found);
    options.push(found);
    settled.add(vm);
  };
  if (how.stay) for (const vm of how.order) if (vm.previous !== undefined) take(vm, samePlace(vm, memo));
  for (const vm of how.order) {
    if (settled.has(vm)) continue;
    take(vm, bestPlace(vm, { memo, rule: how.rule }));
    if (!settled.has(vm)) unplaced.push(vm);
  }
  for (const option of [...options].reverse()) unbook(option);
  return { options, unplaced };
}

/** Where it was, if it still fits there: on the same nodes and, as far as that is told by bins, the same CPUs. */
function samePlace(vm: Vm, memo: CoreMemo): Option | undefined {
  const host = vm.allowed.find((each) => each.spec.name === vm.previous?.host);
  if (host === undefined || isRepelled(vm, host)) return undefined;
  let best: { option: Option; rank: readonly number[] } | undefined;
  for (const shape of shapesOn(vm, host)) {
    const exactly = vm.previous?.cells ?? [];
    if (exactly.length !== shape.cells.length) continue;
    visitOptions({ vm, host, shape, memo, exactly, remote: true, worth: () => true }, (option) => {
      const rank = [option.cost.restart, strangers(option), ...costRank(option)];
      if (best === undefined || compareRanks(rank, best.rank) < 0) best = { option, rank };
      return "more";
    });
  }
  return best?.option.cost.restart === 0 ? best.option : undefined;
}

/** Threads whose previous CPU is not in their bin. */
function strangers(option: Option): number {
  const items = [
    ...option.cells.map(({ bin, cell }) => ({ bin, item: cell.item })),
    { bin: option.emulator, item: option.shape.emulator },
  ];
  return items.reduce((sum, { bin, item }) => {
    const cpus = new Set(bin?.cores.flatMap((core) => core.cpus));
    return sum + (item?.previous.filter((cpu) => cpu !== undefined && !cpus.has(cpu)).length ?? 0);
  }, 0);
}

export function costRank({ cost }: Option): readonly number[] {
  return [cost.remote, cost.apart, cost.device, cost.offNode, cost.restart];
}

/** Of each shape and then of remote memory only if nothing before gave a place. */
function bestPlace(vm: Vm, { memo, rule }: { memo: CoreMemo; rule: PlaceRule }): Option | undefined {
  const hosts = distinctHosts(vm);
  const most = Math.max(0, ...hosts.map((host) => shapesOn(vm, host).length));
  for (const remote of [false, true]) {
    for (let index = 0; index < most; index += 1) {
      const found = bestOfShape(vm, { hosts, memo, rule, remote, index });
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** More places of one host than this are not looked at. */
const placeLimit = 200;

function bestOfShape(
  vm: Vm,
  at: { hosts: readonly Host[]; memo: CoreMemo; rule: PlaceRule; remote: boolean; index: number },
): Option | undefined {
  let best: { option: Option; rank: readonly number[] } | undefined;
  for (const host of at.hosts) {
    const shape = shapesOn(vm, host)[at.index];
    if (shape === undefined) continue;
    let seen = 0;
    visitOptions({ vm, host, shape, memo: at.memo, remote: at.remote, worth: () => true }, (option) => {
      const rank = [...costRank(option), ...at.rule(option)];
      if (best === undefined || compareRanks(rank, best.rank) < 0) best = { option, rank };
      seen += 1;
      return seen < placeLimit ? "more" : "enough";
    });
  }
  return best?.option;
}

/** Of empty hosts that are alike only the first. */
function distinctHosts(vm: Vm): readonly Host[] {
  const empty = new Set<string>();
  return vm.allowed.filter((host) => {
    if (isRepelled(vm, host)) return false;
    if (host.vmCount > 0) return true;
    const fresh = !empty.has(host.symmetryClass);
    empty.add(host.symmetryClass);
    return fresh;
  });
}
