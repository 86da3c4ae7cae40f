/* What follows from the planner's answer: what the plan gives out, or why there is none. Pure. */
import { canonical } from "../canonical";
import type { PlanText, Problem } from "../resource";
import { renderSvg } from "./allocation-map/map-svg";
import { renderText } from "./allocation-map/map-text";
import { planConflicts } from "./conflicts";
import { hostNeeds } from "./host-needs";
import type { PlannedHostNeeds, PlannedObjective, PlannedVm } from "./model";
import { plannedVm } from "./placed";
import { plannedMap } from "./planned-map";
import type { Infeasible, ObjectiveEntry, PlanAnswer, Planned, Undecided } from "./planner/answer";
import type { Fleet } from "./request";
import { placeText } from "./wording";

/** What is kept in the state beside the arguments. */
export interface PlanOutputs {
  readonly placements: Readonly<Record<string, PlannedVm>>;
  readonly hosts: Readonly<Record<string, PlannedHostNeeds>>;
  readonly objective: readonly PlannedObjective[];
  readonly map: string;
  readonly mapSvg: string;
}

export interface Outcome {
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
  /** VM -> "place → place  [none]", of those that get another. */
  readonly plan: PlanText;
  /** Undefined: there is no plan. */
  readonly outputs: PlanOutputs | undefined;
}

export interface Before {
  readonly placements: Readonly<Record<string, PlannedVm>>;
  readonly objective: readonly PlannedObjective[];
}

export function outcomeOf(
  answer: PlanAnswer,
  fleet: Fleet,
  { before, urn }: { before: Before; urn: string | undefined },
): Outcome {
  if (answer.outcome !== "planned")
    return { problems: refusals(answer, fleet), warnings: [], plan: {}, outputs: undefined };
  const placements = placementsOf(answer, fleet, before);
  const conflicts = planConflicts(fleet, placements, urn);
  const map = plannedMap(fleet.hosts, placements, fleet.args);
  const hosts = fleet.hosts.map((host) => [host.name, hostNeeds(host, placements, fleet.args.vms)] as const);
  const doubts = fleet.hosts.flatMap(({ name, topology }) => topology.doubts.map((doubt) => `${name}: ${doubt}`));
  // What was proved of a plan stays true of it while it stays as it is; to look again, from it, may prove less.
  const same = canonical(placements) === canonical(before.placements) && before.objective.length > 0;
  return {
    problems: conflicts.filter(isError).map(({ path, sentence }) => ({ path, reason: sentence })),
    warnings: [
      ...conflicts.filter((one) => !isError(one)).map(({ sentence }) => sentence),
      ...doubts,
      ...(same ? [] : gapWarnings(answer)),
    ],
    plan: planLines(before.placements, placements),
    outputs: {
      placements,
      hosts: Object.fromEntries(hosts.toSorted(([one], [other]) => (one < other ? -1 : 1))),
      objective: same ? before.objective : answer.objective.filter(isLasting).map(objectiveOf),
      map: renderText(map),
      mapSvg: renderSvg(map),
    },
  };
}

const isError = ({ severity }: { readonly severity: "error" | "warning" }): boolean => severity === "error";

/** A VM that stays keeps also the sentence that was said when it got its place. */
function placementsOf(answer: Planned, { args, hosts }: Fleet, before: Before): PlanOutputs["placements"] {
  const entries = answer.placements.flatMap((placement) => {
    const host = hosts.find(({ name }) => name === placement.host);
    const vm = args.vms[placement.vm];
    if (host === undefined || vm === undefined) return [];
    const placed = plannedVm({ placement, vm, host });
    const last = before.placements[placement.vm];
    const stays = last !== undefined && canonical({ ...placed, why: "" }) === canonical({ ...last, why: "" });
    return [[placement.vm, stays ? last : placed] as const];
  });
  return Object.fromEntries(entries.toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

/** What a run disrupts says nothing of the plan once that run is through. */
const isLasting = ({ measure }: ObjectiveEntry): boolean => measure !== "restarts" && measure !== "pinsMoved";

const objectiveOf = ({ level, measure, value, bound }: ObjectiveEntry): PlannedObjective => ({
  level,
  measure,
  value,
  bound,
});

/** The first gap counts: what comes after it weighs less. */
function gapWarnings({ objective }: Planned): readonly string[] {
  const gap = objective.find(({ proof }) => proof === "gap");
  if (gap === undefined) return [];
  return [
    `the plan places every VM, but is not proven the best: ${gap.measure} is ${gap.value}, and no plan has less than ${gap.bound}. A higher searchLimit searches on`,
  ];
}

function refusals(answer: Infeasible | Undecided, { args }: Fleet): readonly Problem[] {
  if (answer.outcome === "infeasible")
    return answer.explanations.map(({ vms, text }) => ({
      path: vms.length === 1 ? `vms.${vms[0] ?? ""}` : "vms",
      reason: text,
    }));
  const { unplaced } = answer;
  const placed = `${Object.keys(args.vms).length - unplaced.length} of ${Object.keys(args.vms).length}`;
  return [
    {
      path: "searchLimit",
      reason: `the search ended after ${answer.steps} steps with ${placed} VMs placed, and neither found a place for ${unplaced.join(", ")} nor proved that there is none. Raise searchLimit, or give the plan more room: a host, fewer vCPUs, less memory`,
    },
  ];
}

function planLines(before: Before["placements"], after: PlanOutputs["placements"]): PlanText {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
  return Object.fromEntries(
    names.flatMap((name) => {
      const [from, to] = [before[name], after[name]].map((vm) => (vm === undefined ? "(absent)" : placeText(vm)));
      return from === to ? [] : [[name, `${from ?? ""} → ${to ?? ""}  [none]`]];
    }),
  );
}
