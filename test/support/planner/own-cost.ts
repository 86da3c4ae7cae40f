/* What one VM's place costs by itself, by the rules. */
import type { PlanRequest } from "../../../provider/placement-plan/planner/model";
import {
  beyond,
  coreOf,
  groupsFor,
  nodeOf,
  previousOf,
  sharedCpus,
  sum,
  type Group,
  type Place,
  type PlaceCell,
} from "./rules";

export interface OwnCost {
  readonly remote: number;
  readonly apart: number;
  readonly broken: number;
  readonly llc: number;
  readonly device: number;
  readonly offNode: number;
  readonly restart: number;
  readonly moved: number;
}

export function ownCost(request: PlanRequest, place: Place): OwnCost {
  const { vm, host, cells } = place;
  const apart = cells.flatMap((one) =>
    cells.map((other) =>
      one === other ? 0 : one.vcpus.length * other.memoryMiB * beyond(host, one.cpuNode, other.memoryNode),
    ),
  );
  const device = host.devices?.find((each) => each.address === vm.nearDevice?.address)?.node ?? null;
  const placed = vm.pins === undefined ? cells.filter((cell) => cell.cpus.length > 0) : [];
  return {
    remote: sum(cells.map((cell) => cell.memoryMiB * beyond(host, cell.cpuNode, cell.memoryNode))),
    apart: sum(apart),
    broken: sum(placed.map((cell) => brokenCores(request, place, cell))),
    llc: sum(placed.map((cell) => extraDomains(request, place, cell))),
    device: device === null ? 0 : sum(cells.map((cell) => cell.vcpus.length * beyond(host, cell.cpuNode, device))),
    offNode: offNode(place),
    restart: restarts(request, place),
    moved: movedPins(request, place),
  };
}

const wantsWholeCores = ({ vm }: Place) =>
  vm.threadPolicy === "require" || vm.threadPolicy === "isolate" || vm.latencyClass === "realTime";

/** Sizes of cores that the VM's threads may have, by core. */
function coreSizes(place: Place, group: Group): Map<number, number> {
  const sizes = new Map<number, number>();
  const cores = new Set(group.cpus.map((cpu) => coreOf(place.host, cpu)));
  for (const core of cores) {
    const whole = group.wholeCores.get(core);
    const free = group.cpus.filter((cpu) => coreOf(place.host, cpu) === core).length;
    if (wantsWholeCores(place) && whole === undefined) continue;
    if (place.vm.threadPolicy === "require" && free < 2) continue;
    sizes.set(core, place.vm.threadPolicy === "isolate" ? 1 : free);
  }
  return sizes;
}

function fewest(sizes: readonly number[], count: number): number {
  const sorted = [...sizes].sort((left, right) => right - left);
  for (let parts = 1; parts <= sorted.length; parts += 1) if (sum(sorted.slice(0, parts)) >= count) return parts;
  return sorted.length;
}

/** Groups of CPUs that could hold the cell, of all hosts that the VM may be on by its words. */
function candidates(request: PlanRequest, place: Place, count: number): { place: Place; sizes: Map<number, number> }[] {
  const { vm } = place;
  return request.hosts
    .filter((host) => vm.hosts?.includes(host.name) ?? true)
    .filter(
      (host) => vm.nearDevice === undefined || host.devices?.some(({ address }) => address === vm.nearDevice!.address),
    )
    .filter((host) => vm.pageSizeKiB <= 4 || (host.hugepageSizesKiB ?? [2048, 1048576]).includes(vm.pageSizeKiB))
    .flatMap((host) =>
      groupsFor(request, host, vm)
        .filter((group) => vm.allowedNodes?.includes(group.node) ?? true)
        .map((group) => ({ place: { ...place, host }, sizes: coreSizes({ ...place, host }, group) }))
        .filter(({ sizes }) => sum(sizes.values()) >= count),
    );
}

