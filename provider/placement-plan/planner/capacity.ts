/* Whether what is left of all hosts can be enough for the VMs that are left, by sums alone. */
import { dedicatedThreads } from "./demand";
import type { Bin, Problem, Vm } from "./problem";

/** What VMs from a position on want together, and the least that a part of any of them wants. */
export interface Wanted {
  readonly threads: number;
  readonly memoryMiB: number;
  readonly leastThreads: number;
  readonly leastMemoryMiB: number;
}

/** One entry for each position, and one for the end. */
export function wantedFrom(order: readonly Vm[]): Wanted[] {
  const wanted: Wanted[] = [{ threads: 0, memoryMiB: 0, leastThreads: Infinity, leastMemoryMiB: Infinity }];
  for (const vm of [...order].reverse()) {
    const [next] = wanted;
    if (next === undefined) break;
    const threads = dedicatedThreads(vm);
    const undivided = vm.spec.nodes === 1;
    wanted.unshift({
      threads: next.threads + threads,
      memoryMiB: next.memoryMiB + vm.spec.memoryMiB,
      leastThreads: Math.min(next.leastThreads, leastThreads(vm, threads, undivided)),
      leastMemoryMiB: Math.min(next.leastMemoryMiB, undivided ? vm.spec.memoryMiB : 1),
    });
  }
  return wanted;
}

function leastThreads(vm: Vm, threads: number, undivided: boolean): number {
  if (threads === 0) return Infinity;
  return undivided && !vm.wantsEmulatorCpu ? threads : 1;
}

export interface Stock {
  readonly problem: Problem;
  readonly wanted: readonly Wanted[];
}

/** A bin or node with less than the least part counts for nothing. */
export function hasRoom({ problem, wanted }: Stock, position: number): boolean {
  const want = wanted[position];
  if (want === undefined) return true;
  let { threads, memoryMiB } = want;
  for (const host of problem.hosts) {
    for (const bin of host.bins) threads -= usable(looseLeft(bin), want.leastThreads);
    for (const node of host.nodes) memoryMiB -= usable(node.memoryLeft, want.leastMemoryMiB);
  }
  return threads <= 0 && memoryMiB <= 0;
}

function usable(amount: number, least: number): number {
  return amount < least ? 0 : amount;
}

/** Threads that are surely gone: one of each whole core at least. */
function looseLeft(bin: Bin): number {
  return bin.threads - bin.usedLoose - bin.usedWhole * (bin.uniform ? bin.threadsPerCore : 1);
}
