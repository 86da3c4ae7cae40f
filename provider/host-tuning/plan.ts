import type { JournalEntry } from "../host/journal";
import type { HostSnapshot, SnapshotRequest } from "../host/snapshot";
import type { Step } from "../host/step";
import type { Change, Verification } from "../impact";
import { normaliseSysctlKey } from "../linux/sysctl-conf";
import type { Problem } from "../resource";
import { notAtNextBoot, planBoot } from "./boot-plan";
import type { BootArguments } from "./boot/boot-arguments";
import { bootChanges, leftFiles, pathOf } from "./boot-values";
import { conflictsOf, fighterUnits, takenOver } from "./fighters";
import { domainChanges } from "./drain";
import { differs, type Knob, type Setting } from "./knob";
import { entryNames, needsReboot, planSteps } from "./plan-steps";
import { knobs, type KnobName } from "./registry";
import type { KnobArgs } from "./schema";
import { droppedUnits, serviceRow, undoUnits } from "./services";
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
  /** That reboot is a trial: what its kernel gets. */
  readonly trial?: BootArguments;
}

export function planHost(args: KnobArgs, snapshot: HostSnapshot): HostPlan {
  const settings = settingsOf(args, snapshot);
  const entryFor = entryNames(snapshot.journal);
  const boot = planBoot(settings, { args, snapshot, entryFor });
  const running = settings.filter((one) => differs(one) && !needsReboot(one)).map(toChange);
  const dropped = undoValues(droppedEntries(settings, snapshot), snapshot);
  const units = undoUnits(droppedUnits(settings, snapshot), snapshot);
  const named = new Set([...running, ...dropped.changes].map((change) => `${change.setting} (at boot)`));
  const restored = new Set(
    dropped.steps.flatMap((step) => ("values" in step ? step.values : [])).map((one) => `${one.path} (at boot)`),
  );
  // A value that changes now and at boot is one line; a second line only where they differ apart from each other.
  const atBoot = bootChanges(settings, snapshot).filter((one) => !named.has(one.setting) && !restored.has(one.setting));
  const left = leftFiles(settings, snapshot).map((path) => ({ setting: path, actual: "its content is not ours" }));
  const reboot = boot.changes.some((change) => change.impact === "host-reboot");
  const domains = domainChanges(snapshot, { reboot, method: args.drain?.method });
  const conflicts = conflictsOf(settings, snapshot, args.conflicts ?? "warn");
  return {
    changes: [...running, ...boot.changes, ...atBoot, ...dropped.changes, ...units.changes, ...domains],
    steps: [
      ...planSteps(settings, { snapshot, entryFor, dropped: dropped.steps, droppedUnits: units.steps }),
      ...boot.steps,
    ],
    problems: [
      ...settings.flatMap((one) => (one.problem === undefined ? [] : [{ path: one.name, reason: one.problem }])),
      ...boot.problems.map((reason) => ({ path: "kernelArguments", reason })),
      ...withoutSystemd(settings, snapshot),
      ...conflicts.problems,
    ],
    warnings: [
      ...warningsOf(settings, [...dropped.left, ...units.left, ...left]),
      ...conflicts.warnings,
      ...boot.warnings,
    ],
    pending: boot.pending,
    reboot,
    ...(boot.trial && { trial: boot.trial }),
  };
}

/** Without systemd nothing would set these values again after a boot. */
function withoutSystemd(settings: readonly Setting[], snapshot: HostSnapshot): readonly Problem[] {
  if (snapshot.units.size > 0) return [];
  return settings
    .filter((one) => one.notApplicable === undefined && one.boot.some((value) => value.kind === "path"))
    .map(({ name }) => ({ path: name, reason: "this host has no systemd, so the value cannot be kept over a boot" }));
}

