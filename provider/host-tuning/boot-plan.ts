/*
 * Kernel arguments: what the running kernel has (the rows), what the next boot will have (the boot loader's
 * configuration), and what follows from the two.
 *
 *   running  next boot   the program lets this host reboot      else: "fail"           else: "stage"
 *   wrong    wrong       host-reboot                            host-reboot, refused   written for the next boot; pending
 *   wrong    right       host-reboot: nothing but the reboot    host-reboot, refused   pending, no change
 *   right    wrong       "(at boot)", live                      the same               the same
 */
import { stillOurs } from "../host/journal";
import type { HostSnapshot } from "../host/snapshot";
import type { Step } from "../host/step";
import { exceeds, type Change } from "../impact";
import { canonicalKey } from "../linux/kernel-args";
import type { EntryFor } from "./boot-values";
import { mergeBootArguments, type BootArguments } from "./boot/boot-arguments";
import { hasArguments, managedArguments, type NextBoot } from "./boot/boot-loader";
import { bootLoaderOf } from "./boot/boot-loaders";
import { grubFragmentFile } from "./boot/grub-fragment";
import type { Setting } from "./knob";
import type { KnobArgs } from "./schema";

export interface BootPlan {
  readonly changes: readonly Change[];
  readonly steps: readonly Step[];
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  /** Written for the next boot, not in effect, and no change of this run. */
  readonly pending: readonly Setting[];
}

const nothing: BootPlan = { changes: [], steps: [], problems: [], warnings: [], pending: [] };

export function planBoot(
  rows: readonly Setting[],
  host: { args: KnobArgs; snapshot: HostSnapshot; entryFor: EntryFor },
): BootPlan {
  const { snapshot, entryFor } = host;
  const kernelRows = rows.filter(hasKernelPart);
  const ours = fragmentKeys(snapshot);
  if (kernelRows.length === 0 && ours.length === 0) return nothing;
  const found = bootLoaderOf(snapshot);
  if ("problem" in found) return { ...nothing, problems: [found.problem] };
  const { loader } = found;
  const wanted = mergeBootArguments(kernelRows.map((row) => row.kernel));
  const next = loader.nextBoot(snapshot);
  const steps = loader.steps(wanted, snapshot, entryFor);
  const outcomes = kernelRows.map((row) => outcome(row, { next, stages: stages(host.args) }));
  const changes = outcomes.flatMap((one) => one.changes);
  const dropped = droppedKeys(ours, { wanted, next });
  return {
    ...loader.findings(wanted, snapshot),
    changes: [...changes, ...dropped, ...otherEntries(steps, [...changes, ...dropped])],
    steps,
    pending: outcomes.flatMap((one) => one.pending),
  };
}

type KernelRow = Setting & { readonly kernel: BootArguments };

const hasKernelPart = (row: Setting): row is KernelRow => row.kernel !== undefined && row.notApplicable === undefined;

/** Whether what needs a reboot that is not allowed is written for the next boot instead of being refused. */
const stages = (args: KnobArgs): boolean =>
  exceeds("host-reboot", args.maxDisruption ?? "live") && args.whenExceeded === "stage";

function nextBootHas(row: KernelRow, next: NextBoot): boolean {
  return hasArguments(next.line, row.kernel) && hasArguments(next.lastingLine, row.kernel);
}

/** Rows that the next boot will not give, as the boot loader is configured now. */
export function notAtNextBoot(rows: readonly Setting[], snapshot: HostSnapshot): readonly string[] {
  const kernelRows = rows.filter(hasKernelPart).filter((row) => row.actual !== row.desired);
  if (kernelRows.length === 0) return [];
  const found = bootLoaderOf(snapshot);
  if ("problem" in found) return [found.problem];
  const next = found.loader.nextBoot(snapshot);
  return kernelRows
    .filter((row) => !nextBootHas(row, next))
    .map(
      (row) =>
        `${row.name}: ${wantedText(row.kernel) ?? "(absent)"} (it has ${onLine(row.kernel, next) ?? "nothing of it"})`,
    );
}

