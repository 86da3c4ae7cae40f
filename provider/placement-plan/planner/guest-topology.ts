/* The topology that a guest should be told: as its pins are. */
import type { VmPlacement } from "./answer";
import type { Option } from "./problem";

/**
 * Threads are shown only where every core carries equally many vCPUs, next to each other: a guest that takes two vCPUs
 * for siblings which are not schedules worse than one that knows of none. A socket for each cell, where cells are equal.
 */
export function guestTopology(option: Option, pins: readonly string[]): VmPlacement["topology"] {
  const threads = siblingsPerCore(option, pins);
  const sizes = new Set(option.cells.map((place) => place.cell.vcpus));
  const sockets =
    sizes.size === 1 && option.cells.every((place) => place.cell.vcpus % threads === 0) ? option.cells.length : 1;
  return { sockets, cores: pins.length / sockets / threads, threads };
}

function siblingsPerCore(option: Option, pins: readonly string[]): number {
  const { vm, host } = option;
  if (vm.spec.cpuPolicy !== "dedicated") return 1;
  const coreOf = new Map(host.spec.cpus.map((cpu) => [String(cpu.id), cpu.core]));
  const cores = pins.map((pin) => coreOf.get(pin));
  const runs: number[] = [];
  for (const [vcpu, core] of cores.entries()) {
    if (vcpu > 0 && cores[vcpu - 1] === core) runs.push((runs.pop() ?? 0) + 1);
    else runs.push(1);
  }
  const [size = 1] = runs;
  const even = runs.every((run) => run === size) && runs.length === new Set(cores).size;
  return even ? size : 1;
}
