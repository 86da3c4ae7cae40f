/* In which order VMs are placed: the hardest to place first, equal ones next to each other. */
import { compareRanks } from "./core-order";
import { compareText, type Problem, type Vm } from "./problem";

/** Shares of all that there is. */
export interface Share {
  readonly cpu: number;
  readonly memory: number;
}

export function sharesOf(problem: Problem): (vm: Vm) => Share {
  const cpus = problem.hosts.flatMap((host) => host.bins).reduce((sum, bin) => sum + bin.threads, 0);
  const memory = problem.hosts.flatMap((host) => host.nodes).reduce((sum, node) => sum + node.memoryMiB, 0);
  return (vm) => ({
    cpu: (vm.dedicated * (vm.kind === "isolate" ? 2 : 1)) / Math.max(1, cpus),
    memory: vm.spec.memoryMiB / Math.max(1, memory),
  });
}

export const sizeRules = {
  largest: ({ cpu, memory }: Share) => Math.max(cpu, memory),
  sum: ({ cpu, memory }: Share) => cpu + memory,
  cpu: ({ cpu }: Share) => cpu,
  memory: ({ memory }: Share) => memory,
} as const;

/** Pins of the program, then VMs of few hosts, then large ones. */
export function searchOrder(
  problem: Problem,
  size: (share: Share) => number,
  urgent: (vm: Vm) => number = () => 0,
): Vm[] {
  const share = sharesOf(problem);
  const ranked = problem.vms.map((vm) => ({
    vm,
    rank: [
      vm.spec.pins === undefined ? 1 : 0,
      -urgent(vm),
      vm.spec.hosts === undefined ? 1 : 0,
      vm.spec.nearDevice?.policy === "required" ? 0 : 1,
      vm.spec.hosts === undefined ? 0 : vm.allowed.length,
      -size(share(vm)),
    ],
  }));
  return ranked
    .sort(
      (left, right) =>
        compareRanks(left.rank, right.rank) ||
        compareText(left.vm.symmetryClass, right.vm.symmetryClass) ||
        left.vm.index - right.vm.index,
    )
    .map(({ vm }) => vm);
}
