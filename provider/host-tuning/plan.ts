import { entryName, type JournalEntry } from "../host/journal";
import type { HostSnapshot, SnapshotRequest } from "../host/snapshot";
import type { PathValue, Step } from "../host/step";
import type { Change, Verification } from "../impact";
import { normaliseSysctlKey } from "../linux/sysctl-conf";
import type { Problem } from "../resource";
import { notAtNextBoot, planBoot } from "./boot-plan";
import { bootChanges, bootSteps, leftFiles, overriddenKeys, type EntryFor } from "./boot-values";
import { domainChanges } from "./drain";
import type { Knob, Setting } from "./knob";
import { knobs, type KnobName } from "./registry";
import type { KnobArgs } from "./schema";
import { undoValues } from "./undo";

/** Everything that follows from what is wanted and what the host has. Pure, and the same for the same two. */
export interface HostPlan {
  readonly changes: readonly Change[];
  readonly steps: readonly Step[];
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
  /** Written for the next boot, not in effect, and no change of this run: setting -> "actual → desired". */
  readonly pending: readonly Setting[];
  /** The steps are followed by a reboot of the host. */
  readonly reboot: boolean;
}

export function planHost(args: KnobArgs, snapshot: HostSnapshot): HostPlan {
  const settings = settingsOf(args, snapshot);
  const entryFor = entryNames(snapshot.journal);
  const boot = planBoot(settings, { args, snapshot, entryFor });
  const running = settings.filter((one) => differs(one) && !needsReboot(one)).map(toChange);
  const dropped = undoValues(droppedEntries(settings, snapshot), snapshot);
  const named = new Set([...running, ...dropped.changes].map((change) => `${change.setting} (at boot)`));
  const restored = new Set(
    dropped.steps.flatMap((step) => ("values" in step ? step.values : [])).map((one) => `${one.path} (at boot)`),
  );
  // A value that changes now and at boot is one line; a second line only where they differ apart from each other.
  const atBoot = bootChanges(settings, snapshot).filter((one) => !named.has(one.setting) && !restored.has(one.setting));
  const left = leftFiles(settings, snapshot).map((path) => ({ setting: path, actual: "its content is not ours" }));
  const reboot = boot.changes.some((change) => change.impact === "host-reboot");
  const domains = domainChanges(snapshot, { reboot });
  return {
    changes: [...running, ...boot.changes, ...atBoot, ...dropped.changes, ...domains],
    steps: [...planSteps(settings, { snapshot, entryFor, dropped: dropped.steps }), ...boot.steps],
    problems: [
      ...settings.flatMap((one) => (one.problem === undefined ? [] : [{ path: one.name, reason: one.problem }])),
      ...boot.problems.map((reason) => ({ path: "kernelArguments", reason })),
      ...withoutSystemd(settings, snapshot),
    ],
    warnings: [
      ...warningsOf(settings, [...dropped.left, ...left]),
      ...overriddenKeys(settings, snapshot),
      ...boot.warnings,
    ],
    pending: boot.pending,
    reboot,
  };
}

/** Without systemd nothing would set these values again after a boot. */
function withoutSystemd(settings: readonly Setting[], snapshot: HostSnapshot): readonly Problem[] {
  if (snapshot.units.size > 0) return [];
  return settings
    .filter((one) => one.notApplicable === undefined && one.boot.some((value) => value.kind === "path"))
    .map(({ name }) => ({ path: name, reason: "this host has no systemd, so the value cannot be kept over a boot" }));
}

/** The rows of every knob that the program names. */
export function settingsOf(args: KnobArgs, snapshot: HostSnapshot): readonly Setting[] {
  return entriesOf(args).flatMap(([name, desired]) => knobOf(name).settings(desired, snapshot));
}

/** The arguments as the host has them, for `refresh`. */
export function observe(args: KnobArgs, snapshot: HostSnapshot): Record<string, unknown> {
  const { pending } = planHost(args, snapshot);
  return Object.fromEntries(
    entriesOf(args).map(([name, desired]) => {
      // Staged for the next boot is as declared: it is no drift that the kernel does not have it yet.
      const off = knobOf(name).settings(desired, snapshot).filter(differs);
      const staged = off.length > 0 && off.every((row) => pending.some((one) => one.name === row.name));
      return [name, staged ? desired : knobOf(name).observe(desired, snapshot)];
    }),
  );
}

/** What the snapshot must hold beyond its fixed list: keys of the arguments, and of what the journal may restore. */
export function snapshotRequest(args: KnobArgs, journal: readonly JournalEntry[]): SnapshotRequest {
  const asked = entriesOf(args).flatMap(([name, desired]) => knobOf(name).sysctlKeys?.(desired) ?? []);
  const journalled = journal.flatMap((entry) => entry.paths.filter((path) => path.startsWith("/proc/sys/")));
  return { sysctlKeys: [...new Set([...asked, ...journalled].map(normaliseSysctlKey))].sort() };
}

