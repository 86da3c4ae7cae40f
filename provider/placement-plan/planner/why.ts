/* One sentence: what the place has and what it lacks. */
import type { VmPlacement } from "./answer";
import { deviceNode } from "./option-cost";
import { distance, type Option } from "./problem";

export function whySentence(option: Option, placed: Omit<VmPlacement, "why">): string {
  const parts = [where(option), threads(option, placed), memory(option), device(option), stay(option)];
  return `${parts.filter((part) => part !== "").join("; ")}.`;
}

function where({ host, cells }: Option): string {
  const nodes = [...new Set(cells.map((place) => place.cpuNode.id))].sort((left, right) => left - right);
  const cellsText = cells.length === 1 ? "one guest cell" : `${cells.length} guest cells`;
  return `on ${host.spec.name}, ${nodes.length === 1 ? "node" : "nodes"} ${nodes.join(", ")}: ${cellsText}`;
}

function threads({ vm, host }: Option, placed: Omit<VmPlacement, "why">): string {
  if (vm.dedicated === 0) return "vCPUs float on shared CPUs";
  const coreOf = new Map(host.spec.cpus.map((cpu) => [String(cpu.id), cpu.core]));
  const cores = new Set(placed.vcpuPins.flatMap((pin) => coreOf.get(pin) ?? [])).size;
  const counted = `${vm.dedicated} ${vm.dedicated === 1 ? "CPU" : "CPUs"} of ${cores} ${cores === 1 ? "core" : "cores"}`;
  const emulator = vm.wantsEmulatorCpu ? `, the emulator on CPU ${placed.emulatorPin}` : "";
  if (vm.spec.pins !== undefined) return `CPUs as the program pins them${emulator}`;
  return counted + (vm.kind === "isolate" || vm.kind === "whole" ? " that nobody else has" : "") + emulator;
}

function memory({ cells }: Option): string {
  const remote = cells.filter((place) => distance(place.cpuNode, place.memoryNode) > 10);
  if (remote.length === 0) return "memory local";
  return remote
    .map(
      (place) =>
        `${place.cell.memoryMiB} MiB on node ${place.memoryNode.id}, at distance ${distance(place.cpuNode, place.memoryNode)}`,
    )
    .join(", ");
}

function device({ vm, host, cells }: Option): string {
  const near = deviceNode(vm, host);
  if (vm.spec.nearDevice === undefined || near === undefined) return "";
  const here = cells.some((place) => place.cpuNode === near);
  return `device ${vm.spec.nearDevice.address} is on node ${near.id}${here ? "" : ", which is another"}`;
}

function stay({ vm, cost }: Option): string {
  if (vm.previous === undefined) return "";
  return cost.restart === 0 ? "stays where it was" : `was on ${vm.previous.host}, needs a restart`;
}
