/* PlacementPlan as the adapter sees it. It reads hosts and writes nothing: all that it makes are its outputs. */
import { canonical } from "../canonical";
import type { Hosts } from "../host/hosts";
import type { CheckRequest, CheckResult, Problem, Props, Resource, Run } from "../resource";
import { pinConflicts } from "./conflicts-vms";
import { outcomeOf, type Before } from "./outcome";
import { hostProblems } from "./planned-host";
import { plan } from "./planner/plan";
import { promisesOf } from "./promises";
import { readFleet } from "./read-fleet";
import { planRequest, type Fleet } from "./request";
import { given, parseArgs } from "./schema";
import { inputsOf, lastOf, outputsOf } from "./state";

export function createPlacementPlan(hosts: Hosts): Resource {
  return {
    check: (request, run) => check(hosts, request, run),
    diff({ outputs, inputs, unknowns }) {
      // What is known only during the update may be anything.
      return Promise.resolve({ changes: unknowns.length > 0 || !sameState(inputs, outputs), replaces: [] });
    },
    create: ({ inputs }, run) => Promise.resolve({ id: nameOf(run.urn), outputs: outputsOf(inputs) }),
    update: ({ inputs }) => Promise.resolve({ outputs: outputsOf(inputs) }),
    // What has changed on a host shows in the check that follows, as another plan.
    read: ({ outputs }) => Promise.resolve({ outputs: outputsOf(outputs), inputs: outputsOf(outputs) }),
    delete: () => Promise.resolve(),
  };
}

async function check(hosts: Hosts, { olds, news, unknowns }: CheckRequest, run: Run): Promise<CheckResult> {
  const parsed = parseArgs(news);
  if (unknowns.length > 0) {
    const known = "problems" in parsed ? parsed.problems.filter(({ path }) => !isUnknown(path, unknowns)) : [];
    const later = "known only during the update, and with it the whole plan";
    return { computed: { plan: Object.fromEntries(unknowns.map((path) => [path, later])) }, problems: known };
  }
  if ("problems" in parsed) return { computed: {}, problems: parsed.problems };
  const before = lastOf(olds);
  const count = Object.keys(parsed.args.hosts).length;
  run.progress(`reading ${count} host${count === 1 ? "" : "s"}`);
  const fleet = await readFleet(hosts, parsed.args, { last: before.placements, urn: run.urn });
  if ("problems" in fleet) return { computed: {}, problems: fleet.problems };
  return planned(hosts, fleet, { before, run });
}

/** A problem that may be none as soon as the value is known. */
function isUnknown(path: string, unknowns: readonly string[]): boolean {
  const isIn = (one: string, other: string): boolean => one === other || one.startsWith(`${other}.`);
  return unknowns.some((unknown) => isIn(path, unknown) || isIn(unknown, path));
}

async function planned(
  hosts: Hosts,
  fleet: Fleet,
  { before, run }: { before: Before; run: Run },
): Promise<CheckResult> {
  const problems: readonly Problem[] = [
    ...fleet.hosts.flatMap(hostProblems),
    ...pinConflicts(fleet).map(({ path, sentence }) => ({ path, reason: sentence })),
  ];
  if (problems.length > 0) return { computed: {}, problems };
  const vms = Object.keys(fleet.args.vms).length;
  run.progress(`planning ${vms} VM${vms === 1 ? "" : "s"}`);
  const outcome = outcomeOf(plan(planRequest(fleet)), fleet, { before, urn: run.urn });
  if (outcome.outputs === undefined || outcome.problems.length > 0) return { computed: {}, problems: outcome.problems };
  for (const warning of outcome.warnings) await run.warn(warning);
  for (const { host, domain } of promisesOf(fleet, outcome.outputs.placements, run.urn))
    hosts.promise(host.args.connection, domain);
  return { computed: inputsOf(outcome.outputs, outcome.plan), problems: [] };
}

/** Given and planned alike. The lines of the plan are of one run. */
function sameState(inputs: Props, outputs: Props): boolean {
  const [one, other] = [inputs, outputs].map((props) => canonical([given(props), lastOf(props)]));
  return one === other;
}

/** The last part of the URN: urn:pulumi:STACK::PROJECT::TYPE::NAME. */
const nameOf = (urn: string | undefined): string => urn?.split("::").at(-1) ?? "plan";
