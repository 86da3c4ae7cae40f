/* What becomes of the planner's answer, also of those that a test host would need hours for. */
import { outcomeOf } from "../../../provider/placement-plan/outcome";
import type { ObjectiveEntry, PlanAnswer } from "../../../provider/placement-plan/planner/answer";
import { plan } from "../../../provider/placement-plan/planner/plan";
import { planRequest, type Fleet } from "../../../provider/placement-plan/request";
import { readFleet } from "../../../provider/placement-plan/read-fleet";
import { parseArgs } from "../../../provider/placement-plan/schema";
import { connectionTo, hostOf, hostsWith, urnOf } from "./support";

const none = { placements: {}, objective: [] };

async function fleetOf(vms: object): Promise<Fleet> {
  const parsed = parseArgs({ hosts: { "kvm-01": { connection: connectionTo("kvm-01") } }, vms });
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  const fleet = await readFleet(hostsWith({ "kvm-01": hostOf() }), parsed.args, { last: {}, urn: urnOf("plan") });
  if ("problems" in fleet) throw new Error(JSON.stringify(fleet.problems));
  return fleet;
}

const vms = { db: { vcpus: 2, memoryMiB: 1024 }, web: { vcpus: 1, memoryMiB: 512 } };

function planned(
  fleet: Fleet,
  objective: (entries: readonly ObjectiveEntry[]) => readonly ObjectiveEntry[],
): PlanAnswer {
  const answer = plan(planRequest(fleet));
  if (answer.outcome !== "planned") throw new Error(answer.outcome);
  return { ...answer, objective: objective(answer.objective) };
}

test("a plan with a gap is used, with a warning that says how much better one could be", async () => {
  const fleet = await fleetOf(vms);
  const answer = planned(fleet, (entries) =>
    entries.map((entry) =>
      entry.measure === "llcSpans" || entry.measure === "hostsUsed"
        ? { ...entry, value: 3, bound: 1, proof: "gap" as const }
        : entry,
    ),
  );
  const { problems, warnings, outputs } = outcomeOf(answer, fleet, { before: none, urn: urnOf("plan") });
  expect(problems).toEqual([]);
  expect(warnings).toEqual([
    "the plan places every VM, but is not proven the best: llcSpans is 3, and no plan has less than 1. A higher searchLimit searches on",
  ]);
  expect(outputs?.objective.find(({ measure }) => measure === "llcSpans")).toEqual({
    level: 4,
    measure: "llcSpans",
    value: 3,
    bound: 1,
  });
});

test("what was proved of a plan that stays is kept, and what this run moves is no part of it", async () => {
  const fleet = await fleetOf(vms);
  const first = outcomeOf(
    planned(fleet, (all) => all),
    fleet,
    { before: none, urn: urnOf("plan") },
  ).outputs;
  if (first === undefined) throw new Error("no plan");
  expect(first.objective.map(({ measure }) => measure)).not.toEqual(expect.arrayContaining(["restarts"]));
  const looser = planned(fleet, (all) => all.map((entry) => ({ ...entry, bound: -1, proof: "gap" as const })));
  const again = outcomeOf(looser, fleet, { before: first, urn: urnOf("plan") });
  expect(again.outputs?.objective).toEqual(first.objective);
  expect(again.warnings).toEqual([]);
  expect(again.plan).toEqual({});
});

test("a search that ended without an answer says so, and what lets it go on", async () => {
  const fleet = await fleetOf(vms);
  const answer: PlanAnswer = { outcome: "undecided", placements: [], unplaced: ["web"], steps: 200000 };
  expect(outcomeOf(answer, fleet, { before: none, urn: urnOf("plan") })).toEqual({
    problems: [
      {
        path: "searchLimit",
        reason:
          "the search ended after 200000 steps with 1 of 2 VMs placed, and neither found a place for web nor proved that there is none. Raise searchLimit, or give the plan more room: a host, fewer vCPUs, less memory",
      },
    ],
    warnings: [],
    plan: {},
    outputs: undefined,
  });
});

test("a reason of one VM stands at the VM, one of several at all of them", async () => {
  const fleet = await fleetOf(vms);
  const answer: PlanAnswer = {
    outcome: "infeasible",
    explanations: [
      { resource: "cpus", vms: ["db"], text: "db wants more" },
      { resource: "memory", vms: ["db", "web"], text: "db, web want more" },
    ],
    steps: 0,
  };
  expect(outcomeOf(answer, fleet, { before: none, urn: undefined }).problems).toEqual([
    { path: "vms.db", reason: "db wants more" },
    { path: "vms", reason: "db, web want more" },
  ]);
});
