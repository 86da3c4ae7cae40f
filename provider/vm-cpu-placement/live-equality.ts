import { isDefaultModel } from "./domain-xml/cpu-facts";
import { parseSetting, unpinned, type FactChanges, type Facts } from "./facts";
import type { HostFacts } from "./host-facts";

/** A running domain, and what is wanted of it. */
export interface Running {
  readonly facts: Facts;
  readonly targets: FactChanges;
  /** Where a thread without a pin runs. */
  readonly everywhere: string;
  readonly host: HostFacts;
  readonly domainType: string;
}

/**
 * What the running domain's document does not tell: it says how the CPU came out, not how it was asked for, and the
 * guest's balloon moves its current memory.
 */
const untold: ReadonlySet<string> = new Set(["cpu.check", "cpu.match", "cpu.vendor", "cpu.fallback", "currentMemory"]);

export function isToldLive(setting: string): boolean {
  return !untold.has(setting);
}

interface Values {
  readonly actual: string | null;
  readonly desired: string | null;
}

/** Whether the running domain is as wanted. Its document is not the definition's, also where all is right. */
export function sameLive(setting: string, values: Values, domain: Running): boolean {
  const { actual, desired } = values;
  if (actual === desired) return true;
  const { kind } = parseSetting(setting);
  if (kind === "vcpuPin" || setting === "emulatorPin") return isFree(values, null, domain);
  if (kind === "iothread") return isFree(values, unpinned, domain);
  if (kind === "feature") return sameFeature(values, domain);
  return kind === "plain" && samePlain(setting, values, domain);
}

/**
 * A running domain's pin can be widened to everywhere, but not taken out of its XML: `virsh vcpupin r` too leaves an
 * explicit `<vcpupin>` behind.
 */
function isFree({ actual, desired }: Values, free: string | null, { everywhere }: Running): boolean {
  return desired === free && (actual === free || actual === everywhere);
}

function samePlain(setting: string, { actual, desired }: Values, domain: Running): boolean {
  switch (setting) {
    // The kernel's defaults: once set, a weight cannot be taken out of the running domain's XML.
    case "cpuShares":
      return desired === null && actual === defaultShares(domain.host);
    case "cpuBandwidth.periodMicroseconds":
      return desired === null && actual === defaultPeriod;
    case "cpuBandwidth.quotaMicroseconds":
      return isUnlimited(desired) && isUnlimited(actual);
    case "cpu.mode":
      return desired === "host-model" ? isHostModel(domain) : desired === null && isDefault(domain);
    case "cpu.model":
      return (
        desired === null && (wanted("cpu.mode", domain) === "host-model" ? isHostModel(domain) : isDefault(domain))
      );
    default:
      return false;
  }
}

export const defaultPeriod = "100000";

export function defaultShares({ cgroup }: HostFacts): string {
  return cgroup === 1 ? "1024" : "100";
}

const isUnlimited = (quota: string | null): boolean => quota === null || quota.startsWith("-");

function wanted(setting: string, { targets, facts }: Running): string | null {
  return targets.get(setting) ?? (targets.has(setting) ? null : (facts.get(setting) ?? null));
}

/** libvirt starts a host-model domain as the custom model that is nearest to the host's CPU. */
function isHostModel({ facts, host, domainType }: Running): boolean {
  if (facts.get("cpu.mode") !== "custom") return false;
  const model = host.cpuCapabilities(domainType)?.hostModel?.model;
  return model === undefined || model === facts.get("cpu.model");
}

/** What a domain runs with that names no CPU. */
function isDefault({ facts }: Running): boolean {
  return facts.get("cpu.mode") === "custom" && isDefaultModel(facts.get("cpu.model") ?? "");
}

/** A custom model is shown with all that it came out with: what is not listed is as the model has it. */
function sameFeature({ actual, desired }: Values, { facts }: Running): boolean {
  if (facts.get("cpu.mode") !== "custom") return false;
  if (desired === "force") return actual === "require";
  if (desired === "disable" || desired === "forbid") return actual === null || actual === "disable";
  return desired === "optional";
}
