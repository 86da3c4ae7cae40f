/*
 * The planner: which host, nodes, cores and CPUs each VM of a fleet gets. Pure and deterministic; what it says of its
 * own optimality is proved. docs/planning.md tells how.
 */
import { measures, type Objective, type PlanAnswer } from "./answer";
import { book, unbook } from "./booking";
import { makeCoreMemo } from "./core-memo";
import { components } from "./components";
import { explainArrangement } from "./explain";
import type { PlanRequest } from "./model";
import { largestVm, levels, type Vector } from "./objective";
import { at as entry } from "./objective";
import { prepareHosts } from "./prepare-hosts";
import { prepareVms } from "./prepare-vms";
import type { Option, Problem } from "./problem";
import { realise } from "./realise";
import { refusals } from "./refusals";
import { solve, type Solved } from "./solve";

const defaultLimit = 1_000_000;

export function plan(request: PlanRequest): PlanAnswer {
  const hosts = prepareHosts(request);
  const problem: Problem = { hosts, vms: prepareVms(request, hosts) };
  const explanations = refusals(problem, request);
  if (explanations.length > 0) return { outcome: "infeasible", explanations, steps: 0 };
  const limit = request.searchLimit ?? defaultLimit;
  const parts = components(problem);
  const solved = parts.map((part) => solve(part, Math.ceil((limit * part.vms.length) / problem.vms.length)));
  const steps = solved.reduce((sum, each) => sum + each.steps, 0);
  for (const [index, each] of solved.entries()) {
    const part = parts[index];
    if (each.outcome === "infeasible" && part !== undefined)
      return { outcome: "infeasible", explanations: [explainArrangement(part, each.nearest, limit)], steps };
  }
  const planned = solved.filter((each) => each.outcome === "planned");
  if (planned.length === solved.length) {
    const options = planned.flatMap((each) => each.solution.options);
    return { outcome: "planned", placements: place(options), objective: combine(planned, problem), steps };
  }
  const options = solved.flatMap((each) => (each.outcome === "planned" ? each.solution.options : each.nearest.options));
  const unplaced = solved.flatMap((each) => (each.outcome === "planned" ? [] : each.nearest.unplaced));
  return {
    outcome: "undecided",
    placements: place(options),
    unplaced: unplaced.map((vm) => vm.spec.name).sort(),
    steps,
  };
}

function place(options: readonly Option[]) {
  for (const option of options) book(option);
  const placements = realise(options, makeCoreMemo());
  for (const option of [...options].reverse()) unbook(option);
  return placements;
}

type PlannedPart = Extract<Solved, { outcome: "planned" }>;

/** Entries add up; only the largest VM that still fits is the largest of any part. */
function combine(parts: readonly PlannedPart[], { hosts }: Problem): Objective {
  const used = new Set(parts.flatMap((part) => part.hosts));
  const idle = largestVm(hosts.filter((host) => !used.has(host)));
  let proven = true;
  return measures.map((measure, index) => {
    const total = (of: (part: PlannedPart) => Vector) => together(parts, { index, of, idle });
    const value = total((part) => part.solution.vector);
    const bound = total((part) => (proven ? part.bound : part.floor));
    proven &&= bound === value;
    return { level: levels[index] ?? 0, measure, value, bound, proof: bound === value ? "optimal" : "gap" };
  });
}

function together(
  parts: readonly PlannedPart[],
  { index, of, idle }: { index: number; of: (part: PlannedPart) => Vector; idle: number },
): number {
  const values = parts.map((part) => of(part)[index] ?? 0);
  if (index !== entry.fragmentation) return values.reduce((sum, value) => sum + value, 0);
  const before = Math.max(idle, ...parts.map((part) => part.largest));
  return before - Math.max(idle, ...parts.map((part, position) => part.largest - (values[position] ?? 0)));
}
