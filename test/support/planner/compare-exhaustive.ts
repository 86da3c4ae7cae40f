/* The planner against the exhaustive oracle on one instance. */
import { plan } from "../../../provider/placement-plan/planner/plan";
import type { PlanRequest } from "../../../provider/placement-plan/planner/model";
import { problemsOf } from "./checker";
import { exhaustive } from "./exhaustive";

export type Verdict = "too large" | "infeasible" | "planned" | readonly string[];

/** Lists every difference. An instance of more arrangements than `most` is not judged. */
export function compareExhaustive(request: PlanRequest, most: number): Verdict {
  const best = exhaustive(request, most);
  if (best === undefined) return "too large";
  const answer = plan(request);
  if (best.cost === undefined)
    return answer.outcome === "infeasible" ? "infeasible" : [`${answer.outcome}, but there is no arrangement`];
  if (answer.outcome !== "planned") return [`${answer.outcome}, but there is an arrangement of ${best.cost.join(" ")}`];
  const problems = problemsOf(request, answer);
  const value = answer.objective.map((entry) => entry.value);
  if (value.join(" ") !== best.cost.join(" "))
    problems.push(`${value.join(" ")} where ${best.cost.join(" ")} can be had`);
  for (const entry of answer.objective) if (entry.proof !== "optimal") problems.push(`${entry.measure} is not proven`);
  return problems.length === 0 ? "planned" : problems;
}
