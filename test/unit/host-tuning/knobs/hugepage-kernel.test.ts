/*
 * Pools of huge pages on a model of the kernel that grants k of n: every node ends at what was asked for, or in an error
 * that names what is missing; a node that nobody named keeps its pages.
 */
import fc from "fast-check";
import type { Step } from "../../../../provider/host/step";
import { planHost, shortfalls } from "../../../../provider/host-tuning/plan";
import type { KnobArgs } from "../../../../provider/host-tuning/schema";
import { snapshotOf } from "../../../support/snapshot";
import { hugepageKernel, type HugepageKernel } from "../../../support/tuned-host/hugepage-kernel";

const folder = (node: number) => `/sys/devices/system/node/node${node}`;
const pool = (node: number) => `${folder(node)}/hugepages/hugepages-2048kB`;

function snapshot({ nodes }: HugepageKernel) {
  const files = [...nodes].flatMap(([node, { pages, used }]) => [
    [`${folder(node)}/meminfo`, `Node ${node} MemTotal: 67108864 kB\nNode ${node} MemFree: 33554432 kB`],
    [`${pool(node)}/nr_hugepages`, String(pages)],
    [`${pool(node)}/free_hugepages`, String(pages - Math.min(used, pages))],
  ]);
  return snapshotOf({ files: Object.fromEntries(files) as Record<string, string> });
}

/** What the scripts do (value-step-scripts.ts): write, read back, compact, write again. Any other write is an error. */
function run(kernel: HugepageKernel, steps: readonly Step[]): void {
  for (const step of steps) {
    if (step.kind !== "writeValues") continue;
    for (let attempt = 1; attempt <= (step.settle?.attempts ?? 1); attempt += 1) {
      if (attempt > 1) kernel.compact();
      for (const { path, value } of step.values) {
        const node = /^\/sys\/devices\/system\/node\/node(\d+)\/hugepages\/hugepages-2048kB\/nr_hugepages$/.exec(
          path,
        )?.[1];
        if (node === undefined) throw new Error(`not a pool of one node: ${path}`);
        kernel.writeNode(Number(node), Number(value));
      }
    }
  }
}

test("the model moves pages between nodes as the kernel does when the total is written", () => {
  const kernel = hugepageKernel({ 0: {}, 1: { pages: 40 } });
  const counts = () => [...kernel.nodes.values()].map(({ pages }) => pages);
  kernel.writeTotal(50);
  expect(counts()).toEqual([5, 45]);
  kernel.writeTotal(30);
  expect(counts()).toEqual([0, 30]);
  const empty = hugepageKernel({ 0: {}, 1: {} });
  empty.writeTotal(64);
  expect([...empty.nodes.values()].map(({ pages }) => pages)).toEqual([32, 32]);
});

const node = fc.record({
  pages: fc.integer({ min: 0, max: 200 }),
  room: fc.integer({ min: 0, max: 100 }),
  compacted: fc.integer({ min: 0, max: 30 }),
  used: fc.integer({ min: 0, max: 100 }),
});
const request = fc.oneof(
  fc.record({ total: fc.integer({ min: 0, max: 400 }) }),
  fc.record({
    nodes: fc.dictionary(fc.constantFrom("0", "1", "2"), fc.integer({ min: 0, max: 250 }), { minKeys: 1 }),
  }),
);

test("every node ends at the request or in an error with the deficit, and no other node changes", () => {
  let [met, short, refused] = [0, 0, 0];
  fc.assert(
    fc.property(fc.array(node, { minLength: 3, maxLength: 3 }), request, (start, wanted) => {
      const given = start.map((one) => ({ ...one, used: Math.min(one.used, one.pages) }));
      const kernel = hugepageKernel(Object.fromEntries(given.entries()));
      const args = { hugepages: [{ size: "2M", ...wanted }] } as KnobArgs;
      const plan = planHost(args, snapshot(kernel));
      const asked = new Map(plan.changes.map(({ setting, desired }) => [setting, Number(desired)]));
      if (plan.problems.length > 0) {
        refused += 1;
        expect(plan.problems.every(({ reason }) => reason.includes("are in use, and"))).toBe(true);
        return;
      }
      run(kernel, plan.steps);
      const errors = shortfalls(args, snapshot(kernel));
      for (const [id, { pages }] of kernel.nodes) {
        const desired = asked.get(`hugepages.2M.node${id}`);
        if (desired === undefined || pages === desired) {
          met += 1;
          if (desired === undefined) expect(pages).toBe(given[id]?.pages);
          expect(errors.filter((text) => text.includes(`.node${id}:`))).toEqual([]);
          continue;
        }
        short += 1;
        expect(pages).toBeLessThan(desired);
        expect(
          errors.find((text) => text.startsWith(`hugepages.2M.node${id}: expected ${desired}, the host has ${pages}`)),
        ).toContain(`Node ${id} has ${pages} of ${desired} pages of 2M, ${desired - pages} too few: `);
      }
    }),
    { numRuns: 500 },
  );
  expect(Math.min(met, short, refused)).toBeGreaterThan(20);
});
