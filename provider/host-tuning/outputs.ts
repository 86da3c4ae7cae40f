/* What goes to the state. Nothing volatile: two reads of an unchanged host give the same bytes. */
import type { JournalEntry } from "../host/journal";
import type { HostSnapshot } from "../host/snapshot";
import { planText } from "../plan-text";
import type { Props } from "../resource";
import { observe, settingsOf, verifications } from "./plan";
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
  const now = { ...given(outputs), ...observe(args, snapshot) };
  const results = computed(args, snapshot);
  return {
    outputs: { ...now, ...results },
    inputs: { ...now, plan: {}, impact: "none", undo: results["undo"] },
  };
}

function computed(args: HostTuningArgs, snapshot: HostSnapshot): Props {
  const undo = undoAll(snapshot);
  return {
    plan: {},
    impact: "none",
    pending: {},
    undo: {
      ...planText(undo.changes),
      ...Object.fromEntries(undo.left.map((one) => [one.setting, `left as it is: ${one.actual}`])),
    },
    actual: Object.fromEntries(
      settingsOf(args, snapshot).map((one) => [
        one.name,
        one.notApplicable === undefined ? one.actual : `not applicable: ${one.notApplicable}`,
      ]),
    ),
    verification: verifications(args, snapshot),
    hostId: snapshot.machineId,
    [journalKey]: snapshot.journal,
  };
}

/** The journal's copy in the state of the last run. */
export function mirroredJournal(last: Props | undefined): readonly JournalEntry[] {
  const copy = last?.[journalKey];
  return Array.isArray(copy) ? (copy as JournalEntry[]) : [];
}
