import type { FactChanges, Facts } from "./facts";
import type { Domain } from "./model";
import { groupOf } from "./groups";
import { isToldLive } from "./live-equality";
import { isOurs, sides, type BySide, type DomainRecord, type Side } from "./record";

interface Dropped {
  /** What the settings that left the program go back to. */
  readonly targets: BySide<FactChanges>;
  readonly left: readonly { readonly setting: string; readonly actual: string | null }[];
}

/**
 * Settings that the record knows and the program no longer names. Each goes back to what it was, if what stands there
 * is still ours; with `wanted` empty that is what delete does.
 */
export function droppedTargets(wanted: FactChanges, domain: Domain, record: DomainRecord | undefined): Dropped {
  const targets = { live: new Map<string, string | null>(), config: new Map<string, string | null>() };
  const left = new Map<string, { setting: string; actual: string | null }>();
  if (record === undefined) return { targets, left: [] };
  const recorded = new Set(sides.flatMap((side) => Object.keys(record.original[side])));
  for (const setting of [...recorded].filter((one) => !wanted.has(one))) {
    for (const side of sides.filter((one) => one === "config" || isToldLive(setting))) {
      const facts = domain[side]?.facts;
      const original = targetOf(setting, originalOf(record, side, setting), { record, side, wanted });
      if (facts === undefined || original === undefined) continue;
      const actual = facts.get(setting) ?? null;
      if (actual === original || isOurs(record, setting, actual) || cameOutOfOurs(setting, { facts, record }))
        targets[side].set(setting, original);
      else left.set(`${setting} ${String(actual)}`, { setting, actual });
    }
  }
  return { targets, left: [...left.values()] };
}

/**
 * A running domain shows of its CPU how it came out, not how it was asked for (live-equality.ts): host-model as a model
 * by name, a feature without the word that it was asked for with.
 */
function cameOutOfOurs(setting: string, { facts, record }: { facts: Facts; record: DomainRecord }): boolean {
  if (facts.get("cpu.mode") !== "custom") return false;
  if (setting === "cpu.mode" || setting === "cpu.model") return isOurs(record, "cpu.mode", "host-model");
  if (!setting.startsWith("cpu.features.")) return false;
  if (isOurs(record, setting, "optional")) return true;
  const askedFor = facts.get(setting) === "require" ? ["force"] : ["disable", "forbid"];
  return askedFor.some((policy) => isOurs(record, setting, policy));
}

/** A domain that was shut off when it was first managed has no live original: what its definition had stands for it. */
function originalOf(record: DomainRecord, side: Side, setting: string): string | null | undefined {
  const original = record.original[side][setting];
  return original === undefined && side === "live" ? record.original.config[setting] : original;
}

/** What stands beside something that stays managed goes back only as far as that allows (groups.ts). */
function targetOf(
  setting: string,
  original: string | null | undefined,
  { record, side, wanted }: { record: DomainRecord; side: Side; wanted: FactChanges },
): string | null | undefined {
  const placed = typeof wanted.get("numa.nodeset") === "string" || wanted.get("numa.placement") === "auto";
  if (setting === "numa.mode" && placed) return original === null ? "strict" : original;
  // Checks and the like of another kind of CPU.
  if (groupOf("cpu.mode").includes(setting) && wanted.has("cpu.mode")) {
    return originalOf(record, side, "cpu.mode") === wanted.get("cpu.mode") ? original : null;
  }
  return original;
}
