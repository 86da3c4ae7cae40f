/*
 * The rules of a placement, written a second time: from the documentation, not from the planner's code, and over plain
 * CPU numbers. Used by the checker and by the exhaustive oracle.
 */
import type {
  PlanRequest,
  PlannerHost,
  PlannerVm,
  PreviousPlacement,
} from "../../../provider/placement-plan/planner/model";

/** A place of one VM in numbers. */
export interface Place {
  readonly vm: PlannerVm;
  readonly host: PlannerHost;
  readonly cells: readonly PlaceCell[];
  /** An isolated CPU; undefined where it floats, or where the program pins it. */
  readonly emulator: number | undefined;
}

export interface PlaceCell {
  readonly vcpus: readonly number[];
  readonly memoryMiB: number;
  readonly cpuNode: number;
  readonly memoryNode: number;
  /** CPUs of its dedicated vCPUs, which come first in `vcpus`. */
  readonly cpus: readonly number[];
}

export const beyond = (host: PlannerHost, from: number, to: number): number => {
  const row = host.nodes.findIndex((node) => node.id === from);
  const column = host.nodes.findIndex((node) => node.id === to);
  return Math.max(0, (host.distances?.[row]?.[column] ?? (from === to ? 10 : 20)) - 10);
};

export const sum = (numbers: Iterable<number>): number => [...numbers].reduce((all, each) => all + each, 0);

export const nodeOf = (host: PlannerHost, cpu: number): number => host.cpus.find((each) => each.id === cpu)!.node;
export const coreOf = (host: PlannerHost, cpu: number): number => host.cpus.find((each) => each.id === cpu)!.core;
export const threadsOf = (host: PlannerHost, core: number): number[] =>
  host.cpus.filter((each) => each.core === core).map((each) => each.id);

export const dedicatedCount = (vm: PlannerVm): number =>
  vm.cpuPolicy === "shared" ? 0 : vm.cpuPolicy === "mixed" ? (vm.dedicatedVcpus ?? vm.vcpus) : vm.vcpus;

export const pinsOn = (request: PlanRequest, host: PlannerHost): number[] =>
  request.vms.filter((vm) => vm.hosts?.[0] === host.name).flatMap((vm) => vm.pins?.vcpus ?? []);

/** Shared CPUs for VMs of a partition, or of none. */
export function sharedCpus(host: PlannerHost, partition: string | undefined): number[] {
  const shared = [...(host.sharedCpus ?? host.reservedCpus)].filter((cpu) => host.cpus.some((each) => each.id === cpu));
  return shared.filter((cpu) => {
    const owner = host.partitions?.find((each) => each.cpus.has(cpu))?.name;
    return owner === partition;
  });
}

/** CPUs that dedicated threads of the VM may have on the host, housekeeping aside. */
export function dedicatedCpus(request: PlanRequest, host: PlannerHost, vm: PlannerVm): number[] {
  const pins = pinsOn(request, host);
  const shared = host.sharedCpus ?? host.reservedCpus;
  return host.cpus
    .filter((cpu) => !host.reservedCpus.has(cpu.id) && !shared.has(cpu.id))
    .filter((cpu) => !(host.claimedCpus?.has(cpu.id) ?? false) && !pins.includes(cpu.id))
    .filter((cpu) => {
      const owner = host.partitions?.find((each) => each.cpus.has(cpu.id))?.name;
      if (owner !== vm.partition) return false;
      return owner !== undefined || (host.isolatedCpus?.size ?? 0) === 0 || host.isolatedCpus!.has(cpu.id);
    })
    .filter((cpu) => vm.coreKind === undefined || (cpu.kind ?? "") === vm.coreKind)
    .map((cpu) => cpu.id)
    .sort((left, right) => left - right);
}

/** CPUs that one cell on the node may have: of one kind of core. */
export interface Group {
  readonly node: number;
  readonly kind: string;
  readonly cpus: readonly number[];
  /** Cores whose online threads all belong to it. */
  readonly wholeCores: ReadonlyMap<number, readonly number[]>;
}

const knownGroups = new WeakMap<PlannerVm, Map<PlannerHost, Group[]>>();

/** Remembered: the oracle asks for the same ones many thousand times. */
export function groupsFor(request: PlanRequest, host: PlannerHost, vm: PlannerVm): Group[] {
  const known = knownGroups.get(vm) ?? new Map<PlannerHost, Group[]>();
  knownGroups.set(vm, known);
  const found = known.get(host) ?? makeGroups(request, host, vm);
  known.set(host, found);
  return found;
}

function makeGroups(request: PlanRequest, host: PlannerHost, vm: PlannerVm): Group[] {
  const cpus = dedicatedCpus(request, host, vm);
  const groups = new Map<string, number[]>();
  for (const cpu of cpus) {
    const { node, kind } = host.cpus.find((each) => each.id === cpu)!;
    const key = `${node} ${kind ?? ""}`;
    groups.set(key, [...(groups.get(key) ?? []), cpu]);
  }
  return [...groups].map(([key, list]) => {
    const [node, kind = ""] = key.split(" ");
    const cores = new Set(list.map((cpu) => coreOf(host, cpu)));
    const whole = [...cores].filter((core) => threadsOf(host, core).every((cpu) => list.includes(cpu)));
    return {
      ...{ node: Number(node), kind, cpus: list },
      wholeCores: new Map(whole.map((core) => [core, threadsOf(host, core)])),
    };
  });
}

export function previousOf(request: PlanRequest, vm: PlannerVm, host: PlannerHost): PreviousPlacement | undefined {
  return request.previous?.find((each) => each.vm === vm.name && each.host === host.name);
}
