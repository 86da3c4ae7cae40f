/* Memory by host node (<numatune>) and the guest's own NUMA cells (<cpu><numa>). */
import { z } from "zod";
import {
  disjoint,
  givenList,
  givenObject,
  list,
  mostMiB,
  oneOf,
  repeated,
  rules,
  setOf,
  someOf,
  whole,
  type Given,
  type Say,
} from "./schema-values";

const mode = oneOf(["strict", "preferred", "interleave", "restrictive"]);

/** libvirt's limit of guest cells is the vCPUs' one; SLIT tables of real machines have some dozens. */
const cellId = whole(0, 1023);

const cacheError =
  'must be an object, for example { level: 1, associativity: "direct", policy: "writeback", sizeKiB: 1024, lineBytes: 64 }';
const cache = z.strictObject(
  {
    level: z.literal([1, 2, 3], { error: "must be 1, 2 or 3" }),
    associativity: oneOf(["none", "direct", "full"]),
    policy: oneOf(["none", "writeback", "writethrough"]),
    sizeKiB: whole(1, 2 ** 32 - 1),
    lineBytes: whole(1, 65535),
  },
  { error: cacheError },
);
const caches = rules(
  z.array(cache, { error: "must be a list of caches" }).min(1, { error: "is empty: give a cache, or leave it out" }),
  (given, say) => {
    const levels = givenList(given).map(({ level }) => (typeof level === "number" ? String(level) : undefined));
    for (const index of repeated(levels)) say([index, "level"], `names level ${levels[index] ?? ""} a second time`);
  },
);

const distances = z
  .record(
    z.string().regex(/^(0|[1-9]\d{0,3})$/, { error: 'must be the number of a guest NUMA cell, for example "1"' }),
    whole(10, 255),
    { error: "must be a map from cell to distance, for example { 0: 10, 1: 21 }" },
  )
  .refine((given) => Object.keys(given).length > 0, { error: "is empty: give a distance, or leave it out" });

const cell = z.strictObject(
  {
    id: cellId,
    vcpus: list("vCPU").optional(),
    memoryMiB: whole(1, mostMiB),
    memAccess: oneOf(["shared", "private"]).optional(),
    mode: mode.optional(),
    nodeset: list("node").optional(),
    distances: distances.optional(),
    caches: caches.optional(),
  },
  { error: 'must be an object, for example { id: 0, vcpus: "0-3", memoryMiB: 4096, nodeset: "0" }' },
);

const cells = rules(
  z.array(cell, { error: "must be a list of cells" }).min(1, { error: "is empty: give a cell, or leave it out" }),
  (value, say) => {
    const given = givenList(value);
    idRules(given, say);
    given.forEach((one, index) => distanceRules(one, { index, count: given.length, say }));
    given.forEach((one, index) => {
      if (one["mode"] !== undefined && one["nodeset"] === undefined)
        say([index, "nodeset"], "must be given with mode: libvirt has no mode of a cell without its nodes");
    });
    disjoint(
      given.map((one) => setOf(one["vcpus"])),
      (index, vcpu, first) => say([index, "vcpus"], `holds vCPU ${vcpu}, which ${nameOf(given[first])} holds too`),
    );
  },
);

const nameOf = (one: Given | undefined): string =>
  typeof one?.["id"] === "number" ? `cell ${one["id"]}` : "another cell";

/** libvirt takes cells in any order, and numbers without gaps alone. */
function idRules(given: readonly Given[], say: Say): void {
  const ids = given.map(({ id }) => (typeof id === "number" ? String(id) : undefined));
  const twice = repeated(ids);
  for (const index of twice) say([index, "id"], `names cell ${ids[index] ?? ""} a second time`);
  given.forEach(({ id }, index) => {
    const beyond = typeof id === "number" && id >= given.length && cellId.safeParse(id).success;
    const what = given.length === 1 ? "a single cell is cell 0" : `${given.length} cells are numbered from 0`;
    if (beyond && !twice.includes(index)) say([index, "id"], `must not be above ${given.length - 1}: ${what}`);
  });
}

interface Place {
  readonly index: number;
  readonly count: number;
  readonly say: Say;
}

/** As libvirt has it: to itself 10, to another one more. A distance to a cell that is not there is lost. */
function distanceRules(one: Given, { index, count, say }: Place): void {
  for (const [to, distance] of Object.entries(givenObject(one["distances"]))) {
    const path = [index, "distances", to];
    if (!/^\d{1,4}$/.test(to) || !whole(10, 255).safeParse(distance).success) continue;
    if (Number(to) >= count) say(path, `there is no cell ${to}`);
    else if (Number(to) === one["id"] && distance !== 10) say(path, "must be 10: the distance of a cell to itself");
    else if (Number(to) !== one["id"] && distance === 10)
      say(path, "must be above 10, the distance of a cell to itself");
  }
}

const numa = someOf({
  mode: mode.optional(),
  nodeset: list("node").optional(),
  placement: oneOf(["static", "auto"]).optional(),
  cells: cells.optional(),
});

/** Under automatic placement libvirt drops a nodeset, and refuses one of a cell. */
function placementRules(given: Given, say: Say): void {
  if (given["placement"] !== "auto") return;
  const reason = "must be left out with placement auto, where numad chooses the nodes";
  if (given["nodeset"] !== undefined) say(["nodeset"], reason);
  givenList(given["cells"]).forEach((one, index) => {
    if (one["nodeset"] !== undefined) say(["cells", index, "nodeset"], reason);
  });
}

/** The pool is numad's too: libvirt would drop it without a word. */
export function poolRules({ vcpuCpuset, numa }: Given, say: Say): void {
  if (vcpuCpuset !== undefined && givenObject(numa)["placement"] === "auto")
    say(["vcpuCpuset"], "must be left out with numa.placement auto, where numad chooses the CPUs");
}

export const numaShape = {
  numa: rules(numa, (given, say) => placementRules(givenObject(given), say)).optional(),
};