function outcome(
  row: KernelRow,
  { next, stages }: { next: NextBoot; stages: boolean },
): Pick<BootPlan, "changes" | "pending"> {
  const { name, actual, desired, impact } = row;
  const needsReboot = impact === "host-reboot" && actual !== desired;
  const has = nextBootHas(row, next);
  const atBoot: Change = {
    setting: `${name} (at boot)`,
    actual: onLine(row.kernel, next),
    desired: wantedText(row.kernel),
    impact: "live",
  };
  if (!needsReboot) return { changes: has ? [] : [atBoot], pending: [] };
  if (!stages) return { changes: [{ setting: name, actual, desired, impact }], pending: [] };
  return { changes: has ? [] : [atBoot], pending: [row] };
}

function onLine(kernel: BootArguments, next: NextBoot): string | null {
  return text(managedArguments(next.line, kernel.keys));
}

const wantedText = (kernel: BootArguments): string | null => text(kernel.arguments);

function text(list: readonly { readonly key: string; readonly value: string | null }[]): string | null {
  return list.length === 0 ? null : list.map(({ key, value }) => (value === null ? key : `${key}=${value}`)).join(" ");
}

/** Keys that our fragment manages, and the program no longer names: others' arguments come back, at the next boot. */
function droppedKeys(
  ours: readonly string[],
  { wanted, next }: { wanted: BootArguments; next: NextBoot },
): readonly Change[] {
  const kept = new Set(wanted.keys.map(canonicalKey));
  return ours
    .filter((key) => !kept.has(key))
    .map((key) => ({
      setting: `kernel argument ${key} (at boot)`,
      actual: text(managedArguments(next.line, [key])),
      desired: null,
      impact: "live",
    }));
}

/** Menu entries of other kernels that lack the arguments: written with the rest, and said even when alone. */
function otherEntries(steps: readonly Step[], changes: readonly Change[]): readonly Change[] {
  if (steps.length === 0 || changes.length > 0) return [];
  return [
    {
      setting: "kernel arguments of the other menu entries",
      actual: "not as declared",
      desired: "as declared",
      impact: "live",
    },
  ];
}

/** The keys that our fragment on the host manages: the alternatives of its `case` pattern. */
function fragmentKeys(snapshot: HostSnapshot): readonly string[] {
  const fragment = snapshot.files.text(grubFragmentFile) ?? "";
  const pattern = /^ {6}(\S.* \| \S+=\*)\)$/m.exec(fragment)?.[1] ?? "";
  const keys = pattern.split(" | ").filter((one) => !one.endsWith("=*") && one !== "");
  return keys.map((one) => canonicalKey(one.replaceAll("[-_]", "_")));
}

export interface BootUndo {
  readonly changes: readonly Change[];
  readonly left: readonly { readonly setting: string; readonly actual: string }[];
  readonly steps: readonly Step[];
}

/** Undo of the boot loader's configuration: the boots that come will no longer have our arguments. */
export function undoBoot(snapshot: HostSnapshot): BootUndo {
  const entry = snapshot.journal.find((one) => one.kind === "file" && one.paths.includes(grubFragmentFile));
  if (entry === undefined) return { changes: [], left: [], steps: [] };
  const left = (actual: string): BootUndo => ({
    changes: [],
    left: [{ setting: grubFragmentFile, actual }],
    steps: [{ kind: "forget", entry: entry.name }],
  });
  if (!stillOurs(entry, grubFragmentFile, snapshot.journalledFiles.get(grubFragmentFile) ?? "absent"))
    return left("its content is not ours");
  const found = bootLoaderOf(snapshot);
  if ("problem" in found) return left(found.problem);
  const next = found.loader.nextBoot(snapshot);
  return {
    changes: droppedKeys(fragmentKeys(snapshot), { wanted: { keys: [], arguments: [] }, next }),
    left: [],
    steps: found.loader.undoSteps(snapshot),
  };
}
