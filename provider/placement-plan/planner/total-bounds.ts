/* Bounds on hosts used and on fragmentation, from sums over all VMs. */
import { dedicatedThreads } from "./demand";
import type { Host, Problem } from "./problem";

/** Hosts, the largest first, until they hold all threads, and the same for memory; and all hosts that VMs are fixed to. */
export function leastHosts(problem: Problem): number {
  const threads = problem.vms.reduce((sum, vm) => sum + dedicatedThreads(vm), 0);
  const memory = problem.vms.reduce((sum, vm) => sum + vm.spec.memoryMiB, 0);
  const sizes = (of: (host: Host) => number) => problem.hosts.map(of).sort((left, right) => right - left);
  const fixed = new Set(problem.vms.flatMap((vm) => (vm.spec.hosts?.length === 1 ? vm.spec.hosts : [])));
  return Math.max(
    problem.vms.length === 0 ? 0 : 1,
    fixed.size,
    hostsFor(
      threads,
      sizes((host) => host.bins.reduce((sum, bin) => sum + bin.threads, 0)),
    ),
    hostsFor(
      memory,
      sizes((host) => host.nodes.reduce((sum, node) => sum + node.memoryMiB, 0)),
    ),
  );
}

function hostsFor(amount: number, sizes: readonly number[]): number {
  let sum = 0;
  let count = 0;
  for (const size of sizes) {
    if (sum >= amount) break;
    sum += size;
    count += 1;
  }
  return count;
}

/** If the VMs do not fit beside the largest bin, what is over must go into it, or into one that then is the largest. */
export function leastFragmentation(problem: Problem, largest: number): number {
  const bins = problem.hosts.flatMap((host) => host.bins);
  const threads = problem.vms.reduce((sum, vm) => sum + dedicatedThreads(vm), 0);
  const total = bins.reduce((sum, bin) => sum + bin.threads, 0);
  // At least one bin keeps `largest - value` threads, so all others and the rest of it hold everything.
  return Math.max(0, largest - Math.max(0, total - threads));
}
