/*
 * Kernel arguments: what the running kernel has (the rows), what the next boot will have (the boot loader's
 * configuration), and what follows from the two.
 *
 *   running  next boot   the program lets this host reboot      else: "fail"           else: "stage"
 *   wrong    wrong       host-reboot                            host-reboot, refused   written for the next boot; pending
 *   wrong    right       host-reboot: nothing but the reboot    host-reboot, refused   pending, no change
 *   right    wrong       "(at boot)", live                      the same               the same
 */
import type { HostSnapshot } from "../host/snapshot";
import type { Step } from "../host/step";
import { exceeds, type Change } from "../impact";
import { canonicalKey, parseKernelLine } from "../linux/kernel-args";
import type { EntryFor } from "./boot-values";
import { mergeBootArguments, type BootArguments } from "./boot/boot-arguments";
import { hasArguments, managedArguments, type BootLoader, type NextBoot } from "./boot/boot-loader";
import { bootLoaderOf } from "./boot/boot-loaders";
import { isBootLoaders, managedKeys } from "./boot/managed-keys";
import type { Setting } from "./knob";
import { isOpen, nextOpening, windowText } from "./reboot-window";
import type { KnobArgs } from "./schema";
import { trialState } from "./boot/trial";
import { isStaged, nextBootWay } from "./next-boot-way";
import { clearSteps, endChange, isLeft, trialLine } from "./trial-plan";

export interface BootPlan {
  readonly changes: readonly Change[];
  readonly steps: readonly Step[];
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  /** Written for the next boot, not in effect, and no change of this run. */
  readonly pending: readonly Setting[];
  /** The next boot is a trial: what its kernel gets. */
  readonly trial?: BootArguments;
}

const nothing: BootPlan = { changes: [], steps: [], problems: [], warnings: [], pending: [] };

export function planBoot(
  rows: readonly Setting[],
  host: { args: KnobArgs; snapshot: HostSnapshot; entryFor: EntryFor },
): BootPlan {
  const { snapshot, entryFor } = host;
  const kernelRows = rows.filter(hasKernelPart);
  if (kernelRows.length === 0) return planUndo(snapshot);
  const found = bootLoaderOf(snapshot);
  if ("problem" in found) return { ...nothing, problems: [found.problem] };
  const { loader } = found;
  const wanted = mergeBootArguments(kernelRows.map((row) => row.kernel));
  const next = loader.nextBoot(snapshot);
  const lasting = loader.steps(wanted, snapshot, entryFor);
  const outcomes = kernelRows.map((row) => outcome(row, { next, snapshot, stages: stages(host.args, snapshot) }));
  const changes = outcomes.flatMap((one, index) => (repeats(kernelRows, index) ? [] : one.changes));
  const others = loader.withoutOurs(snapshot);
  const gone = droppedNames(managedKeys(snapshot), wanted);
  const dropped = droppedKeys(gone, { next, others });
  const named = [...changes, ...dropped];
  const { problems, warnings } = loader.findings(wanted, snapshot);
  const pending = outcomes.flatMap((one) => one.pending);
  const line = trialLine(wanted, { dropped: gone, others: managedArguments(others ?? [], gone) });
  const reboots = changes.some(({ impact }) => impact === "host-reboot");
  const way = nextBootWay({ loader, lasting, line, snapshot, args: host.args, reboots, waits: pending.length > 0 });
  return {
    problems: [...problems, ...way.problems, ...outcomes.flatMap((one) => one.problems)],
    warnings: [
      ...warnings,
      ...way.warnings,
      ...oneShot(next, snapshot),
      ...(pending.length > 0 ? windowWarnings(host.args, snapshot) : []),
    ],
    changes: [...named, ...way.changes, ...unseenChange(way.steps, { named: [...named, ...way.changes], snapshot })],
    steps: way.steps,
    pending,
    ...(way.trial && { trial: line }),
  };
}

