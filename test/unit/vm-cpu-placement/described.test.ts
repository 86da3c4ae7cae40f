import * as fc from "fast-check";

import { desiredFacts } from "../../../provider/vm-cpu-placement/desired";
import { withChanges, type Facts } from "../../../provider/vm-cpu-placement/facts";
import { argsOf, arbitraryFacts, describedAll } from "./arbitrary";

const plainOf = (facts: Facts) => Object.fromEntries([...facts].sort());

describe("what describes a domain, asked for, gives that domain", () => {
  test("where it is", () => {
    fc.assert(
      fc.property(arbitraryFacts, (facts) => {
        const wanted = desiredFacts(argsOf(describedAll(facts)), { existing: [facts, facts], domainType: "kvm" });
        expect(plainOf(withChanges(facts, wanted))).toEqual(plainOf(facts));
      }),
      { numRuns: 300, endOnFailure: true },
    );
  });

  test("where nothing is yet: all but what the domain's maker says of memory and vendor", () => {
    fc.assert(
      fc.property(arbitraryFacts, (facts) => {
        const wanted = desiredFacts(argsOf(describedAll(facts)), { existing: [], domainType: "kvm" });
        const hasCells = facts.has("numa.cells.0.memory");
        const makers = new Map<string, null>([
          ["currentMemory", null],
          // Not asked for: it came with the model.
          ["cpu.vendor", null],
          ...(hasCells ? [] : [["memory", null] as const]),
        ]);
        expect(plainOf(withChanges(new Map(), wanted))).toEqual(plainOf(withChanges(facts, makers)));
      }),
      { numRuns: 300, endOnFailure: true },
    );
  });
});
