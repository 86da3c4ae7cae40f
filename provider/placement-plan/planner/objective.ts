/* The objective as a vector: compared from the first entry on. */
import { noCoreCost } from "./core-cost";
import type { CoreMemo } from "./core-memo";
import { arrangeBooked } from "./core-memo";
import { freeThreads } from "./demand";
import type { Bin, CoreCost, Host, OptionCost } from "./problem";

/** In the order of `measures`; the first, VMs not placed, is 0 in all vectors that are compared. */
export type Vector = readonly number[];

/** Positions of the entries. */
export const at = {
  remote: 1,
  apart: 2,
  shared: 3,
  broken: 4,
  llc: 5,
  device: 6,
  offNode: 7,
  restarts: 8,
  moved: 9,
  hosts: 10,
  fragmentation: 11,
} as const;
/** Levels of docs/planning.md by entry. */
export const levels = [1, 2, 2, 3, 3, 4, 5, 6, 7, 7, 8, 9] as const;
export const lastLevel = at.fragmentation;

/** By the entries 0 to `last`. */
export function compareVectors(left: Vector, right: Vector, last: number = lastLevel): number {
  for (let index = 0; index <= last; index += 1) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

export interface Parts {
  readonly options: OptionCost;
  readonly cores: CoreCost;
  readonly hosts: number;
  readonly fragmentation: number;
}

export function toVector({ options, cores, hosts, fragmentation }: Parts): Vector {
  const { remote, apart, device, offNode, restart, leastBroken, leastLlc } = options;
  return [
    ...[0, remote, apart, cores.shared, cores.broken - leastBroken, cores.llc - leastLlc],
    ...[device, offNode, restart, cores.moved, hosts, fragmentation],
  ];
}

export const noOptionCost: OptionCost = {
  ...{ remote: 0, apart: 0, device: 0, offNode: 0, restart: 0 },
  leastBroken: 0,
  leastLlc: 0,
};

export function addOptionCosts(left: OptionCost, right: OptionCost): OptionCost {
  return {
    remote: left.remote + right.remote,
    apart: left.apart + right.apart,
    device: left.device + right.device,
    offNode: left.offNode + right.offNode,
    restart: left.restart + right.restart,
    leastBroken: left.leastBroken + right.leastBroken,
    leastLlc: left.leastLlc + right.leastLlc,
  };
}

/** Of all bins as they are booked. Undefined: some bin's threads do not fit. */
export function coreCosts(memo: CoreMemo, hosts: readonly Host[], of: "cost" | "bound"): CoreCost | undefined {
  let sum = noCoreCost;
  for (const host of hosts) {
    for (const bin of host.bins) {
      if (bin.items.length === 0) continue;
      const found = arrangeBooked(memo, bin);
      if (found === undefined) return undefined;
      sum = addCoreCosts(sum, found[of]);
    }
  }
  return sum;
}

export function addCoreCosts(left: CoreCost, right: CoreCost): CoreCost {
  return {
    shared: left.shared + right.shared,
    broken: left.broken + right.broken,
    llc: left.llc + right.llc,
    moved: left.moved + right.moved,
  };
}

/** vCPUs of the largest VM that a bin would still take, were it to want as much memory a vCPU as the node has. */
function largestIn(bin: Bin): number {
  const { memoryMiB, memoryLeft } = bin.node;
  return memoryMiB === 0 ? 0 : Math.min(freeThreads(bin), Math.floor((memoryLeft * bin.threads) / memoryMiB));
}

export function largestVm(hosts: readonly Host[]): number {
  return Math.max(0, ...hosts.map((host) => Math.max(0, ...host.bins.map(largestIn))));
}

export function hostsUsed(hosts: readonly Host[]): number {
  return hosts.filter((host) => host.vmCount > 0).length;
}
