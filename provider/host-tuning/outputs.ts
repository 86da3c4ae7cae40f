/* What goes to the state. Nothing volatile: two reads of an unchanged host give the same bytes. */
import type { JournalEntry } from "../host/journal";
import type { HostSnapshot } from "../host/snapshot";
import type { Verification } from "../impact";
import type { Props } from "../resource";
import type { Setting } from "./knob";
import { planText, undoText } from "../plan-text";
import { observe, planHost, settingsOf, verifications } from "./plan";
import { given, type HostTuningArgs } from "./schema";
import { undoAll } from "./undo";

const journalKey = "__journal";

/** Outputs after an apply: the arguments as given (read and delete see nothing else), and what became of them. */
export function applied({
  args,
  inputs,
  snapshot,
}: {
  args: HostTuningArgs;
  inputs: Props;
  snapshot: HostSnapshot;
}): Props {
  return { ...given(inputs), ...computed(args, snapshot) };
}

/** Inputs and outputs after a refresh: managed arguments as the host has them, so that drift shows as a difference. */
export function refreshed({
  args,
  outputs,
  snapshot,
}: {
  args: HostTuningArgs;
  outputs: Props;
  snapshot: HostSnapshot;
}) {
  const asGiven = given(outputs);
  const now = { ...asGiven, ...(keepSpelling(asGiven, observe(args, snapshot), args) as Props) };
  const found = computed(args, snapshot);
  // What was verified is what the last apply read back: that the host differs by now, `actual` and the inputs say.
  const verification = verifiedSince(outputs, verifications(args, snapshot));
  const results: Props = { ...found, verification };
  return {
    outputs: { ...now, ...results },
    inputs: { ...now, plan: {}, impact: "none", undo: results["undo"] },
  };
}

/** What waited for a boot that has come since is verified only now. */
function verifiedSince(outputs: Props, now: readonly Verification[]): unknown {
  const pending = Object.keys(outputs["pending"] ?? {});
  const last = outputs["verification"];
  if (pending.length === 0 || !Array.isArray(last)) return last;
  const fresh = new Map(now.filter((one) => pending.includes(one.check)).map((one) => [one.check, one]));
  return last.map((one: Verification) => fresh.get(one.check) ?? one);
}

/**
 * A value that only is written in another way (10 for "10", blanks) keeps the program's spelling, and a field that the
 * program left to its default stays out while the host has that default: neither is drift.
 */
function keepSpelling(given: unknown, observed: unknown, desired: unknown): unknown {
  if (Array.isArray(given) && Array.isArray(observed) && given.length === observed.length) {
    const wanted: readonly unknown[] = Array.isArray(desired) ? desired : [];
    return observed.map((one, index) => keepSpelling(given[index], one, wanted[index]));
  }
  if (isRecord(given) && isRecord(observed)) {
    const wanted = isRecord(desired) ? desired : {};
    const shown = Object.entries(observed).filter(([key, one]) => given[key] !== undefined || !same(one, wanted[key]));
    return Object.fromEntries(shown.map(([key, one]) => [key, keepSpelling(given[key], one, wanted[key])]));
  }
  return same(given, observed) ? given : observed;
}

const isRecord = (value: unknown): value is Props =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const same = (a: unknown, b: unknown): boolean => plainText(a) === plainText(b);

function plainText(value: unknown): string | undefined {
  const text: unknown = typeof value === "string" ? value : JSON.stringify(value);
  return typeof text === "string" ? text.trim().replaceAll(/\s+/g, " ") : undefined;
}

function computed(args: HostTuningArgs, snapshot: HostSnapshot): Props {
  return {
    plan: {},
    impact: "none",
    pending: planText(
      planHost(args, snapshot).pending.map(({ name, actual, desired, impact }) => ({
        setting: name,
        actual,
        desired,
        impact,
      })),
    ),
    undo: args.onDelete === "retain" ? { tuning: "kept (onDelete: retain)" } : undoOf(snapshot),
    actual: Object.fromEntries(settingsOf(args, snapshot).map((one) => [one.name, actualText(one)])),
    verification: verifications(args, snapshot),
    hostId: snapshot.machineId,
    [journalKey]: snapshot.journal,
  };
}

function undoOf(snapshot: HostSnapshot): Props {
  const undo = undoAll(snapshot);
  return { ...undoText(undo), ...(undo.problem !== undefined && { "kernel arguments": undo.problem }) };
}

const actualText = (one: Setting): string =>
  one.notApplicable === undefined ? (one.actual ?? "(absent)") : `not applicable: ${one.notApplicable}`;

/** The journal's copy in the state of the last run. */
export function mirroredJournal(last: Props | undefined): readonly JournalEntry[] {
  const copy = last?.[journalKey];
  return Array.isArray(copy) ? (copy as JournalEntry[]) : [];
}
