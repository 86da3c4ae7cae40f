import { CpuSet } from "../linux/cpu-set";
import { memoryText, named } from "../vm-cpu-placement/preflight/wording";
import type { PlannedVm } from "./model";

/** `kvm-01 node 0, vCPUs on 2,18,3,19, emulator on 0-1, 32 GiB in pages of 1G` */
export function placeText({ host, cells, settings }: PlannedVm): string {
  const { vcpuPins, emulatorPin, iothreads = [], memoryBacking } = settings;
  const nodes = CpuSet.from(cells.map(({ cpuNode }) => cpuNode));
  const far = CpuSet.from(cells.flatMap(({ cpuNode, memoryNode }) => (cpuNode === memoryNode ? [] : [memoryNode])));
  const page = memoryBacking?.hugepages?.[0]?.size;
  const memory = cells.reduce((sum, { memoryMiB }) => sum + memoryMiB, 0);
  return [
    `${host} ${named("node", nodes)}`,
    `vCPUs on ${pinsText(Object.values(vcpuPins))}`,
    `emulator on ${emulatorPin}`,
    ...(iothreads.length === 0 ? [] : [`I/O threads on ${[...new Set(iothreads.map(({ cpus }) => cpus))].join(", ")}`]),
    `${memoryText(memory * 1024)}${page === undefined ? "" : ` in pages of ${page}`}${far.isEmpty ? "" : ` on ${named("node", far)}`}`,
  ].join(", ");
}

/** Pins in the order of the vCPUs, as `vcpuPins` takes them; those of shared vCPUs once. */
function pinsText(pins: readonly string[]): string {
  const runs = pins.filter((pin, index) => pin !== pins[index - 1]);
  return runs.map((pin) => (/^\d+$/.test(pin) ? pin : `(${pin})`)).join(",");
}
