import * as fc from "fast-check";

import { editDomain, readDomain } from "../../../provider/vm-cpu-placement/domain-xml";
import { unmanagedText } from "../../../provider/vm-cpu-placement/domain-xml/unmanaged";
import type { Facts } from "../../../provider/vm-cpu-placement/facts";
import { arbitraryFacts, arbitraryProgram } from "./arbitrary";
import { changesBetween, emptyDomain, run, type Simulated } from "./simulated";

const empty = readDomain(emptyDomain).facts;
const documentWith = (facts: Facts): string => editDomain(emptyDomain, changesBetween(empty, facts));
const sorted = (facts: Facts | undefined) => Object.fromEntries([...(facts ?? [])].sort());

const start = fc.tuple(arbitraryFacts, fc.boolean()).map(([facts, runs]): Simulated => {
  const xml = documentWith(facts);
  return { xml, live: runs ? readDomain(xml).facts : undefined, record: undefined };
});

test("a second run of the same program does nothing, whatever was before", () => {
  fc.assert(
    fc.property(start, arbitraryProgram, arbitraryProgram, (domain, other, program) => {
      const first = run(program, run(other, domain).after);
      if (first.plan.problems.length > 0) return;
      const second = run(program, first.after);
      expect(second.plan.changes).toEqual([]);
      expect(second.after.xml).toBe(first.after.xml);
    }),
    { numRuns: 80, endOnFailure: true },
  );
});

/** What others do to the domain between two runs. */
const meanwhile = fc.constantFrom("nothing", "start", "stop");

function after(event: "nothing" | "start" | "stop", domain: Simulated): Simulated {
  if (event === "nothing") return domain;
  return { ...domain, live: event === "start" ? readDomain(domain.xml).facts : undefined };
}

test("whatever was managed and dropped on the way, delete gives back the domain that was there", () => {
  fc.assert(
    fc.property(
      start,
      fc.array(fc.tuple(arbitraryProgram, meanwhile), { minLength: 1, maxLength: 3 }),
      (domain, programs) => {
        let now = domain;
        for (const [program, event] of programs) now = after(event, run(program, now).after);
        const { after: end, plan } = run({}, now);
        expect(plan.problems).toEqual([]);
        expect(plan.left).toEqual([]);
        expect(sorted(readDomain(end.xml).facts)).toEqual(sorted(readDomain(domain.xml).facts));
        expect(unmanagedText(end.xml)).toBe(unmanagedText(domain.xml));
        expect(run({}, { ...end, record: now.record }).plan.changes).toEqual([]);
      },
    ),
    { numRuns: 80, endOnFailure: true },
  );
});

const off = (xml: string): Simulated => ({ xml, live: undefined, record: undefined });

test("a maximum that is the number in use: that number comes back with the old maximum", () => {
  const start = off(emptyDomain.replace("<vcpu placement='static'>4<", "<vcpu placement='static' current='2'>4<"));
  const tuned = run({ vcpus: { maximum: 2 } }, start).after;
  expect(readDomain(tuned.xml).facts.get("vcpus.current")).toBeUndefined();
  expect(run({ vcpus: { maximum: 2 } }, tuned).plan.changes).toEqual([]);
  expect(readDomain(run({}, tuned).after.xml).facts).toEqual(readDomain(start.xml).facts);
});

test("a number in use that is the maximum that goes back", () => {
  const start = off(emptyDomain);
  const more = run({ vcpus: { maximum: 8 } }, start).after;
  const first = run({ vcpus: { current: 4 } }, more);
  expect(first.plan.problems).toEqual([]);
  expect(readDomain(first.after.xml).facts.get("vcpus.maximum")).toBe("4");
  expect(run({ vcpus: { current: 4 } }, first.after).plan.changes).toEqual([]);
  expect(readDomain(run({}, first.after).after.xml).facts).toEqual(readDomain(start.xml).facts);
});

test("what is computed counts with what goes back in the same run", () => {
  const cells = [{ id: 0, vcpus: "0-3", memoryMiB: 1024 }];
  const fuller = run({ iothreads: [{ id: 1 }, { id: 2 }], numa: { cells } }, off(emptyDomain)).after;
  const less = { memoryBacking: { locked: true, hugepages: [{ size: "2M", cells: "0" }] } };
  const first = run(less, fuller);
  expect(run(less, first.after).plan.changes).toEqual([]);
  const alone = run(less, off(emptyDomain)).after;
  expect(readDomain(first.after.xml).facts).toEqual(readDomain(alone.xml).facts);
});
