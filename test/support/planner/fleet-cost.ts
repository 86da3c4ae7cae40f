/* What places of several VMs cost each other, by the rules, and whether they can be at once. */
import type { PlanRequest, PlannerHost } from "../../../provider/placement-plan/planner/model";
import { coreOf, dedicatedCpus, groupsFor, nodeOf, sharedCpus, sum, threadsOf, beyond, type Place } from "./rules";
import type { OwnCost } from "./own-cost";

const knownThreads = new WeakMap<Place, number[]>();

export const dedicatedOf = (place: Place): number[] =>
  place.vm.pins === undefined ? place.cells.flatMap((cell) => [...cell.cpus]) : [];

/** Of its dedicated vCPUs and of an isolated emulator. */
export function ownThreads(place: Place): number[] {
  const threads = knownThreads.get(place) ?? [
    ...dedicatedOf(place),
    ...(place.emulator === undefined ? [] : [place.emulator]),
  ];
  knownThreads.set(place, threads);
  return threads;
}

const knownOthers = new WeakMap<Place, { cpu: number; others: number[]; outside: boolean }[]>();

/** Threads beside each of a place's dedicated vCPUs, and whether one of them is not the plan's to give. */
function neighbours(request: PlanRequest, place: Place): { cpu: number; others: number[]; outside: boolean }[] {
  const open = () => dedicatedCpus(request, place.host, place.vm);
  const found =
    knownOthers.get(place) ??
    dedicatedOf(place).map((cpu) => {
      const others = threadsOf(place.host, coreOf(place.host, cpu)).filter((each) => each !== cpu);
      return { cpu, others, outside: others.some((each) => !open().includes(each)) };
    });
  knownOthers.set(place, found);
  return found;
}

/** vCPUs on a core with a thread that is anybody else's: another VM's, an emulator's, or not the plan's to give. */
export function sharedVcpus(request: PlanRequest, places: readonly Place[]): number {
  let count = 0;
  for (const place of places) {
    const mine = dedicatedOf(place);
    for (const { others, outside } of neighbours(request, place)) {
      const taken = (thread: number) =>
        !mine.includes(thread) &&
        places.some((other) => other.host === place.host && ownThreads(other).includes(thread));
      if (outside || others.some(taken)) count += 1;
    }
  }
  return count;
}

/** Names of rules that the places break together; empty: none. */
export function conflicts(places: readonly Place[]): string[] {
  const broken: string[] = [];
  const hosts = new Set(places.map((place) => place.host));
  for (const host of hosts) {
    const here = places.filter((place) => place.host === host);
    const threads = here.flatMap(ownThreads);
    if (new Set(threads).size < threads.length) broken.push("a CPU twice");
    broken.push(...brokenExclusiveness(host, here), ...brokenMemory(host, here), ...brokenShared(host, here));
    const groups = here.flatMap((place) => [...new Set(place.vm.antiAffinity ?? [])]);
    if (new Set(groups).size < groups.length) broken.push("anti-affinity");
  }
  return broken;
}

/** Cores of `require`, `isolate` and real-time VMs are nobody else's. */
function brokenExclusiveness(host: PlannerHost, places: readonly Place[]): string[] {
  return places.flatMap((place) => {
    const { threadPolicy, latencyClass, pins } = place.vm;
    if (
      pins !== undefined ||
      !(threadPolicy === "require" || threadPolicy === "isolate" || latencyClass === "realTime")
    )
      return [];
    const cores = new Set(dedicatedOf(place).map((cpu) => coreOf(host, cpu)));
    const onThem = places
      .flatMap((other) => ownThreads(other).map((cpu) => ({ other, cpu })))
      .filter(({ cpu }) => cores.has(coreOf(host, cpu)));
    const strangers = onThem.filter(({ other, cpu }) => other !== place || !dedicatedOf(place).includes(cpu));
    return strangers.length > 0 ? ["a core that is somebody's own"] : [];
  });
}

function brokenMemory(host: PlannerHost, places: readonly Place[]): string[] {
  return host.nodes.flatMap((node) => {
    const cells = places.flatMap((place) =>
      place.cells.filter((cell) => cell.memoryNode === node.id).map((cell) => ({ cell, place })),
    );
    const over = sum(cells.map(({ cell }) => cell.memoryMiB)) > node.memoryMiB;
    const pools = (node.pools ?? []).filter(
      (pool) =>
        sum(cells.filter(({ place }) => place.vm.pageSizeKiB === pool.pageSizeKiB).map(({ cell }) => cell.memoryMiB)) >
        pool.memoryMiB,
    );
    return over || pools.length > 0 ? [`memory of node ${node.id}`] : [];
  });
}