/** No argument is wanted any more: what we have written goes, also where an earlier run was cut off on the way. */
function planUndo(snapshot: HostSnapshot): BootPlan {
  const { changes, left, steps, problem } = undoBoot(snapshot);
  return {
    ...nothing,
    problems: problem === undefined ? [] : [`kernel arguments cannot be taken back: ${problem}`],
    changes: [...changes, ...unseenChange(steps, { named: changes, snapshot })],
    steps,
    warnings: left.map(({ setting, actual }) => `${setting}: left as it is: ${actual}`),
  };
}

const oneShot = ({ oneShot, entry }: NextBoot, snapshot: HostSnapshot): readonly string[] =>
  oneShot && trialState(snapshot).kind !== "staged"
    ? [`the next boot, and only that one, takes the menu entry ${JSON.stringify(entry)} (grub-reboot)`]
    : [];

type KernelRow = Setting & { readonly kernel: BootArguments };

const hasKernelPart = (row: Setting): row is KernelRow => row.kernel !== undefined && row.notApplicable === undefined;

/** Whether what needs a reboot that is not allowed, or not now, is written for the next boot instead of being refused. */
function stages(args: KnobArgs, snapshot: HostSnapshot): boolean {
  if (exceeds("host-reboot", args.maxDisruption ?? "live")) return args.whenExceeded === "stage";
  return args.rebootWindow !== undefined && !isOpen(args.rebootWindow, snapshot.readAt);
}

/** Why what waits is not booted now. */
function windowWarnings({ rebootWindow: window }: KnobArgs, snapshot: HostSnapshot): readonly string[] {
  if (window === undefined || isOpen(window, snapshot.readAt)) return [];
  return [
    `outside the reboot window (${windowText(window)}): what needs a boot is written for the next one. The next window begins ${nextOpening(window, snapshot.readAt)}`,
  ];
}

/** Of a staged trial only the next boot counts: a run that finds it well makes it last. */
function nextBootHas({ kernel }: KernelRow, next: NextBoot, staged: boolean): boolean {
  return hasArguments(next.line, kernel) && (staged || hasArguments(next.lastingLine, kernel));
}

/** Rows that the next boot will not give, as the boot loader is configured now. */
export function notAtNextBoot(rows: readonly Setting[], snapshot: HostSnapshot): readonly string[] {
  const kernelRows = rows.filter(hasKernelPart);
  if (kernelRows.length === 0) return [];
  const found = bootLoaderOf(snapshot);
  if ("problem" in found) return [found.problem];
  const { loader } = found;
  const next = loader.nextBoot(snapshot);
  return kernelRows
    .filter((row) => !nextBootHas(row, next, isStaged(snapshot, { loader })))
    .map(
      (row) =>
        `${row.name}: ${wantedText(row.kernel) ?? "(absent)"} (it has ${onLine(row.kernel, next) ?? "nothing of it"})`,
    );
}

function outcome(
  row: KernelRow,
  { next, snapshot, stages }: { next: NextBoot; snapshot: HostSnapshot; stages: boolean },
): Pick<BootPlan, "changes" | "pending" | "problems"> {
  const { name, actual, desired, impact } = row;
  const needsReboot = impact === "host-reboot" && actual !== desired;
  const state = trialState(snapshot).kind;
  const has = nextBootHas(row, next, state === "staged" && stages);
  const given = hasArguments(parseKernelLine(snapshot.files.text("/proc/cmdline") ?? ""), row.kernel);
  // The same boot again would end the same: not a reboot at every run.
  if (needsReboot && given && (has || state === "running"))
    return { changes: [], pending: [], problems: [notGranted(row)] };
  const atBoot: Change = {
    setting: `${name} (at boot)`,
    actual: onLine(row.kernel, next),
    desired: wantedText(row.kernel),
    impact: "live",
  };
  if (!needsReboot) return { changes: has ? [] : [atBoot], pending: [], problems: [] };
  if (!stages) return { changes: [{ setting: name, actual, desired, impact }], pending: [], problems: [] };
  return { changes: has ? [] : [atBoot], pending: [row], problems: [] };
}

