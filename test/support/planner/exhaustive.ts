/*
 * All arrangements of a small instance, one after the other: no bounds, no symmetry, no order of merit. What it shares
 * with the planner is the request alone.
 */
import type { PlanRequest, PlannerHost, PlannerVm } from "../../../provider/placement-plan/planner/model";
import { conflicts, fleetCost, ownThreads } from "./fleet-cost";
import { ownCost, type OwnCost } from "./own-cost";
import { unitFor, threadsPerCore, violations } from "./place-rules";
import { dedicatedCount, groupsFor, nodeOf, sum, type Place, type PlaceCell } from "./rules";

export interface Best {
  /** Undefined: there is no arrangement. */
  readonly cost: readonly number[] | undefined;
  readonly seen: number;
}

/** Undefined: more than `most` arrangements are to be looked at. */
export function exhaustive(request: PlanRequest, most: number): Best | undefined {
  const lists = request.vms.map((vm) => request.hosts.flatMap((host) => placesOn(request, vm, host)));
  const costs = lists.map((list) => list.map((place) => ownCost(request, place)));
  let best: number[] | undefined;
  let seen = 0;
  const chosen: Place[] = [];
  const own: OwnCost[] = [];
  const choose = (index: number): boolean => {
    seen += 1;
    if (seen > most) return false;
    // What breaks a rule now breaks it with more VMs too.
    if (conflicts(chosen).length > 0) return true;
    if (index === lists.length) {
      const cost = fleetCost(request, chosen, own);
      if (best === undefined || isLess(cost, best)) best = cost;
      return true;
    }
    return lists[index]!.every((place, position) => {
      if (chosen.some((other) => other.host === place.host && overlap(ownThreads(other), ownThreads(place))))
        return true;
      chosen.push(place);
      own.push(costs[index]![position]!);
      const complete = choose(index + 1);
      chosen.pop();
      own.pop();
      return complete;
    });
  };
  return choose(0) ? { cost: best, seen } : undefined;
}

function overlap(left: readonly number[], right: readonly number[]): boolean {
  return left.some((cpu) => right.includes(cpu));
}

export function isLess(left: readonly number[], right: readonly number[]): boolean {
  const index = left.findIndex((value, position) => value !== right[position]);
  return index >= 0 && left[index]! < right[index]!;
}

function placesOn(request: PlanRequest, vm: PlannerVm, host: PlannerHost): Place[] {
  const isolated = vm.emulatorThreads === "isolate" && vm.pins?.emulator === undefined;
  const emulators: (number | undefined)[] = isolated ? host.cpus.map((cpu) => cpu.id) : [undefined];
  const cells = divisions(request, vm, host).flatMap((division) =>
    combine(division.map((cell) => cellPlaces(request, { vm, host, cell }))),
  );
  return cells
    .flatMap((list) => emulators.map((emulator) => ({ vm, host, cells: list, emulator })))
    .filter((place) => place.emulator === undefined || !place.cells.some((cell) => cell.cpus.includes(place.emulator!)))
    .filter((place) => violations(request, place).length === 0);
}

interface Division {
  readonly vcpus: readonly number[];
  readonly dedicated: number;
  readonly memoryMiB: number;
  readonly pins?: readonly number[];
}

function combine<T>(lists: readonly (readonly T[])[]): T[][] {
  return lists.reduce<T[][]>((all, list) => all.flatMap((head) => list.map((item) => [...head, item])), [[]]);
}

function cellPlaces(
  request: PlanRequest,
  { vm, host, cell }: { vm: PlannerVm; host: PlannerHost; cell: Division },
): PlaceCell[] {
  const places: PlaceCell[] = [];
  const add = (cpuNode: number, cpus: readonly number[]) => {
    for (const node of host.nodes)
      places.push({ vcpus: cell.vcpus, memoryMiB: cell.memoryMiB, cpuNode, memoryNode: node.id, cpus });
  };
  if (cell.pins !== undefined) add(nodeOf(host, cell.pins[0]!), cell.pins);
  else if (cell.dedicated === 0) for (const node of host.nodes) add(node.id, []);
  else
    for (const group of groupsFor(request, host, vm))
      for (const cpus of subsets(group.cpus, cell.dedicated)) add(group.node, cpus);
  return places;
}

