/* The league table: rules of other placers and the planner on the same fleets, all of which an exact search can place. */
import type { PlannerHost, PlannerVm } from "../../provider/placement-plan/planner/model";
import { plan } from "../../provider/placement-plan/planner/plan";
import { makeHost, makeVm } from "../../test/support/planner/fleets";
import { seeded } from "../../test/support/planner/random";
import { exactFit } from "./exact-fit";
import { rules } from "./rules";
import { freeCpus, makeWorld, type Given, type WorldHost, type WorldNode } from "./world";

interface Fleet {
  readonly hosts: readonly PlannerHost[];
  /** In order of arrival. */
  readonly vms: readonly PlannerVm[];
}

interface Score {
  /** Fleets of which every VM was placed with its memory near. */
  whole: number;
  wanted: number;
  local: number;
  splitCores: number;
  largest: number;
}

export function league(fleets: number, seed: number): { readonly lines: string[]; readonly ours: number } {
  const lines: string[] = [];
  let ours = 1;
  for (const [hosts, nodes] of [
    [1, 2],
    [2, 2],
    [4, 2],
  ] as const) {
    const list = feasibleFleets({ hosts, nodes, fleets, seed });
    lines.push(
      "",
      `${hosts} × ${nodes} nodes, ${list.length} fleets`,
      "",
      "| rule | fleets fully placed % | node-local GiB % | split cores | largest VM left |",
      "| --- | --- | --- | --- | --- |",
    );
    for (const [name, rule] of Object.entries(rules))
      lines.push(
        row(
          name,
          score(list, (world, fleet) => fleet.vms.map((vm) => rule(world, vm))),
        ),
      );
    const planner = score(list, planFleet);
    ours = Math.min(ours, planner.whole / list.length);
    lines.push(row("**this planner**", planner));
  }
  return { lines, ours };

  function row(name: string, { whole, wanted, local, splitCores, largest }: Score): string {
    const count = fleets;
    const cells = [(100 * whole) / count, (100 * local) / wanted, splitCores / count, largest / count];
    return `| ${name} | ${cells.map((cell) => cell.toFixed(1)).join(" | ")} |`;
  }
}

/** Nodes of 7 cores with two threads and 56 GiB; VMs of 2 to 12 vCPUs and 4 to 40 GiB up to a drawn load of 80 to 100 %. */
function feasibleFleets(of: { hosts: number; nodes: number; fleets: number; seed: number }): Fleet[] {
  const found: Fleet[] = [];
  const random = seeded(of.seed);
  const hosts = Array.from({ length: of.hosts }, (_, index) =>
    makeHost(`h${index}`, { nodes: of.nodes, cores: 7, threads: 2, gib: 56 }),
  );
  const nodes = hosts.flatMap((host) => host.nodes.map(() => ({ cpus: 14, memory: 56 })));
  while (found.length < of.fleets) {
    const load = 0.8 + random.below(21) / 100;
    const sizes: { cpus: number; memory: number }[] = [];
    for (let cpus = 0, memory = 0; ;) {
      const next = { cpus: random.between(2, 12), memory: random.between(4, 40) };
      cpus += next.cpus;
      memory += next.memory;
      if (cpus > load * 14 * nodes.length || memory > 56 * nodes.length) break;
      sizes.push(next);
    }
    if (exactFit(nodes, sizes) !== true) continue;
    const vms = sizes.map(({ cpus, memory }, index) =>
      makeVm(`v${String(index).padStart(2, "0")}`, [cpus, memory], { nodes: 1 }),
    );
    found.push({ hosts, vms });
  }
  return found;
}

function score(
  fleets: readonly Fleet[],
  place: (world: WorldHost[], fleet: Fleet) => readonly (Given | undefined)[],
): Score {
  const total: Score = { whole: 0, wanted: 0, local: 0, splitCores: 0, largest: 0 };
  for (const fleet of fleets) {
    const world = makeWorld(fleet.hosts);
    const given = place(world, fleet);
    const locals = given.map((each) => (each === undefined ? 0 : localMiB(each)));
    if (fleet.vms.every((vm, index) => locals[index]! >= vm.memoryMiB - 1e-6)) total.whole += 1;
    total.wanted += fleet.vms.reduce((sum, vm) => sum + vm.memoryMiB, 0);
    total.local += locals.reduce((sum, each) => sum + each, 0);
    total.splitCores += splitCores(given);
    total.largest += Math.max(...world.flatMap((host) => host.nodes).map(largestOn));
  }
  return total;
}

/** A VM over several nodes has as much near memory as each node's share of its vCPUs can use. */
function localMiB({ vm, cpus, memory }: Given): number {
  const nodes = new Set(cpus.map((each) => each.node));
  return [...nodes].reduce((sum, node) => {
    const share = (vm.memoryMiB * cpus.filter((each) => each.node === node).length) / vm.vcpus;
    const here = memory.filter((each) => each.node === node).reduce((all, each) => all + each.mib, 0);
    return sum + (nodes.size === 1 ? here : Math.min(share, here) * (node === cpus[0]!.node ? 1 : 0));
  }, 0);
}

/** Cores with threads of more than one VM. */
function splitCores(given: readonly (Given | undefined)[]): number {
  const users = new Map<string, Set<string>>();
  for (const each of given)
    for (const { node, core } of each?.cpus ?? []) {
      const key = `${node.host.name} ${node.index} ${core}`;
      users.set(key, (users.get(key) ?? new Set()).add(each!.vm.name));
    }
  return [...users.values()].filter((vms) => vms.size > 1).length;
}

function largestOn(node: WorldNode): number {
  return Math.min(freeCpus(node), Math.floor((node.memory * node.cpuTotal) / node.memoryTotal));
}

/** Books the plan in the world, so that it is measured like the others. */
function planFleet(world: WorldHost[], { hosts, vms }: Fleet): (Given | undefined)[] {
  const answer = plan({ hosts, vms });
  if (answer.outcome !== "planned") return vms.map(() => undefined);
  const nodes = new Map(
    world.flatMap((host) => host.nodes.map((node) => [`${host.name} ${node.index}`, node] as const)),
  );
  const given = new Map(
    answer.placements.map((placed) => {
      const cell = placed.cells[0]!;
      const cpuNode = nodes.get(`${placed.host} ${cell.cpuNode}`)!;
      const memoryNode = nodes.get(`${placed.host} ${cell.memoryNode}`)!;
      const cpus = placed.vcpuPins.map((pin) => {
        const core = cpuNode.cores.findIndex((threads) => threads.includes(Number(pin)));
        return { node: cpuNode, core, cpu: Number(pin) };
      });
      const vm = vms.find((each) => each.name === placed.vm)!;
      return [placed.vm, { vm, cpus, memoryNode, mib: cell.memoryMiB }] as const;
    }),
  );
  for (const { cpus, memoryNode, mib } of given.values()) {
    memoryNode.memory -= mib;
    for (const { node, core, cpu } of cpus) node.cores[core]!.splice(node.cores[core]!.indexOf(cpu), 1);
  }
  return vms.map((vm) => {
    const each = given.get(vm.name)!;
    return { vm, cpus: each.cpus, memory: [{ node: each.memoryNode, mib: each.mib }] };
  });
}
