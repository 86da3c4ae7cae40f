/* Whether one VM may be at a place at all, by the rules. */
import type { PlanRequest, PlannerVm } from "../../../provider/placement-plan/planner/model";
import { coreOf, dedicatedCount, groupsFor, nodeOf, sharedCpus, sum, type Place, type PlaceCell } from "./rules";

/** Names of rules that the place breaks by itself. */
export function violations(request: PlanRequest, place: Place): string[] {
  const { vm, host, cells } = place;
  const broken: string[] = [];
  const check = (holds: boolean, rule: string) => {
    if (!holds) broken.push(rule);
  };
  check(vm.hosts?.includes(host.name) ?? true, "a host that it may be on");
  check(new Set(cells.map((cell) => cell.cpuNode)).size === cells.length, "a node for each cell");
  check(sum(cells.map((cell) => cell.memoryMiB)) === vm.memoryMiB, "all its memory");
  check(isNumbered(cells, vm.vcpus), "every vCPU in one cell");
  check(
    vm.pins !== undefined || sum(cells.map((cell) => cell.cpus.length)) === dedicatedCount(vm),
    "a CPU for each dedicated vCPU",
  );
  check(isDivided(request, place), "the division it asks for");
  const allowed = (node: number) => vm.allowedNodes?.includes(node) ?? true;
  check(
    vm.pins !== undefined || cells.every((cell) => allowed(cell.cpuNode) && allowed(cell.memoryNode)),
    "nodes that it may use",
  );
  const local = vm.memoryLocality === "required" || vm.latencyClass === "realTime";
  check(!local || cells.every((cell) => cell.cpuNode === cell.memoryNode), "local memory");
  check(
    vm.pageSizeKiB <= 4 || (host.hugepageSizesKiB ?? [2048, 1048576]).includes(vm.pageSizeKiB),
    "a page size of the host",
  );
  check(
    cells.every((cell) => vm.pageSizeKiB <= 4 || (cell.memoryMiB * 1024) % vm.pageSizeKiB === 0),
    "whole pages",
  );
  broken.push(...brokenCpus(request, place), ...brokenDevice(place), ...brokenEmulator(request, place));
  return broken;
}

function isNumbered(cells: readonly PlaceCell[], vcpus: number): boolean {
  const all = cells.flatMap((cell) => cell.vcpus).sort((left, right) => left - right);
  return all.length === vcpus && all.every((vcpu, index) => vcpu === index);
}

const knownCopies = new WeakMap<PlannerVm, PlannerVm>();

/** The same VM, were all kinds of cores good for it. */
function ofAnyKind(vm: PlannerVm): PlannerVm {
  const { coreKind: _kind, ...any } = vm;
  const copy = knownCopies.get(vm) ?? any;
  knownCopies.set(vm, copy);
  return copy;
}

/** Threads of a core, as far as the VM may use the host. */
export function threadsPerCore(request: PlanRequest, { vm, host }: Pick<Place, "vm" | "host">): number {
  const any = ofAnyKind(vm);
  return Math.max(
    1,
    ...groupsFor(request, host, any).flatMap((group) => [...group.wholeCores.values()].map((core) => core.length)),
  );
}

function isDivided(request: PlanRequest, { vm, host, cells }: Place): boolean {
  const sizes = cells.map((cell) => cell.vcpus.length);
  if (typeof vm.nodes === "object")
    return (
      vm.nodes.every((cell, index) => cell.vcpus === sizes[index] && cell.memoryMiB === cells[index]!.memoryMiB) &&
      vm.nodes.length === cells.length
    );
  if (vm.nodes !== "fit" && vm.nodes !== cells.length) return false;
  if (vm.pins !== undefined || vm.split === "packed") return inProportion(vm, cells);
  const unit = unitFor(vm, threadsPerCore(request, { vm, host }), cells.length);
  return (
    sizes.every((size) => size % unit === 0) &&
    Math.max(...sizes) - Math.min(...sizes) <= unit &&
    inProportion(vm, cells)
  );
}

