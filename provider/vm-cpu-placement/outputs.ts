/* What goes to the state. Nothing volatile, and no XML: two reads of an unchanged host give the same bytes. */
import { undoText } from "../plan-text";
import type { PlanText, Props } from "../resource";
import { withinConsent } from "./consent";
import { observed } from "./observed";
import type { Domain, PlacementPlan, PlacementState } from "./model";
import { planPlacement } from "./placement";
import { parseRecord, recordText, type DomainRecord } from "./record";
import { given, withObserved, type PlacementArgs } from "./schema";
import { verificationsOf } from "./verification";

const originalKey = "__original";

interface Results {
  readonly args: PlacementArgs;
  readonly state: PlacementState;
  readonly machineId: string;
}

/** Outputs after an apply: the arguments as given (read and delete see nothing else), and what became of them. */
export function applied(inputs: Props, results: Results): Props {
  return { ...given(inputs), ...computed(results) };
}

/** Inputs and outputs after a refresh: managed arguments as the domain has them, so that drift shows as a difference. */
export function refreshed(outputs: Props, results: Results): { readonly outputs: Props; readonly inputs: Props } {
  const { domain } = results.state;
  const now =
    domain === undefined
      ? given(outputs)
      : withObserved(
          given(outputs),
          observed(
            results.args,
            planPlacement(results.args, results.state),
            (domain.live ?? domain.config)?.maximumVcpus,
          ),
        );
  // What was verified is what the last apply read back: that the domain differs by now, `actual` and the inputs say.
  const values: Props = { ...computed(results), verification: outputs["verification"] };
  return { outputs: { ...now, ...values }, inputs: { ...now, plan: {}, impact: "none", undo: values["undo"] } };
}

function computed({ args, state, machineId }: Results): Props {
  const { domain, record } = state;
  if (domain === undefined)
    return { plan: {}, impact: "none", pending: {}, undo: {}, actual: {}, verification: [], hostId: machineId };
  const plan = planPlacement(args, state);
  return {
    plan: {},
    impact: "none",
    pending: {},
    undo: undoOf(args, state, domain),
    actual: actualOf(plan, domain),
    verification: verificationsOf(plan, domain),
    hostId: machineId,
    domainUuid: domain.uuid,
    [originalKey]: record === undefined ? null : recordText(record),
  };
}

/** What delete does, within what it may do (restore.ts). */
function undoOf({ onDelete, maxDisruption }: PlacementArgs, state: PlacementState, domain: Domain): PlanText {
  if (onDelete === "retain") return { placement: "kept (onDelete: retain)" };
  const { plan, kept } = withinConsent(planPlacement({}, state), domain, maxDisruption);
  return { ...undoText(plan), ...kept };
}

function actualOf({ rows }: PlacementPlan, domain: Domain): Props {
  const managed = rows.filter((row) => !row.dropped && (row.actual !== null || row.desired !== null));
  // Chosen anew at each start, so never compared: what it is now, and that it will not stay.
  const chosen = domain.live?.facts.has("numa.placement") === true ? domain.numad?.nodeset : undefined;
  return Object.fromEntries([
    ...managed.map(({ setting, side, actual }) => [
      side === "live" || domain.live === undefined ? setting : `${setting} (config)`,
      actual,
    ]),
    ...(chosen === undefined ? [] : [["numa.nodeset (chosen by numad, not stable)", chosen]]),
  ]) as Props;
}

/** The record's copy in the state of the last run, for a host that has lost its own. */
export function mirroredRecord(last: Props | undefined): DomainRecord | undefined {
  const text = last?.[originalKey];
  if (typeof text !== "string") return undefined;
  // A restart that was owed then is none of now.
  const { uuid, urn, original, wrote } = parseRecord("the record in the state", text);
  return { uuid, urn, original, wrote };
}
