import { compareExhaustive } from "../../../support/planner/compare-exhaustive";
import { smallInstance } from "../../../support/planner/instances";

test("500 random small instances: every entry of the objective is what looking at all arrangements finds", () => {
  const first = 1;
  const counts = new Map<string, number>();
  let judged = 0;
  for (let seed = first; judged < 500; seed += 1) {
    const verdict = compareExhaustive(smallInstance(seed), 3000);
    if (typeof verdict !== "string") throw new Error(`seed ${seed}: ${verdict.join("; ")}`);
    counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
    if (verdict !== "too large") judged += 1;
  }
  // Neither a generator of refusals nor one of easy fleets.
  expect(counts.get("planned")).toBeGreaterThan(100);
  expect(counts.get("infeasible")).toBeGreaterThan(100);
}, 300_000);