/** Cores begun beyond the fewest that any node would need; for `spread`, vCPUs that share a core beyond the fewest. */
function brokenCores(request: PlanRequest, place: Place, cell: PlaceCell): number {
  const count = cell.cpus.length;
  const touched = new Set(cell.cpus.map((cpu) => coreOf(place.host, cpu))).size;
  const sizes = candidates(request, place, count).map((each) => [...each.sizes.values()]);
  if (place.vm.threadPolicy === "spread" && place.vm.latencyClass !== "realTime")
    return count - touched - Math.min(...sizes.map((each) => Math.max(0, count - each.length)));
  return touched - Math.min(...sizes.map((each) => fewest(each, count)));
}

/** Cache domains beyond the fewest that any node would need. */
function extraDomains(request: PlanRequest, place: Place, cell: PlaceCell): number {
  const count = cell.cpus.length;
  const domain = (at: Place, core: number) => at.host.cpus.find((cpu) => cpu.core === core)!.llc ?? -1;
  const least = candidates(request, place, count).map((each) => {
    const capacities = new Map<number, number>();
    for (const [core, size] of each.sizes)
      capacities.set(domain(each.place, core), (capacities.get(domain(each.place, core)) ?? 0) + size);
    return fewest([...capacities.values()], count);
  });
  return new Set(cell.cpus.map((cpu) => domain(place, coreOf(place.host, cpu)))).size - Math.min(...least);
}

function offNode({ vm, host, cells, emulator }: Place): number {
  const nodes = cells.map((cell) => cell.cpuNode);
  const shared = new Set(sharedCpus(host, vm.partition).map((cpu) => nodeOf(host, cpu)));
  const floating = sum(
    cells
      .filter((cell) => !shared.has(cell.cpuNode))
      .map((cell) => (vm.cpuPolicy === "mixed" ? cell.vcpus.length - cell.cpus.length : 0)),
  );
  const away =
    vm.pins?.emulator !== undefined
      ? false
      : emulator !== undefined
        ? !nodes.includes(nodeOf(host, emulator))
        : shared.size > 0 && !nodes.some((node) => shared.has(node));
  return floating + (away ? 1 + vm.ioThreads : 0);
}

const list = (numbers: readonly number[]) => [...numbers].sort((left, right) => left - right).join(",");

function expand(text: string): string {
  return list(
    text.split(",").flatMap((part) => {
      const [first = 0, last = first] = part.split("-").map(Number);
      return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    }),
  );
}

function restarts(request: PlanRequest, { vm, host, cells }: Place): number {
  const before = request.previous?.find((each) => each.vm === vm.name);
  if (before === undefined) return 0;
  const same =
    before.host === host.name &&
    before.cells.length === cells.length &&
    cells.every((cell, index) => {
      const old = before.cells[index]!;
      return (
        expand(old.vcpus) === list(cell.vcpus) && old.memoryMiB === cell.memoryMiB && old.memoryNode === cell.memoryNode
      );
    });
  return same ? 0 : 1;
}

/** Of dedicated vCPUs and an isolated emulator that had a CPU here; a VM can keep every one that is among its CPUs. */
function movedPins(request: PlanRequest, place: Place): number {
  const { vm, host, cells, emulator } = place;
  const before = previousOf(request, vm, host);
  if (before === undefined || vm.pins !== undefined) return emulatorMoved(place, before?.emulatorPin);
  const moved = cells.flatMap((cell) =>
    cell.vcpus.slice(0, cell.cpus.length).filter((vcpu) => {
      const pin = before.vcpuPins[vcpu];
      return pin !== undefined && /^\d+$/.test(pin) && !cell.cpus.includes(Number(pin));
    }),
  );
  return moved.length + (emulator === undefined ? 0 : emulatorMoved(place, before.emulatorPin));
}

function emulatorMoved({ emulator }: Place, before: string | undefined): number {
  return emulator !== undefined && before !== undefined && /^\d+$/.test(before) && Number(before) !== emulator ? 1 : 0;
}
