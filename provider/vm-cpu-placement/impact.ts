import type { Impact } from "../impact";
import { parseSetting, type Setting } from "./facts";

/** In what state a domain is when the change is made. */
export interface DomainCondition {
  readonly running: boolean;
  /** The running domain's numatune mode, and the wanted one, are both restrictive. */
  readonly restrictive: boolean;
}

/**
 * What a change costs the guest. A new definition costs nothing, be it of a domain that is shut off or of one that runs.
 * libvirt moves threads of a running domain, adds and removes I/O threads, plugs vCPUs and changes weights and limits.
 * Memory it moves only by the cgroup, which is what mode restrictive is (`virsh numatune`: "can't change numatune mode
 * for running domain", "change of nodeset for running domain requires restrictive numa mode"). All else is what QEMU was
 * started with: not even a reboot inside the guest brings it.
 */
export function impactOf(setting: string, { running, restrictive }: DomainCondition): Impact {
  if (!running) return "none";
  const one = parseSetting(setting);
  if (setting === "numa.nodeset" && restrictive) return "live";
  return isLive(one) ? "live" : "vm-restart";
}

function isLive(setting: Setting): boolean {
  switch (setting.kind) {
    case "vcpuPin":
    case "iothread":
      return true;
    case "plain":
      return live.has(setting.name);
    case "vcpuScheduler":
    case "iothreadScheduler":
    case "cell":
    case "cellDistance":
    case "cellCache":
    case "feature":
    case "topology":
    case "cacheTune":
    case "memoryTune":
      return false;
  }
}

const live: ReadonlySet<string> = new Set([
  "emulatorPin",
  "cpuShares",
  "cpuBandwidth.periodMicroseconds",
  "cpuBandwidth.quotaMicroseconds",
  "vcpus.current",
  "memoryBacking.hardLimit",
]);