/** Shared vCPUs float on the shared CPUs of their node, or of the nearest that has any. */
function brokenShared(host: PlannerHost, places: readonly Place[]): string[] {
  const carried = new Map<string, number>();
  for (const { vm, cells } of places) {
    if (vm.cpuPolicy === "dedicated") continue;
    const cpus = sharedCpus(host, vm.partition);
    const nodes = host.nodes
      .map((node) => node.id)
      .filter((node) => cpus.some((cpu) => nodeOf(host, cpu) === node))
      .sort((a, b) => a - b);
    for (const cell of cells) {
      const floating = cell.vcpus.length - cell.cpus.length;
      if (floating === 0) continue;
      const [nearest] = [...nodes].sort(
        (left, right) => beyond(host, cell.cpuNode, left) - beyond(host, cell.cpuNode, right) || left - right,
      );
      if (nearest === undefined) return ["no shared CPUs"];
      const key = `${vm.partition ?? ""} ${nearest}`;
      carried.set(key, (carried.get(key) ?? 0) + floating);
      const most = cpus.filter((cpu) => nodeOf(host, cpu) === nearest).length * (host.sharedVcpusPerCpu ?? 16);
      if (carried.get(key)! > most) return ["shared CPUs"];
    }
  }
  return [];
}

interface Room {
  readonly host: PlannerHost;
  readonly node: PlannerHost["nodes"][number];
  readonly cpus: readonly number[];
  readonly threadsPerCore: number;
}

const knownRooms = new WeakMap<PlanRequest, Room[]>();

/** Where a VM of a host's partition, or of none, can be: CPUs of a node of one kind. */
function roomsOf(request: PlanRequest): Room[] {
  const rooms =
    knownRooms.get(request) ??
    request.hosts.flatMap((host) =>
      [undefined, ...(host.partitions ?? []).map((each) => each.name)].flatMap((partition) =>
        groupsFor(request, host, { partition } as Place["vm"]).map((group) => ({
          ...{ host, cpus: group.cpus, node: host.nodes.find((each) => each.id === group.node)! },
          threadsPerCore: Math.max(1, ...[...group.wholeCores.values()].map((threads) => threads.length)),
        })),
      ),
    );
  knownRooms.set(request, rooms);
  return rooms;
}

/** vCPUs of the largest VM of a node's own shape that is still to be placed. */
function largest(request: PlanRequest, places: readonly Place[]): number {
  return Math.max(0, ...roomsOf(request).map((room) => largestIn(room, places)));
}

function largestIn({ host, node, cpus, threadsPerCore }: Room, places: readonly Place[]): number {
  if (node.memoryMiB === 0) return 0;
  let free = cpus.length;
  let memoryMiB = node.memoryMiB;
  for (const place of places) {
    if (place.host !== host) continue;
    if (place.emulator !== undefined && cpus.includes(place.emulator)) free -= 1;
    for (const cell of place.cells) {
      if (cell.memoryNode === node.id) memoryMiB -= cell.memoryMiB;
      if (place.vm.pins === undefined && cell.cpus.some((cpu) => cpus.includes(cpu)))
        free -= consumed(place, cell.cpus.length, threadsPerCore);
    }
  }
  return Math.min(Math.max(0, free), Math.floor((memoryMiB * cpus.length) / node.memoryMiB));
}

function consumed({ vm }: Place, count: number, size: number): number {
  if (vm.threadPolicy === "isolate") return count * size;
  if (vm.threadPolicy === "require" || vm.latencyClass === "realTime") return Math.ceil(count / size) * size;
  return count;
}

/** In the order of the planner's objective. */
export function fleetCost(request: PlanRequest, places: readonly Place[], own: readonly OwnCost[]): number[] {
  const total = (of: (cost: OwnCost) => number) => sum(own.map(of));
  return [
    request.vms.length - places.length,
    total((cost) => cost.remote),
    total((cost) => cost.apart),
    sharedVcpus(request, places),
    total((cost) => cost.broken),
    total((cost) => cost.llc),
    total((cost) => cost.device),
    total((cost) => cost.offNode),
    total((cost) => cost.restart),
    total((cost) => cost.moved),
    new Set(places.map((place) => place.host)).size,
    largest(request, []) - largest(request, places),
  ];
}