export function verifications(args: KnobArgs, snapshot: HostSnapshot): readonly Verification[] {
  const pending = new Set(planHost(args, snapshot).pending.map(({ name }) => name));
  const verdict = (one: Setting): Verification["verdict"] => {
    if (one.notApplicable !== undefined) return "notApplicable";
    if (one.actual === one.desired) return one.unseen === true ? "unknown" : "pass";
    // Staged: only the next boot will tell.
    return pending.has(one.name) ? "unknown" : "fail";
  };
  return settingsOf(args, snapshot).map((one) => ({
    check: one.name,
    expected: one.desired,
    actual: one.notApplicable ?? one.actual ?? "(absent)",
    source: one.source,
    verdict: verdict(one),
  }));
}

/** What does not read back as written, in words. */
export function shortfalls(args: KnobArgs, snapshot: HostSnapshot): readonly string[] {
  const { pending } = planHost(args, snapshot);
  const settings = settingsOf(args, snapshot);
  const wrong = settings
    .filter((one) => differs(one) && !pending.some(({ name }) => name === one.name))
    .map((one) =>
      `${one.name}: expected ${one.desired}, the host has ${one.actual ?? "no value"} (${one.source}). ${one.remedy ?? ""}`.trim(),
    );
  return [...wrong, ...notAtNextBoot(settings, snapshot).map((text) => `the next boot will not have ${text}`)];
}

/** The one loop over the registry: here a knob and its argument lose the type that ties them together. */
function entriesOf(args: KnobArgs): readonly (readonly [KnobName, unknown])[] {
  return (Object.keys(knobs) as KnobName[]).flatMap((name) =>
    args[name] === undefined ? [] : [[name, args[name]] as const],
  );
}

const knobOf = (name: KnobName): Knob => knobs[name];

/** Only a boot can give the value: the boot loader's part of the plan has it. */
const needsReboot = (one: Setting): boolean => one.impact === "host-reboot";

const differs = (one: Setting): boolean => one.notApplicable === undefined && one.actual !== one.desired;

function toChange({ name, actual, desired, impact }: Setting): Change {
  return { setting: name, actual, desired, impact };
}

function warningsOf(settings: readonly Setting[], left: ReturnType<typeof undoValues>["left"]): readonly string[] {
  return [
    ...settings.flatMap((one) =>
      one.notApplicable === undefined ? [] : [`${one.name}: not applicable: ${one.notApplicable}`],
    ),
    ...settings.flatMap((one) => (one.warning === undefined ? [] : [`${one.name}: ${one.warning}`])),
    ...left.map(
      (one) =>
        `${one.setting}: no longer in the program, but left as it is (${one.actual}): someone else has changed it since`,
    ),
  ];
}

/** Journal entries, cut down to the paths that no row covers any more. */
function droppedEntries(settings: readonly Setting[], snapshot: HostSnapshot): readonly JournalEntry[] {
  // Also what a row only reads now: a pool of pages that grows again at the next boot is still managed.
  const covered = new Set(settings.flatMap((one) => [one.source, ...one.write.map((value) => value.path)]));
  return snapshot.journal
    .filter((entry) => entry.kind === "values")
    .map((entry) => ({ ...entry, paths: entry.paths.filter((path) => !covered.has(path)) }))
    .filter((entry) => entry.paths.length > 0);
}

/**
 * Persistent files first, then running values: a run that stops between them leaves a host that boots as declared. What
 * left the program comes back before the rest is written: a pool of pages that is no longer wanted makes room.
 */
function planSteps(
  settings: readonly Setting[],
  { snapshot, entryFor, dropped }: { snapshot: HostSnapshot; entryFor: EntryFor; dropped: readonly Step[] },
): readonly Step[] {
  const applicable = settings.filter((one) => one.notApplicable === undefined && one.problem === undefined);
  const values = (goesFirst: boolean) =>
    applicable
      .filter((one) => (one.goesFirst ?? false) === goesFirst)
      .flatMap((one) => valueSteps(one, snapshot, entryFor));
  return [...bootSteps(settings, snapshot, entryFor), ...values(true), ...dropped, ...values(false)];
}

function entryNames(journal: readonly JournalEntry[]): EntryFor {
  const known = new Map(journal.flatMap((entry) => entry.paths.map((path) => [path, entry.name])));
  let count = 0;
  return (target) => {
    const name = known.get(target) ?? entryName(journal, count++, target);
    known.set(target, name);
    return name;
  };
}

function valueSteps(setting: Setting, snapshot: HostSnapshot, entryFor: EntryFor): readonly Step[] {
  const journalled = new Map(snapshot.journal.flatMap((entry) => entry.paths.map((path) => [path, entry.name])));
  const fresh = setting.write.filter(({ path }) => !journalled.has(path));
  const groups = Map.groupBy(
    setting.write.filter(({ path }) => journalled.has(path)),
    ({ path }) => journalled.get(path) ?? "",
  );
  if (needsReboot(setting)) return recordBeforeBoot(setting, snapshot, entryFor);
  if (!differs(setting)) {
    if (fresh.length === 0) return [];
    return [
      {
        kind: "recordValues",
        entry: entryFor(setting.name),
        setting: setting.name,
        paths: fresh.map(({ path }) => path),
      },
    ];
  }
  const step = (entry: string, values: readonly PathValue[]): Step => ({
    kind: "writeValues",
    entry,
    setting: setting.name,
    values,
    ...(setting.settle && { settle: setting.settle }),
  });
  return [
    ...[...groups].map(([entry, values]) => step(entry, values)),
    ...(fresh.length === 0 ? [] : [step(entryFor(setting.name), fresh)]),
  ];
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