function subsets(list: readonly number[], size: number): number[][] {
  if (size === 0) return [[]];
  return list.flatMap((first, index) => subsets(list.slice(index + 1), size - 1).map((rest) => [first, ...rest]));
}

function divisions(request: PlanRequest, vm: PlannerVm, host: PlannerHost): Division[][] {
  if (vm.pins !== undefined) return pinnedDivisions(vm, host);
  if (typeof vm.nodes === "object") {
    const sizes = vm.nodes.map((cell) => cell.vcpus);
    return [
      vm.nodes.map((cell, index) => ({
        vcpus: range(sum(sizes.slice(0, index)), cell.vcpus),
        dedicated: vm.cpuPolicy === "shared" ? 0 : (cell.dedicatedVcpus ?? cell.vcpus),
        memoryMiB: cell.memoryMiB,
      })),
    ];
  }
  const counts = vm.nodes === "fit" ? range(1, Math.min(host.nodes.length, vm.vcpus)) : [vm.nodes];
  return counts
    .filter((count) => count <= vm.vcpus)
    .flatMap((count) => {
      const unit = unitFor(vm, threadsPerCore(request, { vm, host }), count);
      const sizes =
        vm.split === "packed"
          ? falling(vm.vcpus, count, vm.vcpus)
          : [shares(vm.vcpus / unit, Array<number>(count).fill(1)).map((part) => part * unit)];
      return sizes.flatMap((each) => divided(vm, each) ?? []);
    });
}

/** A list in a list, for flatMap; undefined where a cell would have no page. */
function divided(vm: PlannerVm, sizes: readonly number[]): Division[][] | undefined {
  const page = Math.max(1, vm.pageSizeKiB / 1024);
  const pages = shares(Math.floor(vm.memoryMiB / page), sizes);
  if (pages.includes(0)) return undefined;
  const dedicated =
    vm.cpuPolicy === "mixed"
      ? shares(dedicatedCount(vm), sizes)
      : sizes.map((size) => (vm.cpuPolicy === "shared" ? 0 : size));
  return [
    sizes.map((size, index) => ({
      vcpus: range(sum(sizes.slice(0, index)), size),
      dedicated: dedicated[index]!,
      memoryMiB: pages[index]! * page,
    })),
  ];
}

function pinnedDivisions(vm: PlannerVm, host: PlannerHost): Division[][] {
  if (!vm.hosts!.includes(host.name)) return [];
  const pins = vm.pins!.vcpus;
  const nodes = [...new Set(pins.map((cpu) => nodeOf(host, cpu)))];
  const groups = nodes.map((node) => range(0, vm.vcpus).filter((vcpu) => nodeOf(host, pins[vcpu]!) === node));
  const sized = divided(
    vm,
    groups.map((group) => group.length),
  );
  return (sized ?? []).map((cells) =>
    cells.map((cell, index) => ({ ...cell, vcpus: groups[index]!, pins: groups[index]!.map((vcpu) => pins[vcpu]!) })),
  );
}

const range = (first: number, count: number): number[] => Array.from({ length: count }, (_, index) => first + index);

/** Of `total` by weight, the remainders to the largest fractions, the first of equal ones. */
function shares(total: number, weights: readonly number[]): number[] {
  const all = sum(weights);
  const parts = weights.map((weight) => Math.floor((total * weight) / all));
  for (let left = total - sum(parts); left > 0; left -= 1) {
    const lacking = weights.map((weight, index) => (total * weight) / all - parts[index]!);
    const most = Math.max(...lacking);
    const index = lacking.findIndex((value) => value > most - 1e-9);
    parts[index] = parts[index]! + 1;
  }
  return parts;
}

function falling(total: number, count: number, most: number): number[][] {
  if (count === 1) return total <= most && total > 0 ? [[total]] : [];
  return range(1, Math.min(total, most)).flatMap((first) =>
    falling(total - first, count - 1, first).map((rest) => [first, ...rest]),
  );
}
