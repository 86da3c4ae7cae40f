/* What can be refused before any search: VMs that fit nowhere alone, and sums that are too large. */
import type { Explanation } from "./answer";
import { dedicatedThreads } from "./demand";
import { makeCoreMemo, type CoreMemo } from "./core-memo";
import type { PlanRequest } from "./model";
import { visitOptions } from "./options";
import type { Host, Problem, Vm } from "./problem";
import { hostRefusal } from "./refusal-reasons";
import { requestRefusal } from "./request-refusals";
import { shapesOn } from "./vm-shapes";

/** Empty: a search is worth it. */
export function refusals(problem: Problem, request: PlanRequest): Explanation[] {
  const memo = makeCoreMemo();
  const named = problem.vms.flatMap((vm) => requestRefusal(vm, problem, request) ?? []);
  if (named.length > 0) return named;
  const alone = problem.vms.flatMap((vm) => refusedAlone(vm, memo) ?? []);
  if (alone.length > 0) return alone;
  return [...refusedGroups(problem), ...refusedSums(problem)];
}

/** Undefined: some host takes the VM, were it empty. */
function refusedAlone(vm: Vm, memo: CoreMemo): Explanation | undefined {
  const hosts = vm.allowed;
  const seen = new Set<string>();
  const distinct = hosts.filter((host) => !seen.has(host.symmetryClass) && seen.add(host.symmetryClass));
  if (distinct.some((host) => fitsAlone(vm, host, memo))) return undefined;
  const reasons = distinct.map((host) => hostRefusal(vm, host));
  const [nearest] = reasons.sort((left, right) => missing(left) - missing(right));
  return nearest;
}

/** Which share of what is wanted is not there. */
function missing({ wanted, available }: Explanation): number {
  return wanted === undefined || available === undefined ? 1 : (wanted - available) / wanted;
}

/** Places of one VM that are looked at before it is left to the search. */
const lookLimit = 20_000;

function fitsAlone(vm: Vm, host: Host, memo: CoreMemo): boolean {
  let left = lookLimit;
  const worth = () => (left -= 1) > 0;
  const found = shapesOn(vm, host).some(
    (shape) => visitOptions({ vm, host, shape, memo, remote: true, worth }, () => "enough") === "enough",
  );
  return found || left <= 0;
}

/** More VMs that keep apart than hosts that any of them may be on. */
function refusedGroups(problem: Problem): Explanation[] {
  const groups = [...new Set(problem.vms.flatMap((vm) => vm.spec.antiAffinity ?? []))].sort();
  return groups.flatMap((group) => {
    const vms = problem.vms.filter((vm) => vm.spec.antiAffinity?.includes(group));
    const hosts = new Set(vms.flatMap((vm) => vm.allowed));
    if (vms.length <= hosts.size) return [];
    const some = vms.slice(0, hosts.size + 1).map((vm) => vm.spec.name);
    return [
      {
        resource: "hosts",
        vms: some,
        wanted: some.length,
        available: hosts.size,
        text: `${some.join(", ")} must be on different hosts (anti-affinity group ${group}), but there are only ${hosts.size} hosts that they may be on: add a host, or take one of them out of the group`,
      },
    ];
  });
}

/** CPUs and memory of VMs that may be on the same hosts only, against those hosts. */
function refusedSums(problem: Problem): Explanation[] {
  const sets = new Map<string, readonly Host[]>();
  for (const vm of problem.vms) {
    const hosts = vm.allowed;
    sets.set(hosts.map((host) => host.index).join(","), hosts);
  }
  sets.set("all", problem.hosts);
  for (const hosts of [...sets.values()].sort((left, right) => left.length - right.length)) {
    const vms = problem.vms.filter((vm) => vm.allowed.every((host) => hosts.includes(host)));
    const found = refusedSum(vms, hosts, "cpus") ?? refusedSum(vms, hosts, "memory");
    if (found !== undefined) return [found];
  }
  return [];
}

function refusedSum(vms: readonly Vm[], hosts: readonly Host[], resource: "cpus" | "memory"): Explanation | undefined {
  const amount = (vm: Vm) => (resource === "cpus" ? dedicatedThreads(vm) : vm.spec.memoryMiB);
  const available = hosts.reduce((sum, host) => sum + amountOf(host, resource), 0);
  let wanted = vms.reduce((sum, vm) => sum + amount(vm), 0);
  if (wanted <= available) return undefined;
  // The smallest are left out first, as long as the others are too many without them.
  const needed = [...vms].sort((left, right) => amount(right) - amount(left) || left.index - right.index);
  while (wanted - amount(needed[needed.length - 1] as Vm) > available) wanted -= amount(needed.pop() as Vm);
  const names = needed.map((vm) => vm.spec.name).sort();
  const unit = resource === "cpus" ? "CPUs" : "MiB";
  const place = hosts.length === 1 ? (hosts[0]?.spec.name ?? "") : `${hosts.length} hosts`;
  return {
    ...{ resource, vms: names, wanted, available },
    ...(hosts.length === 1 && { host: place }),
    text: `${names.join(", ")} want ${wanted} ${unit} together, ${place} can give ${available}: ${wanted - available} ${unit} short. ${
      resource === "cpus"
        ? "Give them fewer dedicated vCPUs, reserve fewer CPUs"
        : "Give them less memory, reserve less"
    }, or add a host`,
  };
}

function amountOf(host: Host, resource: "cpus" | "memory"): number {
  return resource === "cpus"
    ? host.bins.reduce((sum, bin) => sum + bin.threads, 0)
    : host.nodes.reduce((sum, node) => sum + node.memoryMiB, 0);
}
