/* What the rules of other placers see and change: free CPUs and memory by node. */
import type { PlannerHost, PlannerVm } from "../../provider/placement-plan/planner/model";

export interface WorldNode {
  readonly host: WorldHost;
  readonly index: number;
  readonly cpuTotal: number;
  readonly memoryTotal: number;
  /** Free threads by core. */
  readonly cores: number[][];
  memory: number;
}

export interface WorldHost {
  readonly name: string;
  readonly nodes: WorldNode[];
  readonly distances: readonly (readonly number[])[];
}

/** What a VM got. */
export interface Given {
  readonly vm: PlannerVm;
  readonly cpus: readonly { readonly node: WorldNode; readonly core: number; readonly cpu: number }[];
  readonly memory: readonly { readonly node: WorldNode; readonly mib: number }[];
}

export function makeWorld(hosts: readonly PlannerHost[]): WorldHost[] {
  return hosts.map((spec) => {
    const host: WorldHost = { name: spec.name, nodes: [], distances: spec.distances ?? [] };
    for (const [index, node] of spec.nodes.entries()) {
      const cores = new Map<number, number[]>();
      for (const cpu of spec.cpus)
        if (cpu.node === node.id) cores.set(cpu.core, [...(cores.get(cpu.core) ?? []), cpu.id]);
      host.nodes.push({
        ...{ host, index, cores: [...cores.values()], memory: node.memoryMiB },
        ...{ cpuTotal: [...cores.values()].flat().length, memoryTotal: node.memoryMiB },
      });
    }
    return host;
  });
}

export const freeCpus = (node: WorldNode): number => node.cores.reduce((sum, core) => sum + core.length, 0);
export const hostCpus = (host: WorldHost): number => host.nodes.reduce((sum, node) => sum + freeCpus(node), 0);
export const hostMemory = (host: WorldHost): number => host.nodes.reduce((sum, node) => sum + node.memory, 0);
export const apart = (one: WorldNode, other: WorldNode): number =>
  one.host.distances[one.index]?.[other.index] ?? (one === other ? 10 : 20);

/** `cores`: in which order cores give their free threads. */
export function takeCpus(node: WorldNode, count: number, cores: "whole first" | "lowest"): Given["cpus"] {
  const taken: Given["cpus"][number][] = [];
  const order = [...node.cores.keys()];
  const free = (core: number) => node.cores[core]!.length;
  if (cores === "whole first") order.sort((left, right) => free(right) - free(left) || left - right);
  for (const core of order)
    while (taken.length < count && free(core) > 0) taken.push({ node, core, cpu: node.cores[core]!.shift()! });
  return taken;
}

export function takeMemory(node: WorldNode, mib: number): Given["memory"][number] {
  node.memory -= mib;
  return { node, mib };
}

/** From the node itself, then from the nearest ones, as the kernel does it without a policy. */
export function takeMemoryNear(node: WorldNode, mib: number): Given["memory"] {
  const order = [...node.host.nodes].sort(
    (left, right) => apart(node, left) - apart(node, right) || left.index - right.index,
  );
  const taken: Given["memory"][number][] = [];
  let left = mib;
  for (const each of order) {
    const part = Math.min(left, each.memory);
    if (part > 0) taken.push(takeMemory(each, part));
    left -= part;
  }
  return taken;
}

export function lowest<T>(list: readonly T[], by: (item: T) => readonly number[]): T | undefined {
  return [...list].sort((left, right) => {
    const [one, other] = [by(left), by(right)];
    const index = one.findIndex((value, position) => value !== other[position]);
    return index < 0 ? 0 : one[index]! - other[index]!;
  })[0];
}
