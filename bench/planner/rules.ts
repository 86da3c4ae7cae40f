/*
 * How others place VMs, each reduced to the rule by which it orders hosts, nodes and CPUs: one VM at a time, in order of
 * arrival, none ever moved.
 */
import type { PlannerVm } from "../../provider/placement-plan/planner/model";
import {
  apart,
  freeCpus,
  hostCpus,
  hostMemory,
  lowest,
  takeCpus,
  takeMemory,
  takeMemoryNear,
  type Given,
  type WorldHost,
  type WorldNode,
} from "./world";

/** Undefined: refused. */
export type Rule = (world: readonly WorldHost[], vm: PlannerVm) => Given | undefined;

const holds = (node: WorldNode, vm: PlannerVm) => freeCpus(node) >= vm.vcpus && node.memory >= vm.memoryMiB;
const nodesOf = (world: readonly WorldHost[]) => world.flatMap((host) => host.nodes);

/** All of it from one node. */
function onNode(
  node: WorldNode | undefined,
  vm: PlannerVm,
  cores: "whole first" | "lowest" = "whole first",
): Given | undefined {
  return node && { vm, cpus: takeCpus(node, vm.vcpus, cores), memory: [takeMemory(node, vm.memoryMiB)] };
}

/** RAM weigher and cell order both for the most free memory, then the most free CPUs. */
const novaSpread: Rule = (world, vm) => {
  const hosts = world.filter((host) => host.nodes.some((node) => holds(node, vm)));
  const host = lowest(hosts, (each) => [-hostMemory(each)]);
  return onNode(
    lowest(host?.nodes.filter((node) => holds(node, vm)) ?? [], (node) => [-node.memory, -freeCpus(node)]),
    vm,
  );
};

/** packing_host_numa_cells_allocation_strategy, and a negative RAM weight. */
const novaPack: Rule = (world, vm) => {
  const hosts = world.filter((host) => host.nodes.some((node) => holds(node, vm)));
  const host = lowest(hosts, (each) => [hostMemory(each)]);
  return onNode(
    lowest(host?.nodes.filter((node) => holds(node, vm)) ?? [], (node) => [node.memory, freeCpus(node)]),
    vm,
  );
};

/**
 * The scheduler's LeastAllocated sees no nodes; takeByTopology: a whole node if one is asked for, else whole cores from
 * the node with the fewest free CPUs on, then threads. Memory is the kernel's first touch.
 */
const kubelet: Rule = (world, vm) => {
  const host = lowest(
    world.filter((each) => hostCpus(each) >= vm.vcpus && hostMemory(each) >= vm.memoryMiB),
    (each) => [-hostCpus(each), -hostMemory(each)],
  );
  if (host === undefined) return undefined;
  const cpus: Given["cpus"][number][] = [];
  for (const node of host.nodes)
    if (
      node.cores.every((core) => core.length > 0) &&
      freeCpus(node) === node.cpuTotal &&
      vm.vcpus - cpus.length >= node.cpuTotal
    )
      cpus.push(...takeCpus(node, node.cpuTotal, "lowest"));
  const order = [...host.nodes].sort((left, right) => freeCpus(left) - freeCpus(right) || left.index - right.index);
  const size = Math.max(...host.nodes.flatMap((node) => node.cores.map((core) => core.length)));
  for (const node of order)
    for (const [core, threads] of node.cores.entries())
      if (threads.length === size && vm.vcpus - cpus.length >= size)
        for (const cpu of threads.splice(0)) cpus.push({ node, core, cpu });
  for (const node of order) cpus.push(...takeCpus(node, vm.vcpus - cpus.length, "lowest"));
  const first = cpus[0]?.node ?? host.nodes[0]!;
  return { vm, cpus, memory: takeMemoryNear(first, vm.memoryMiB) };
};

/** kubelet's CPUs; a guest cell for each node that they are on, memory in equal parts whatever the vCPUs are. */
const kubeVirt: Rule = (world, vm) => {
  const memory = new Map(nodesOf(world).map((node) => [node, node.memory]));
  const given = kubelet(world, vm);
  if (given === undefined) return undefined;
  for (const [node, mib] of memory) node.memory = mib;
  const nodes = [...new Set(given.cpus.map((each) => each.node))];
  const parts = nodes.map((node) => takeMemoryNear(node, vm.memoryMiB / nodes.length));
  return { ...given, memory: parts.flat() };
};

/** The host with the most free CPUs, on it the node with the most, and memory from there. */
const openNebula: Rule = (world, vm) => {
  const hosts = world.filter((host) => host.nodes.some((node) => holds(node, vm)));
  const host = lowest(hosts, (each) => [-hostCpus(each)]);
  return onNode(
    lowest(host?.nodes.filter((node) => holds(node, vm)) ?? [], (node) => [-freeCpus(node)]),
    vm,
    "lowest",
  );
};

/** The host with the most free memory; of its node sets the one nearest together, then with the most free memory. */
const xen: Rule = (world, vm) => {
  const hosts = world.filter((host) => hostCpus(host) >= vm.vcpus && hostMemory(host) >= vm.memoryMiB);
  const host = lowest(hosts, (each) => [-hostMemory(each)]);
  const sets = subsets(host?.nodes ?? []).filter(
    (set) => sum(set, freeCpus) >= vm.vcpus && sum(set, (node) => node.memory) >= vm.memoryMiB,
  );
  const set = lowest(sets, (each) => [meanDistance(each), -sum(each, (node) => node.memory)]);
  if (set === undefined) return undefined;
  const cpus: Given["cpus"][number][] = [];
  for (const node of set) cpus.push(...takeCpus(node, vm.vcpus - cpus.length, "lowest"));
  let left = vm.memoryMiB;
  const memory = set.map((node) => {
    const part = Math.min(left, node.memory);
    left -= part;
    return takeMemory(node, part);
  });
  return { vm, cpus, memory };
};

const firstFit: Rule = (world, vm) =>
  onNode(
    nodesOf(world).find((node) => holds(node, vm)),
    vm,
    "lowest",
  );

const bestFit: Rule = (world, vm) =>
  onNode(
    lowest(
      nodesOf(world).filter((node) => holds(node, vm)),
      (node) => [freeCpus(node), node.memory],
    ),
    vm,
    "lowest",
  );

function subsets(nodes: readonly WorldNode[]): WorldNode[][] {
  return nodes.reduce<WorldNode[][]>((all, node) => [...all, ...all.map((set) => [...set, node])], [[]]).slice(1);
}

function sum(nodes: readonly WorldNode[], of: (node: WorldNode) => number): number {
  return nodes.reduce((all, node) => all + of(node), 0);
}

function meanDistance(nodes: readonly WorldNode[]): number {
  return sum(nodes, (one) => sum(nodes, (other) => apart(one, other))) / nodes.length ** 2;
}

export const rules: Readonly<Record<string, Rule>> = {
  "Nova, spread (its default)": novaSpread,
  "Nova, pack": novaPack,
  "kubelet, static": kubelet,
  KubeVirt: kubeVirt,
  OpenNebula: openNebula,
  Xen: xen,
  "first fit": firstFit,
  "best fit": bestFit,
};
