import { exceeds, type Impact } from "../impact";
import type { Domain, PlacementPlan } from "./model";
import { changesOf } from "./placement";

interface Consent {
  readonly plan: PlacementPlan;
  /** By setting, what the running domain keeps. */
  readonly kept: Readonly<Record<string, string>>;
}

/** An undo within `maxDisruption`: what needs a restart that was never agreed to goes back in the definition alone. */
export function withinConsent(plan: PlacementPlan, domain: Domain, maxDisruption: Impact): Consent {
  if (!plan.actions.restart || !exceeds("vm-restart", maxDisruption)) return { plan, kept: {} };
  const staying = plan.rows.filter((row) => row.differs && row.side === "live" && row.impact === "vm-restart");
  const rows = plan.rows.filter((row) => !staying.includes(row));
  const live = rows.filter((row) => row.differs && row.side === "live");
  const actions = { ...plan.actions, restart: false, live: new Map(live.map((row) => [row.setting, row.desired])) };
  const kept = staying.map(({ setting, actual }) => [
    setting,
    `stays ${actual ?? "absent"} until the domain is started anew: its definition has the original again`,
  ]);
  return {
    plan: { ...plan, rows, changes: changesOf(rows, { domain, start: actions.start }), actions },
    kept: Object.fromEntries(kept) as Record<string, string>,
  };
}
