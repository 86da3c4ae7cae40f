import type { Domain, PlacementPlan } from "./model";
import type { Facts } from "./facts";
import { groupOf } from "./groups";
import { sides, type DomainRecord, type Side } from "./record";

interface Update {
  readonly record: DomainRecord | undefined;
  readonly urn: string;
  readonly domain: Domain;
  readonly plan: PlacementPlan;
}

type Values = Record<string, string | null>;

/** The record before a plan is carried out: originals that it lacks, and what is about to be written. */
export function recordBefore({ record, urn, domain, plan }: Update): DomainRecord {
  const original = { live: { ...record?.original.live }, config: { ...record?.original.config } };
  const wrote = { live: { ...record?.wrote.live }, config: { ...record?.wrote.config } };
  for (const { setting, side, actual, desired, differs, dropped } of plan.rows) {
    if (!dropped && !isOfLaterStart(record, side, setting)) keep(original[side], setting, actual);
    const known = wrote[side][setting] ?? [];
    if (differs && !known.includes(desired)) wrote[side][setting] = [...known, desired];
  }
  for (const side of sides) {
    const settings = [...managedGroups(plan)].filter((setting) => !isOfLaterStart(record, side, setting));
    keepAll(original[side], domain[side]?.facts, settings);
  }
  return { uuid: domain.uuid, urn, original, wrote, ...(plan.actions.restart && { restart: stateOf(domain) }) };
}

function stateOf(domain: Domain): "running" | "paused" {
  return domain.state === "paused" ? "paused" : "running";
}

/** The first value counts: what was there before us. */
function keep(values: Values, setting: string, actual: string | null): void {
  if (!(setting in values)) values[setting] = actual;
}

/** Shut off when it was first managed: what it was started with since then is ours, and no original. */
function isOfLaterStart(record: DomainRecord | undefined, side: Side, setting: string): boolean {
  if (record === undefined || side !== "live") return false;
  return setting in record.original.config && !(setting in record.original.live);
}

function keepAll(values: Values, facts: Facts | undefined, settings: readonly string[]): void {
  if (facts === undefined) return;
  for (const setting of settings) keep(values, setting, facts.get(setting) ?? null);
}

/** With any of a group the whole of it is kept: putting one back may need the others. */
function managedGroups(plan: PlacementPlan): ReadonlySet<string> {
  return new Set(plan.rows.filter((row) => !row.dropped).flatMap((row) => groupOf(row.setting)));
}

/** The record when all is done: settings that left the program are forgotten, and no restart is owed. */
export function recordAfter(record: DomainRecord, plan: PlacementPlan): DomainRecord {
  const dropped = new Set([...plan.rows.filter((row) => row.dropped), ...plan.left].map(({ setting }) => setting));
  const managed = managedGroups(plan);
  const stays = ([setting]: [string, unknown]): boolean => !dropped.has(setting) || managed.has(setting);
  const without = <T>(values: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(Object.entries(values).filter(stays));
  const { uuid, urn, original, wrote } = record;
  return {
    uuid,
    urn,
    original: { live: without(original.live), config: without(original.config) },
    wrote: { live: without(wrote.live), config: without(wrote.config) },
  };
}
