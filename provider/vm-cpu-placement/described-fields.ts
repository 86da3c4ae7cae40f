/* A whole placement in the words of a program, from what a document says. */
import type { PlacementFields } from "./desired-context";
import { described } from "./described";
import type { Facts } from "./facts";

const names: Readonly<Record<keyof Omit<PlacementFields, "migration">, true>> = {
  vcpus: true,
  vcpuCpuset: true,
  vcpuPins: true,
  emulatorPin: true,
  iothreads: true,
  vcpuScheduler: true,
  emulatorScheduler: true,
  cpuShares: true,
  cpuBandwidth: true,
  numa: true,
  cpu: true,
  memoryBacking: true,
  cacheTune: true,
  memoryTune: true,
};

/** Every argument as it would describe a domain with these facts. */
export function describedFields(facts: Facts): PlacementFields {
  const given = Object.keys(names).map((name) => [name, described(name, facts)] as const);
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}
