/* What goes to the state. Nothing volatile: two reads of an unchanged host give the same bytes. */
import type { JournalEntry } from "../host/journal";
import type { HostSnapshot } from "../host/snapshot";
import type { Props } from "../resource";
import type { Setting } from "./knob";
import { planText } from "../plan-text";
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
  const now = { ...asGiven, ...(keepSpelling(asGiven, observe(args, snapshot)) as Props) };
  // What was verified is what the last apply read back: that the host differs by now, `actual` and the inputs say.
  const results: Props = { ...computed(args, snapshot), verification: outputs["verification"] };
  return {
    outputs: { ...now, ...results },
    inputs: { ...now, plan: {}, impact: "none", undo: results["undo"] },
  };
}

/** A value that only is written in another way (10 for "10", blanks) keeps the program's spelling: it is no drift. */
function keepSpelling(given: unknown, observed: unknown): unknown {
  if (Array.isArray(given) && Array.isArray(observed) && given.length === observed.length)
    return observed.map((one, index) => keepSpelling(given[index], one));
  if (isRecord(given) && isRecord(observed))
    return Object.fromEntries(Object.entries(observed).map(([key, one]) => [key, keepSpelling(given[key], one)]));
  return normalisedText(given) === normalisedText(observed) ? given : observed;
}

const isRecord = (value: unknown): value is Props =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const normalisedText = (value: unknown): string => plainText(value).trim().replaceAll(/\s+/g, " ");

const plainText = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

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
    undo: undoText(snapshot),
    actual: Object.fromEntries(settingsOf(args, snapshot).map((one) => [one.name, actualText(one)])),
    verification: verifications(args, snapshot),
    hostId: snapshot.machineId,
    [journalKey]: snapshot.journal,
  };
}

/** What delete would do, setting by setting: it changes only when an original does, or when somebody else comes between. */
function undoText(snapshot: HostSnapshot): Props {
  const { changes, left } = undoAll(snapshot);
  return Object.fromEntries([
    ...changes.map(({ setting, desired, impact }) => [
      setting,
      desired === null ? `removed  [${impact}]` : `back to ${desired}  [${impact}]`,
    ]),
    ...left.map(({ setting, actual }) => [setting, `left as it is (${actual}): changed by someone else`]),
  ]) as Props;
}

const actualText = (one: Setting): string =>
  one.notApplicable === undefined ? (one.actual ?? "(absent)") : `not applicable: ${one.notApplicable}`;

/** The journal's copy in the state of the last run. */
export function mirroredJournal(last: Props | undefined): readonly JournalEntry[] {
  const copy = last?.[journalKey];
  return Array.isArray(copy) ? (copy as JournalEntry[]) : [];
}
