/* VMs that fit alone but not together: the fewest of them, and what the nearest arrangement lacks. */
import type { Explanation } from "./answer";
import { book, unbook } from "./booking";
import { freeThreads } from "./demand";
import type { Bin, Problem, Vm } from "./problem";
import { solve, type Nearest } from "./solve";

/** Steps that may go into leaving out one VM. */
const stepsForOne = 20000;

/** The problem is known to be infeasible. */
export function explainArrangement(problem: Problem, nearest: Nearest, limit: number): Explanation {
  let { vms } = problem;
  let closest = nearest;
  for (const vm of [...problem.vms].sort(
    (left, right) => left.spec.memoryMiB - right.spec.memoryMiB || left.index - right.index,
  )) {
    const without = vms.filter((each) => each !== vm);
    const solved = solve({ ...problem, vms: without }, Math.min(limit, stepsForOne));
    if (solved.outcome !== "infeasible") continue;
    vms = without;
    closest = solved.nearest;
  }
  return lackOf({ ...problem, vms }, closest);
}

interface Lack {
  readonly vm: Vm;
  readonly bin: Bin;
  /** Short by so many. */
  readonly cpus: number;
  readonly cpusLeft: number;
  readonly memoryMiB: number;
  readonly memoryLeft: number;
}

function lackOf(problem: Problem, nearest: Nearest): Explanation {
  const names = problem.vms.map((vm) => vm.spec.name).sort();
  for (const option of nearest.options) book(option);
  const [lack] = nearest.unplaced.flatMap(lacks).sort((left, right) => weight(left) - weight(right));
  for (const option of [...nearest.options].reverse()) unbook(option);
  const text = `${names.join(", ")} fit alone but not together: every arrangement of them was excluded`;
  if (lack === undefined)
    return { resource: "arrangement", vms: names, text: `${text}. Add a host or leave one of them out` };
  const { vm, bin, cpus, memoryMiB } = lack;
  const host = bin.node.host.spec.name;
  const where = { host, node: bin.node.id };
  const nearestText = `${text}. With the others placed, the nearest place for ${vm.spec.name} is node ${bin.node.id} of ${host}, where`;
  const mend = `make ${vm.spec.name} smaller, let it have more guest cells (nodes "fit"), or leave one of them out`;
  if (cpus > 0) {
    const available = lack.cpusLeft;
    const wanted = available + cpus;
    return {
      ...{ resource: "cpus", vms: names, ...where, wanted, available },
      text: `${nearestText} ${wanted} CPUs are wanted and ${available} are left: ${cpus} short. Reserve fewer CPUs, ${mend}`,
    };
  }
  if (memoryMiB > 0) {
    const available = lack.memoryLeft;
    const wanted = available + memoryMiB;
    return {
      ...{ resource: "memory", vms: names, ...where, wanted, available },
      text: `${nearestText} ${wanted} MiB are wanted and ${available} are left: ${memoryMiB} short. Reserve less memory, ${mend}`,
    };
  }
  return {
    resource: "arrangement",
    vms: names,
    ...where,
    text: `${nearestText} whole cores are missing. Say threadPolicy prefer, or ${mend}`,
  };
}

function lacks(vm: Vm): Lack[] {
  return vm.allowed.flatMap((host) =>
    host.bins
      .filter((bin) => bin.partition === (vm.spec.partition ?? "") && (vm.spec.coreKind ?? bin.kind) === bin.kind)
      .map((bin) => ({
        vm,
        bin,
        cpus: Math.max(0, vm.dedicated + (vm.wantsEmulatorCpu ? 1 : 0) - freeThreads(bin)),
        cpusLeft: freeThreads(bin),
        memoryMiB: Math.max(0, vm.spec.memoryMiB - bin.node.memoryLeft),
        memoryLeft: bin.node.memoryLeft,
      })),
  );
}

function weight({ bin, cpus, memoryMiB }: Lack): number {
  return cpus / Math.max(1, bin.threads) + memoryMiB / Math.max(1, bin.node.memoryMiB);
}
