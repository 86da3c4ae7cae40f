/*
 * npm run test:oracle [-- --seed N] [--random N] [--milp N]: the planner against oracles that share no code with it. Prints
 * the seed; exit code 1 at the first kind of difference.
 */
import { parseArgs } from "node:util";

import loadHighs from "highs";

import { plan } from "../../provider/placement-plan/planner/plan";
import { problemsOf } from "../support/planner/checker";
import { compareExhaustive, type Verdict } from "../support/planner/compare-exhaustive";
import { smallInstance } from "../support/planner/instances";
import { family } from "./family";
import { midSizeInstance } from "./mid-size";
import { milpEntries, solveMilp, type Solver } from "./milp";

/** Arrangements of one instance that the exhaustive oracle looks at. */
const mostArrangements = 8000;
const milpSeconds = 20;

export async function main(argv: readonly string[]): Promise<number> {
  const options = { seed: { type: "string" }, random: { type: "string" }, milp: { type: "string" } } as const;
  const { values } = parseArgs({ args: [...argv], options });
  const seed = Number(values.seed ?? Date.now() % 1_000_000_000);
  process.stdout.write(`seed ${seed}\n`);
  let failed = runRandom(seed, Number(values.random ?? 10_000));
  failed = runFamily() || failed;
  failed = (await runMilp(seed, Number(values.milp ?? 200))) || failed;
  return failed ? 1 : 0;
}

/** How many of each verdict; shows the first differences. */
function makeTally(title: string) {
  const counts = new Map<string, number>();
  let differences = 0;
  const count = (name: string) => counts.set(name, (counts.get(name) ?? 0) + 1);
  return {
    add(label: string, verdict: Verdict | readonly string[]) {
      if (typeof verdict === "string") return void count(verdict);
      differences += 1;
      if (differences <= 5) process.stdout.write(`${title} ${label}:\n  ${verdict.join("\n  ")}\n`);
    },
    count,
    judged: () => (counts.get("planned") ?? 0) + (counts.get("infeasible") ?? 0),
    end(): boolean {
      const list = [...counts].map(([name, number]) => `${number} ${name}`).join(", ");
      process.stdout.write(`${title}: ${list}, ${differences} differences\n`);
      return differences > 0;
    },
  };
}

/** As many instances as it takes to have judged so many: those with too many arrangements do not count. */
function runRandom(seed: number, wanted: number): boolean {
  const tally = makeTally("random instances");
  for (let offset = 0; tally.judged() < wanted && offset < 3 * wanted; offset += 1) {
    const instance = (seed + offset) >>> 0;
    tally.add(`seed ${instance}`, compareExhaustive(smallInstance(instance), mostArrangements));
    if (offset % 1000 === 999)
      process.stderr.write(`random instances: ${offset + 1} looked at, ${tally.judged()} judged\n`);
  }
  return tally.end();
}

function runFamily(): boolean {
  const tally = makeTally("small family");
  let index = 0;
  for (const request of family()) {
    tally.add(`instance ${index}`, compareExhaustive(request, 1_000_000));
    index += 1;
    if (index % 1000 === 0) process.stderr.write(`small family: ${index} judged\n`);
  }
  return tally.end();
}

async function runMilp(seed: number, wanted: number): Promise<boolean> {
  const tally = makeTally("mid-size instances");
  const solver: Solver = await loadHighs();
  for (let offset = 0; offset < wanted; offset += 1) {
    const instance = (seed + offset) >>> 0;
    tally.add(`seed ${instance}`, compareMilp(solver, instance, tally.count));
    if (offset % 20 === 19) process.stderr.write(`mid-size instances: ${offset + 1} of ${wanted}\n`);
  }
  return tally.end();
}

/** Optimal values must be met or lie within the gap that the plan states. */
function compareMilp(solver: Solver, seed: number, count: (name: string) => void): Verdict {
  const request = midSizeInstance(seed);
  const answer = plan(request);
  const best = solveMilp(solver, request, milpSeconds);
  if (best.feasible === undefined) return "too large";
  if (!best.feasible)
    return answer.outcome === "infeasible"
      ? "infeasible"
      : answer.outcome === "undecided"
        ? "too large"
        : [`${answer.outcome}, but there is no arrangement`];
  if (answer.outcome === "undecided") return "too large";
  if (answer.outcome !== "planned") return [`${answer.outcome}, but there is an arrangement`];
  const problems = problemsOf(request, answer);
  let asGood = true;
  for (const [index, entry] of milpEntries.entries()) {
    const optimum = best.values[index];
    const ours = answer.objective.find((each) => each.measure === entry);
    if (optimum === undefined || ours === undefined || !asGood) break;
    if (ours.value < optimum) problems.push(`${entry} ${ours.value} is less than the optimum ${optimum}`);
    if (ours.bound > optimum) problems.push(`${entry} is said to be at least ${ours.bound}, but ${optimum} can be had`);
    if (ours.value > optimum && ours.proof === "optimal")
      problems.push(`${entry} ${ours.value} is called optimal, but ${optimum} can be had`);
    // What comes later is compared only where all before is as good.
    asGood = ours.value === optimum;
    count(`${entry} ${asGood ? "equal" : "within the gap"}`);
  }
  return problems.length === 0 ? "planned" : problems;
}