/** A row that is as wanted, beside one that is not and whose change already says what the argument of both becomes. */
function repeats(rows: readonly KernelRow[], index: number): boolean {
  const row = rows[index];
  if (row === undefined || row.actual !== row.desired) return false;
  return rows.some((one) => one.actual !== one.desired && one.kernel.keys.join() === row.kernel.keys.join());
}

const notGranted = ({ name, actual, desired, kernel, source, remedy }: KernelRow): string =>
  `${name}: the kernel was started with ${wantedText(kernel) ?? "no such argument"} and made ${actual ?? "nothing"} of it, not ${desired} (${source}): another boot changes nothing. ${remedy ?? ""}`.trim();

function onLine(kernel: BootArguments, next: NextBoot): string | null {
  return text(managedArguments(next.line, kernel.keys));
}

const wantedText = (kernel: BootArguments): string | null => text(kernel.arguments);

function text(list: readonly { readonly key: string; readonly value: string | null }[]): string | null {
  return list.length === 0 ? null : list.map(({ key, value }) => (value === null ? key : `${key}=${value}`)).join(" ");
}

type BootLine = ReturnType<BootLoader["withoutOurs"]>;

/** Keys that our fragment manages, and the program no longer names. */
function droppedNames(ours: readonly string[], wanted: BootArguments): readonly string[] {
  const kept = new Set(wanted.keys.map(canonicalKey));
  return ours.filter((key) => !kept.has(key));
}

/** Others' arguments come back, at the next boot. */
function droppedKeys(
  keys: readonly string[],
  { next, others = [] }: { next: NextBoot; others: BootLine | undefined },
): readonly Change[] {
  return keys.map((key) => ({
    setting: `kernel argument ${key} (at boot)`,
    actual: text(managedArguments(next.line, [key])),
    desired: text(managedArguments(others, [key])),
    impact: "live",
  }));
}

/** What is written though no argument of the next boot changes: our file by itself, or entries of other kernels. */
function unseenChange(
  steps: readonly Step[],
  { named, snapshot }: { named: readonly Change[]; snapshot: HostSnapshot },
): readonly Change[] {
  if (named.length > 0 || !steps.some((step) => step.kind !== "forget")) return [];
  const written = steps.flatMap((step) => ("path" in step ? [step.path] : []));
  const change = (setting: string, actual: string | null): Change => ({
    setting,
    actual,
    desired: "as declared",
    impact: "live",
  });
  if (written.length === 0) return [change("kernel arguments of the other menu entries", "not as declared")];
  return [...new Set(written)].map((path) =>
    change(path, snapshot.files.text(path) === undefined ? null : "not as declared"),
  );
}

export interface BootUndo {
  readonly changes: readonly Change[];
  readonly left: readonly { readonly setting: string; readonly actual: string }[];
  readonly steps: readonly Step[];
  /** Why it cannot be undone now. The journal keeps its entry. */
  readonly problem?: string;
}

/** Undo of the boot loader's configuration: the boots that come will no longer have our arguments. */
export function undoBoot(snapshot: HostSnapshot): BootUndo {
  const entries = snapshot.journal.filter((one) => one.kind === "file" && one.paths.some(isBootLoaders));
  if (entries.length === 0 && !isLeft(undefined, snapshot)) return { changes: [], left: [], steps: [] };
  const found = bootLoaderOf(snapshot);
  const loader = "problem" in found ? undefined : found.loader;
  const trial = loader?.trial !== undefined && isLeft(loader.trial, snapshot) ? loader.trial : undefined;
  const end = trial === undefined ? [] : clearSteps(trial);
  const changes = trial === undefined ? [] : [endChange(snapshot)];
  if ("problem" in found) return { changes: [], left: [], steps: [], problem: found.problem };
  if (entries.length === 0) return { changes, left: [], steps: end };
  const undo = found.loader.undo(snapshot);
  const next = found.loader.nextBoot(snapshot);
  const others = found.loader.withoutOurs(snapshot);
  const foreign = undo.left.length > 0;
  return {
    changes: [...(foreign ? [] : droppedKeys(managedKeys(snapshot), { next, others })), ...changes],
    left: undo.left,
    // The trial first: it must not be what boots next.
    steps: [...end, ...undo.steps],
  };
}
