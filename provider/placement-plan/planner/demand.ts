/* What threads take from a bin, by counting alone. */
import type { Bin, Item, Vm } from "./problem";

/** Whole cores that an item takes. */
export function wholeCoresOf(bin: Bin, item: Item): number {
  if (item.kind === "isolate") return item.count;
  return item.kind === "whole" ? Math.ceil(item.count / bin.threadsPerCore) : 0;
}

/** Single threads that an item takes. */
export function looseThreadsOf(item: Item): number {
  return item.kind === "isolate" || item.kind === "whole" ? 0 : item.count;
}

/** CPUs that are left, where threads beside an isolated vCPU and of a core begun by `whole` are used up. */
export function freeThreads(bin: Bin): number {
  return Math.max(0, bin.threads - bin.usedLoose - bin.usedWhole * bin.threadsPerCore);
}

/** Necessary in any bin, enough in a uniform one. */
export function fitsByCount(bin: Bin, item: Item): boolean {
  if (item.leastThreads > bin.threadsPerCore) return false;
  const whole = bin.usedWhole + wholeCoresOf(bin, item);
  const loose = bin.usedLoose + looseThreadsOf(item);
  if (whole > bin.wholeCores) return false;
  return bin.uniform ? loose + whole * bin.threadsPerCore <= bin.threads : loose + whole <= bin.threads;
}

/** CPUs that a VM takes off the plan at least. */
export function dedicatedThreads(vm: Vm): number {
  return (vm.spec.pins === undefined ? vm.dedicated : 0) + (vm.wantsEmulatorCpu ? 1 : 0);
}
