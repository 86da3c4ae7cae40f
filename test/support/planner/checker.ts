/* Reads a plan back from its texts and holds it against the rules. */
import type { PlanAnswer, Planned, VmPlacement } from "../../../provider/placement-plan/planner/answer";
import type { PlanRequest } from "../../../provider/placement-plan/planner/model";
import { conflicts, dedicatedOf, fleetCost, ownThreads } from "./fleet-cost";
import { ownCost } from "./own-cost";
import { violations } from "./place-rules";
import { coreOf, dedicatedCount, nodeOf, pinsOn, sharedCpus, threadsOf, type Place } from "./rules";

const numbers = (text: string): number[] =>
  text === ""
    ? []
    : text.split(",").flatMap((part) => {
        const [first, last = first] = part.split("-").map(Number);
        return Array.from({ length: last! - first! + 1 }, (_, index) => first! + index);
      });

/** Everything that is wrong with a plan, its objective included; empty: nothing. */
export function problemsOf(request: PlanRequest, answer: Planned): string[] {
  const places = answer.placements.map((placement) => readPlace(request, placement));
  const problems = places.flatMap((place, index) => [
    ...violations(request, place).map((rule) => `${place.vm.name}: ${rule}`),
    ...brokenTexts(place, answer.placements[index]!),
  ]);
  if (places.length !== request.vms.length) problems.push("a VM is missing");
  problems.push(...conflicts(places), ...brokenHousekeeping(request, places));
  const cost = fleetCost(
    request,
    places,
    places.map((place) => ownCost(request, place)),
  );
  const claimed = answer.objective.map((entry) => entry.value);
  if (request.hosts.every((host) => host.housekeepingCores === 0) && cost.join(" ") !== claimed.join(" "))
    problems.push(`objective ${claimed.join(" ")} is ${cost.join(" ")}`);
  return problems;
}

export function readPlace(request: PlanRequest, placement: VmPlacement): Place {
  const vm = request.vms.find((each) => each.name === placement.vm)!;
  const host = request.hosts.find((each) => each.name === placement.host)!;
  const isolated = vm.emulatorThreads === "isolate" && vm.pins?.emulator === undefined;
  const mixed = vm.cpuPolicy === "mixed";
  return {
    ...{ vm, host },
    emulator: isolated ? Number(placement.emulatorPin) : undefined,
    cells: placement.cells.map((cell) => {
      const vcpus = numbers(cell.vcpus);
      const pins = vcpus.map((vcpu) => placement.vcpuPins[vcpu]!);
      const single = mixed ? mixedPins({ pins, host, vm }) : vm.cpuPolicy === "shared" ? [] : pins.map(Number);
      return { vcpus, memoryMiB: cell.memoryMiB, cpuNode: cell.cpuNode, memoryNode: cell.memoryNode, cpus: single };
    }),
  };
}

/** The dedicated ones come first: they are those that no shared CPU is in. */
function mixedPins({ pins, host, vm }: { pins: readonly string[]; host: Place["host"]; vm: Place["vm"] }): number[] {
  const shared = sharedCpus(host, vm.partition);
  return pins
    .map(numbers)
    .filter((cpus) => cpus.length === 1 && !shared.includes(cpus[0]!))
    .map((cpus) => cpus[0]!);
}

function brokenTexts(place: Place, placement: VmPlacement): string[] {
  const { vm, host } = place;
  const problems: string[] = [];
  const check = (holds: boolean, what: string) => {
    if (!holds) problems.push(`${vm.name}: ${what}`);
  };
  check(placement.vcpuPins.length === vm.vcpus && placement.vcpuPins.every((pin) => pin !== ""), "a pin for each vCPU");
  check(placement.emulatorPin !== "", "an emulator pin");
  check(
    placement.iothreads.length === vm.ioThreads &&
      placement.iothreads.every((thread) => thread.cpus === placement.emulatorPin),
    "I/O threads",
  );
  const { sockets, cores, threads } = placement.topology;
  check(sockets * cores * threads === vm.vcpus, "topology of all vCPUs");
  const pins = placement.vcpuPins.map(Number);
  const core = pins.map((cpu) => (Number.isInteger(cpu) ? coreOf(host, cpu) : -1));
  check(
    threads === 1 || core.every((each, vcpu) => each === core[vcpu - (vcpu % threads)]),
    "guest siblings that are siblings",
  );
  check(
    placement.cells.every((cell, index) => cell.id === index),
    "cells in order",
  );
  check(placement.why.length > 10 && placement.why.endsWith("."), "a reason");
  check(
    vm.cpuPolicy !== "dedicated" || vm.pins !== undefined || dedicatedOf(place).length === dedicatedCount(vm),
    "dedicated CPUs",
  );
  return problems;
}

/** On each node with dedicated threads so many cores are free of them, if the node has them to spare at all. */
function brokenHousekeeping(request: PlanRequest, places: readonly Place[]): string[] {
  return request.hosts.flatMap((host) => {
    const wanted = host.housekeepingCores ?? 1;
    const ours = places.filter((place) => place.host === host && place.vm.partition === undefined).flatMap(ownThreads);
    const held = [
      ...pinsOn(request, host),
      ...(host.claimedCpus ?? []),
      ...(host.partitions ?? []).flatMap((each) => [...each.cpus]),
    ];
    return host.nodes.flatMap((node) => {
      const cores = [...new Set(host.cpus.filter((cpu) => cpu.node === node.id).map((cpu) => cpu.core))];
      const busy = (cpus: readonly number[]) =>
        cores.filter((core) => threadsOf(host, core).some((cpu) => cpus.includes(cpu))).length;
      const possible = cores.length - busy(held);
      const left = cores.length - busy([...held, ...ours]);
      return ours.some((cpu) => nodeOf(host, cpu) === node.id) && left < Math.min(wanted, possible)
        ? [`housekeeping on node ${node.id} of ${host.name}`]
        : [];
    });
  });
}

export function planned(answer: PlanAnswer): Planned {
  if (answer.outcome !== "planned") throw new Error(`${answer.outcome}: ${JSON.stringify(answer)}`);
  return answer;
}
