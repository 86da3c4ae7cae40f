/* What is done to the host, in which order. Pure. */
import { entryName, type JournalEntry } from "../host/journal";
import type { HostSnapshot } from "../host/snapshot";
import type { PathValue, Step } from "../host/step";
import { bootSteps, type EntryFor } from "./boot-values";
import { setsAffinity } from "./reloads";
import { differs, type Setting } from "./knob";
import { stopSteps } from "./services";
import { bringsCpus } from "./undo-order";

/** Only a boot can give the value: the boot loader's part of the plan has it. */
export const needsReboot = (one: Setting): boolean => one.impact === "host-reboot";

interface StepContext {
  readonly snapshot: HostSnapshot;
  readonly entryFor: EntryFor;
  /** Values, and units, that left the program. */
  readonly dropped: readonly Step[];
  readonly droppedUnits: readonly Step[];
}

/**
 * Who writes our values too is stopped first: on its way out TuneD puts back what it has found. Then persistent files,
 * then running values: a run that stops between them leaves a host that boots as declared. What left the program comes
 * back before the rest is written: a pool of pages that is no longer wanted makes room, and a service that starts again
 * writes before us.
 */
export function planSteps(settings: readonly Setting[], context: StepContext): readonly Step[] {
  const { snapshot, entryFor, dropped, droppedUnits } = context;
  const stops = stopSteps(settings, entryFor);
  const applicable = settings.filter((one) => one.notApplicable === undefined && one.problem === undefined);
  const values = (goesFirst: boolean) =>
    applicable
      .filter((one) => (one.goesFirst ?? false) === goesFirst)
      .flatMap((one) => [...prepareSteps(one), ...valueSteps(one, { snapshot, entryFor, again: stops.length > 0 })]);
  const boot = bootSteps(settings, snapshot, entryFor);
  return [
    ...stops,
    ...boot.filter((step) => !setsAffinity(step)),
    ...dropped.filter(bringsCpus),
    ...boot.filter(setsAffinity),
    ...droppedUnits,
    ...values(true),
    ...dropped.filter((step) => !bringsCpus(step)),
    ...values(false),
    ...applicable.flatMap(followSteps),
  ];
}

function followSteps(one: Setting): readonly Step[] {
  if (!differs(one)) return [];
  return (one.follow ?? []).map((argv) => ({ kind: "run", setting: one.name, name: `follow up ${one.name}`, argv }));
}

function prepareSteps(one: Setting): readonly Step[] {
  if (!differs(one)) return [];
  return (one.prepare ?? []).map((argv) => ({ kind: "run", setting: one.name, argv }));
}

export function entryNames(journal: readonly JournalEntry[]): EntryFor {
  const known = new Map(journal.flatMap((entry) => entry.paths.map((path) => [path, entry.name])));
  let count = 0;
  return (target) => {
    const name = known.get(target) ?? entryName(journal, count++, target);
    known.set(target, name);
    return name;
  };
}

interface ValueContext {
  readonly snapshot: HostSnapshot;
  readonly entryFor: EntryFor;
  /** Also what is as wanted is written: it may have been the work of one who is stopped in this run. */
  readonly again: boolean;
}

function valueSteps(setting: Setting, { snapshot, entryFor, again }: ValueContext): readonly Step[] {
  const journalled = new Map(snapshot.journal.flatMap((entry) => entry.paths.map((path) => [path, entry.name])));
  const fresh = setting.write.filter(({ path }) => !journalled.has(path));
  const groups = Map.groupBy(
    setting.write.filter(({ path }) => journalled.has(path)),
    ({ path }) => journalled.get(path) ?? "",
  );
  if (needsReboot(setting)) return recordBeforeBoot(setting, snapshot, entryFor);
  const step = (entry: string, values: readonly PathValue[]): Step => ({
    kind: "writeValues",
    entry,
    setting: setting.name,
    values,
    ...(setting.settle && { settle: setting.settle }),
    ...(setting.refusal !== undefined && { refusal: setting.refusal }),
  });
  const known = [...groups].map(([entry, values]) => step(entry, values));
  if (differs(setting)) return [...known, ...(fresh.length === 0 ? [] : [step(entryFor(setting.name), fresh)])];
  return [
    ...(again ? known : []),
    ...(fresh.length === 0 ? [] : [record(setting, entryFor(setting.name), fresh)]),
    ...(again && fresh.length > 0 ? [step(entryFor(setting.name), fresh)] : []),
  ];
}

function record({ name }: Setting, entry: string, values: readonly PathValue[]): Step {
  return { kind: "recordValues", entry, setting: name, paths: values.map(({ path }) => path) };
}

/** The boot writes these values for us: what was there before, and that they are ours, must be known by then. */
function recordBeforeBoot(setting: Setting, snapshot: HostSnapshot, entryFor: EntryFor): readonly Step[] {
  const noted = new Set(snapshot.journal.flatMap((entry) => entry.wrote));
  return setting.write
    .filter(({ path, value }) => differs(setting) && !noted.has(`${path}:${value}`))
    .map((awaited) => ({
      kind: "recordValues",
      entry: snapshot.journal.find((one) => one.paths.includes(awaited.path))?.name ?? entryFor(setting.name),
      setting: setting.name,
      paths: [awaited.path],
      awaited: [awaited],
    }));
}
