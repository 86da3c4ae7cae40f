import type { Domain, PlacementPlan } from "./model";
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
    if (!dropped) keep(original[side], setting, actual);
    const known = wrote[side][setting] ?? [];
    if (differs && !known.includes(desired)) wrote[side][setting] = [...known, desired];
  }
  if (managesNuma(plan)) for (const side of sides) keepNuma(original[side], domain, side);
  return { uuid: domain.uuid, urn, original, wrote, ...(plan.actions.restart && { restart: stateOf(domain) }) };
}

function stateOf(domain: Domain): "running" | "paused" {
  return domain.state === "paused" ? "paused" : "running";
}

/** The first value counts: what was there before us. */
function keep(values: Values, setting: string, actual: string | null): void {
  if (!(setting in values)) values[setting] = actual;
}

/** The parts of numatune stand in one element: putting one back may need the others. */
function keepNuma(values: Values, domain: Domain, side: Side): void {
  const facts = domain[side]?.facts;
  if (facts === undefined) return;
  for (const setting of ["numa.mode", "numa.nodeset", "numa.placement"])
    keep(values, setting, facts.get(setting) ?? null);
}

function managesNuma(plan: PlacementPlan): boolean {
  return plan.rows.some((row) => !row.dropped && row.setting.startsWith("numa."));
}

/** The record when all is done: settings that left the program are forgotten, and no restart is owed. */
export function recordAfter(record: DomainRecord, plan: PlacementPlan): DomainRecord {
  const dropped = new Set([...plan.rows.filter((row) => row.dropped), ...plan.left].map(({ setting }) => setting));
  const stays = ([setting]: [string, unknown]): boolean =>
    !dropped.has(setting) || (managesNuma(plan) && setting.startsWith("numa."));
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
