/*
 * What a change of each argument costs a running domain, as the documentation has it; a domain that is shut off gets a
 * new definition, which costs nothing. A field that is not named has the impact of what it is in. impact.ts decides the
 * same for the settings of a plan.
 */
import type { Impact } from "../impact";

export type ArgumentImpact = Exclude<Impact, "host-reboot">;

export const impactOfArguments: Readonly<Record<string, ArgumentImpact>> = {
  host: "none",
  connection: "none",
  domain: "none",
  vcpus: "vm-restart",
  "vcpus.current": "live",
  vcpuCpuset: "vm-restart",
  vcpuPins: "live",
  emulatorPin: "live",
  iothreads: "live",
  "iothreads.scheduler": "vm-restart",
  vcpuScheduler: "vm-restart",
  emulatorScheduler: "vm-restart",
  cpuShares: "live",
  cpuBandwidth: "live",
  cacheTune: "vm-restart",
  memoryTune: "vm-restart",
  cpu: "vm-restart",
  // A new nodeset is live while the mode is, and stays, restrictive.
  numa: "vm-restart",
  memoryBacking: "vm-restart",
  "memoryBacking.hardLimitMiB": "live",
  migration: "live",
  maxDisruption: "none",
  shutdownTimeoutSeconds: "none",
  forceOff: "none",
  onDelete: "none",
  verify: "none",
  takeOwnership: "none",
};

/** The impact of an argument or of a field in it (`numa.cells.id`); undefined: there is no such argument. */
export function impactOfArgument(path: string): ArgumentImpact | undefined {
  const parts = path.split(".");
  return parts
    .map((_, index) => impactOfArguments[parts.slice(0, parts.length - index).join(".")])
    .find((impact) => impact !== undefined);
}