/** The rows of every knob that the program names, and of the services that a takeover stops. */
export function settingsOf(args: KnobArgs, snapshot: HostSnapshot): readonly Setting[] {
  const rows = entriesOf(args).flatMap(([name, desired]) => knobOf(name).settings(desired, snapshot, args));
  if (args.conflicts !== "takeOver") return rows;
  return [...rows, ...takenOver(rows, snapshot).map((unit) => serviceRow(unit, "stopped", snapshot))];
}

/** The arguments as the host has them, for `refresh`. */
export function observe(args: KnobArgs, snapshot: HostSnapshot): Record<string, unknown> {
  const { pending } = planHost(args, snapshot);
  return Object.fromEntries(
    entriesOf(args).map(([name, desired]) => {
      // Staged for the next boot is as declared: it is no drift that the kernel does not have it yet.
      const off = knobOf(name).settings(desired, snapshot, args).filter(differs);
      const staged = off.length > 0 && off.every((row) => pending.some((one) => one.name === row.name));
      return [name, staged ? desired : knobOf(name).observe(desired, snapshot)];
    }),
  );
}

/** What the snapshot must hold beyond its fixed list: keys of the arguments, and of what the journal may restore. */
export function snapshotRequest(args: KnobArgs, journal: readonly JournalEntry[]): SnapshotRequest {
  const asked = entriesOf(args).flatMap(([name, desired]) => knobOf(name).sysctlKeys?.(desired) ?? []);
  const journalled = journal.flatMap((entry) => entry.paths.filter((path) => path.startsWith("/proc/sys/")));
  const units = [
    ...entriesOf(args).flatMap(([name, desired]) => knobOf(name).units?.(desired) ?? []),
    ...(args.conflicts === "takeOver" ? fighterUnits : []),
    ...journal.flatMap((entry) => (entry.kind === "unit" ? entry.paths : [])),
  ];
  return {
    sysctlKeys: [...new Set([...asked, ...journalled].map(normaliseSysctlKey))].sort(),
    ...(units.length > 0 && { units: [...new Set(units)].sort() }),
  };
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
  const missing = notAtNextBoot(settingsOf(args, snapshot), snapshot);
  return [...effectShortfalls(args, snapshot), ...missing.map((text) => `the next boot will not have ${text}`)];
}

/** Of the running host alone, whatever its next boot will be. */
export function effectShortfalls(args: KnobArgs, snapshot: HostSnapshot): readonly string[] {
  const { pending } = planHost(args, snapshot);
  return settingsOf(args, snapshot)
    .filter((one) => differs(one) && !pending.some(({ name }) => name === one.name))
    .map((one) =>
      `${one.name}: expected ${one.desired}, the host has ${one.actual ?? "no value"} (${one.source}). ${one.remedy ?? ""}`.trim(),
    );
}

/** The one loop over the registry: here a knob and its argument lose the type that ties them together. */
function entriesOf(args: KnobArgs): readonly (readonly [KnobName, unknown])[] {
  return (Object.keys(knobs) as KnobName[]).flatMap((name) =>
    args[name] === undefined ? [] : [[name, args[name]] as const],
  );
}

const knobOf = (name: KnobName): Knob => knobs[name];

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
        `${one.setting}: no longer in the program, but left as it is (${one.actual}): ${one.why ?? "someone else has changed it since"}`,
    ),
  ];
}

/** Journal entries, cut down to the paths that no row covers any more. */
function droppedEntries(settings: readonly Setting[], snapshot: HostSnapshot): readonly JournalEntry[] {
  // Also what a row only reads now: a pool of pages that grows again at the next boot is still managed.
  // And what waits for a CPU that is offline.
  const covered = new Set(
    settings.flatMap((one) => [one.source, ...one.write.map((value) => value.path), ...one.boot.map(pathOf)]),
  );
  return snapshot.journal
    .filter((entry) => entry.kind === "values")
    .map((entry) => ({ ...entry, paths: entry.paths.filter((path) => !covered.has(path)) }))
    .filter((entry) => entry.paths.length > 0);
}
