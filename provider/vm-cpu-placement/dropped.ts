import type { FactChanges } from "./facts";
import type { Domain } from "./model";
import { isOurs, sides, type BySide, type DomainRecord } from "./record";

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
    for (const side of sides) {
      const facts = domain[side]?.facts;
      const original = targetOf(setting, originalOf(record, side, setting), wanted);
      if (facts === undefined || original === undefined) continue;
      const actual = facts.get(setting) ?? null;
      if (actual === original || isOurs(record, setting, actual)) targets[side].set(setting, original);
      else left.set(`${setting} ${String(actual)}`, { setting, actual });
    }
  }
  return { targets, left: [...left.values()] };
}

/** A domain that was shut off when it was first managed has no live original: what its definition had stands for it. */
function originalOf(record: DomainRecord, side: "live" | "config", setting: string): string | null | undefined {
  const original = record.original[side][setting];
  return original === undefined && side === "live" ? record.original.config[setting] : original;
}

/** The parts of numatune need each other: while one is managed, the others go back only as far as it allows. */
function targetOf(
  setting: string,
  original: string | null | undefined,
  wanted: FactChanges,
): string | null | undefined {
  const nodeset = typeof wanted.get("numa.nodeset") === "string";
  if (setting === "numa.placement" && nodeset) return undefined;
  if (setting === "numa.mode" && nodeset) return original === null ? "strict" : original;
  return original;
}
