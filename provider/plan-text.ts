import { type Change, worstImpact } from "./impact";
import type { PlannedOutputs, PlanText } from "./resource";

/** `setting -> "actual → desired  [impact]"`: what the preview prints, and what the truth guard compares. */
export function planText(changes: readonly Change[]): PlanText {
  return Object.fromEntries(
    changes.map((change) => [change.setting, `${shown(change.actual)} → ${shown(change.desired)}  [${change.impact}]`]),
  );
}

const shown = (value: string | null): string => (value === null ? "(absent)" : value === "" ? "(empty)" : value);

interface Undo {
  readonly changes: readonly Change[];
  /** What somebody else has changed since, with what is there now. */
  readonly left: readonly { readonly setting: string; readonly actual: string | null }[];
}

/** What delete would do: a text changes only when an original does, or when somebody else comes between. */
export function undoText({ changes, left }: Undo): PlanText {
  return Object.fromEntries([
    ...changes.map(({ setting, desired, impact }) => [
      setting,
      desired === null ? `removed  [${impact}]` : `back to ${desired}  [${impact}]`,
    ]),
    ...left.map(({ setting, actual }) => [setting, `left as it is (${shown(actual)}): changed by someone else`]),
  ]) as PlanText;
}

export function planned(changes: readonly Change[]): PlannedOutputs {
  return { plan: planText(changes), impact: worstImpact(changes.map((change) => change.impact)) };
}

/**
 * What the plan made under the lock holds beyond the plan that was checked: a setting that was not named, or a higher
 * impact. Another actual value of a named setting is no surprise. Empty = the run may go on.
 */
export function surprises(changes: readonly Change[], checked: PlanText): readonly string[] {
  const text = planText(changes);
  return changes
    .filter(({ setting, impact }) => !(checked[setting] ?? "").endsWith(`[${impact}]`))
    .map(
      ({ setting }) =>
        `${setting}: ${text[setting] ?? ""}${checked[setting] === undefined ? "" : ` (the preview said: ${checked[setting]})`}`,
    );
}
