import fc from "fast-check";

import { plan } from "../../../../provider/placement-plan/planner/plan";
import { planned, problemsOf } from "../../../support/planner/checker";
import { makeFleet, makeHost, makeVm } from "../../../support/planner/fleets";
import { smallInstance } from "../../../support/planner/instances";
import { seeded } from "../../../support/planner/random";

const seeds = fc.integer({ min: 0, max: 2 ** 31 });

test("the same request gives the same bytes, in whatever order it is listed", () => {
  fc.assert(
    fc.property(seeds, seeds, (seed, order) => {
      const request = smallInstance(seed);
      const random = seeded(order);
      const shuffled = {
        hosts: random.shuffled(request.hosts).map((host) => ({ ...host, cpus: random.shuffled(host.cpus) })),
        vms: random.shuffled(request.vms),
        ...(request.previous !== undefined && { previous: random.shuffled(request.previous) }),
      };
      expect(JSON.stringify(plan(shuffled))).toBe(JSON.stringify(plan(request)));
      expect(JSON.stringify(plan(request))).toBe(JSON.stringify(plan(request)));
    }),
    { numRuns: 200 },
  );
});

test("every plan holds every rule, and its objective is what an independent count makes of it", () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const request = smallInstance(seed);
      const answer = plan(request);
      if (answer.outcome === "planned") expect(problemsOf(request, answer)).toEqual([]);
    }),
    { numRuns: 400 },
  );
});

test("fleets on hosts of several nodes hold every rule, with housekeeping", () => {
  fc.assert(
    fc.property(seeds, fc.integer({ min: 1, max: 3 }), (seed, hosts) => {
      const all = Array.from({ length: hosts }, (_, index) => {
        const { housekeepingCores: _none, ...host } = makeHost(`h${index}`, {
          nodes: 4,
          cores: 8,
          threads: 2,
          gib: 64,
          domains: 2,
        });
        return host;
      });
      const request = { hosts: all, vms: makeFleet(seed, all, { load: 0.6, most: 12 * hosts }) };
      expect(problemsOf(request, planned(plan(request)))).toEqual([]);
    }),
    { numRuns: 25 },
  );
});

test("a plan that is applied is kept: planned again, nothing moves", () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const request = smallInstance(seed);
      const answer = plan(request);
      if (answer.outcome !== "planned") return;
      const again = planned(plan({ ...request, previous: answer.placements }));
      expect(again.objective.filter((entry) => entry.level === 7).map((entry) => entry.value)).toEqual([0, 0]);
      expect(again.placements.map((each) => each.vcpuPins)).toEqual(answer.placements.map((each) => each.vcpuPins));
    }),
    { numRuns: 200 },
  );
});

test("an unrelated VM on a free host moves nobody", () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const hosts = [0, 1].map((index) => makeHost(`h${index}`, { nodes: 2, cores: 8, threads: 2, gib: 64 }));
      const vms = makeFleet(seed, hosts, { load: 0.7, most: 12, hosts: ["h0", "h1"] });
      const before = planned(plan({ hosts, vms }));
      const free = makeHost("h2", { nodes: 2, cores: 8, threads: 2, gib: 64 });
      const more = { hosts: [...hosts, free], vms: [...vms, makeVm("other", [4, 8], { hosts: ["h2"] })] };
      const after = planned(plan({ ...more, previous: before.placements }));
      const kept = after.placements.filter((each) => each.vm !== "other");
      expect(kept.map((each) => [each.vm, each.host, each.vcpuPins, each.cells])).toEqual(
        before.placements.map((each) => [each.vm, each.host, each.vcpuPins, each.cells]),
      );
    }),
    { numRuns: 40 },
  );
});