export function unitFor(vm: PlannerVm, threads: number, cells: number): number {
  const together = vm.cpuPolicy === "dedicated" && vm.split !== "threads" && vm.split !== "packed";
  const siblings = vm.threadPolicy === "prefer" || vm.threadPolicy === "require";
  return together && siblings && vm.vcpus % threads === 0 && vm.vcpus / threads >= cells ? threads : 1;
}

/** Memory by vCPUs, to the page. */
function inProportion(vm: PlannerVm, cells: readonly PlaceCell[]): boolean {
  const page = Math.max(1, vm.pageSizeKiB / 1024);
  return cells.every((cell) => Math.abs(cell.memoryMiB - (vm.memoryMiB * cell.vcpus.length) / vm.vcpus) < page);
}

function brokenCpus(request: PlanRequest, { vm, host, cells }: Place): string[] {
  if (vm.pins !== undefined) {
    const right = cells.every((cell) =>
      cell.vcpus
        .slice(0, cell.cpus.length)
        .every((vcpu, index) => vm.cpuPolicy === "mixed" || cell.cpus[index] === vm.pins!.vcpus[vcpu]),
    );
    return right && cells.every((cell) => cell.cpus.every((cpu) => nodeOf(host, cpu) === cell.cpuNode))
      ? []
      : ["the program's pins"];
  }
  const groups = groupsFor(request, host, vm);
  return cells.flatMap((cell) => {
    if (cell.cpus.length === 0) {
      const here = sharedCpus(host, vm.partition).some((cpu) => nodeOf(host, cpu) === cell.cpuNode);
      return here ? [] : ["shared CPUs on the node"];
    }
    const group = groups.find(
      (each) => each.node === cell.cpuNode && cell.cpus.every((cpu) => each.cpus.includes(cpu)),
    );
    if (group === undefined) return ["CPUs of one kind on one node"];
    const cores = new Map<number, number>();
    for (const cpu of cell.cpus) cores.set(coreOf(host, cpu), (cores.get(coreOf(host, cpu)) ?? 0) + 1);
    return brokenPolicy(vm, { cores, whole: group.wholeCores });
  });
}

/** `cores`: the cell's threads by core. */
function brokenPolicy(
  vm: PlannerVm,
  { cores, whole }: { cores: ReadonlyMap<number, number>; whole: ReadonlyMap<number, readonly number[]> },
): string[] {
  const sizes = [...cores].map(([core, count]) => ({ count, size: whole.get(core)?.length ?? 0 }));
  if (vm.threadPolicy === "isolate")
    return sizes.every(({ count, size }) => count === 1 && size > 0) ? [] : ["a core for each vCPU"];
  if (vm.threadPolicy !== "require" && vm.latencyClass !== "realTime") return [];
  const least = vm.threadPolicy === "require" ? 2 : 1;
  const filled =
    sizes.every(({ size }) => size >= least) && sizes.filter(({ count, size }) => count < size).length <= 1;
  return filled ? [] : ["whole cores, filled"];
}

function brokenDevice({ vm, host, cells }: Place): string[] {
  if (vm.nearDevice === undefined) return [];
  const device = host.devices?.find((each) => each.address === vm.nearDevice!.address);
  if (device === undefined) return ["the device's host"];
  const near = device.node === null || cells.some((cell) => cell.cpuNode === device.node);
  return near || vm.nearDevice.policy === "preferred" ? [] : ["the device's node"];
}

function brokenEmulator(request: PlanRequest, { vm, host, cells, emulator }: Place): string[] {
  const wants = vm.emulatorThreads === "isolate" && vm.pins?.emulator === undefined;
  if (!wants) {
    const apart =
      vm.latencyClass !== "realTime" || vm.pins?.emulator !== undefined || sharedCpus(host, vm.partition).length > 0;
    return emulator === undefined && apart ? [] : ["emulator threads on shared CPUs"];
  }
  const any = ofAnyKind(vm);
  const open = groupsFor(request, host, any)
    .filter((group) => vm.allowedNodes?.includes(group.node) ?? true)
    .flatMap((group) => group.cpus);
  if (emulator === undefined || !open.includes(emulator)) return ["an emulator CPU"];
  return vm.emulatorLocality === "required" && nodeOf(host, emulator) !== cells[0]!.cpuNode
    ? ["an emulator CPU on the node of cell 0"]
    : [];
}
