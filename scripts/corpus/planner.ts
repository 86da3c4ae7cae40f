import { readFileSync } from "node:fs";

import type { PlanAnswer } from "../../provider/placement-plan/planner/answer";
import { plan } from "../../provider/placement-plan/planner/plan";
import { difference, type CaseResult, type Corpus } from "./corpus";
import { foundProperties, type PlannerTopology } from "./planner/properties";
import { kubeletRequest, type KubeletCase } from "./planner/kubelet";
import { novaRequest, type NovaCase } from "./planner/nova";

export interface Expected {
  readonly outcome: "ok" | "reject" | "error";
  readonly properties?: Readonly<Record<string, unknown>>;
}

type PlannerCase = (KubeletCase | NovaCase) & { readonly id: string; readonly expected: Expected };

/** Placement scenarios of Kubernetes' and Nova's tests: outcomes, and what holds for any sound planner. */
export const planner: Corpus = {
  name: "planner",
  source: "cases/planner-cases.json",
  run(path) {
    const { cases, topologies } = JSON.parse(readFileSync(path, "utf8")) as {
      cases: readonly PlannerCase[];
      topologies: Readonly<Record<string, PlannerTopology>>;
    };
    return Promise.resolve(cases.map((one) => ({ case: one.id, problems: runCase(one, topologies) })));
  },
};

function runCase(one: PlannerCase, topologies: Readonly<Record<string, PlannerTopology>>): CaseResult["problems"] {
  const request = "host" in one ? novaRequest(one) : kubeletRequest(one, topologies);
  if (typeof request === "string") return one.expected.outcome === "ok" ? [`refused: ${request}`] : [];
  const answer = plan(request);
  const outcome = difference("outcome", answer.outcome, one.expected.outcome === "ok" ? "planned" : "infeasible");
  if (outcome.length > 0 || answer.outcome !== "planned") return [...outcome, ...reason(answer, outcome)];
  const found = foundProperties(request, answer);
  return Object.entries(one.expected.properties ?? {}).flatMap(([name, wanted]) => {
    const property = found[name];
    return property === undefined ? [`unknown property ${name}`] : property(wanted);
  });
}

function reason(answer: PlanAnswer, outcome: readonly string[]): string[] {
  return outcome.length > 0 && answer.outcome === "infeasible" ? answer.explanations.map((each) => each.text) : [];
}
