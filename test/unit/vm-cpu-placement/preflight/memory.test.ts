import { gib, nodeOf, problemsOf, shutOff, warningsOf } from "../support";

const kib = (value: number) => `${value} KiB`;
const cell = (id: number, vcpus: string, memoryGib: number) => ({
  [`numa.cells.${id}.vcpus`]: vcpus,
  [`numa.cells.${id}.memory`]: kib(memoryGib * gib),
});

describe("memory that may lie nowhere else", () => {
  const bound = { "numa.mode": "strict", "numa.nodeset": "0" };

  test("and exceeds its node is refused", () => {
    const domain = shutOff({ memory: kib(9 * gib) });
    expect(problemsOf(bound, { domain })).toEqual([
      "numa.nodeset: the memory of 9 GiB cannot lie on NUMA node 0 alone (mode strict), which has 8 GiB: name more nodes, spread guest cells over them, or give less memory",
    ]);
    expect(problemsOf({ "numa.mode": "preferred", "numa.nodeset": "0" }, { domain })).toEqual([]);
    expect(problemsOf({ "numa.mode": "strict", "numa.nodeset": "0-1" }, { domain })).toEqual([]);
    expect(problemsOf({ emulatorPin: "0" }, { domain: shutOff({ ...bound, memory: kib(9 * gib) }) })).toEqual([]);
  });

  test("is judged only where its size and the node's are known", () => {
    expect(problemsOf(bound, { domain: undefined })).toEqual([]);
    const nodes = [nodeOf(0, "0-3", { memoryKiB: null })];
    expect(problemsOf(bound, { domain: shutOff({ memory: kib(9 * gib) }), host: { nodes } })).toEqual([]);
  });

  test("is summed up over the cells of one nodeset, and of nodesets inside it", () => {
    const cells = { ...cell(0, "0", 5), ...cell(1, "1", 4), ...cell(2, "2-3", 8) };
    const on = (...nodes: readonly string[]) =>
      Object.fromEntries(nodes.map((nodeset, id) => [`numa.cells.${id}.nodeset`, nodeset]));
    const tail = "name more nodes, spread guest cells over them, or give less memory";
    expect(problemsOf({ ...cells, ...on("0", "0", "1") })).toEqual([
      `numa.cells.0.nodeset: guest cells 0, 1 of 9 GiB cannot lie on NUMA node 0 alone (mode strict), which has 8 GiB: ${tail}`,
    ]);
    expect(problemsOf({ ...cells, ...on("0-1", "0", "1") })).toEqual([
      `numa.cells.0.nodeset: guest cells 0, 1, 2 of 17 GiB cannot lie on NUMA nodes 0-1 alone (mode strict), which have 16 GiB: ${tail}`,
    ]);
    expect(problemsOf({ ...cell(0, "0-3", 9), "numa.mode": "restrictive", "numa.nodeset": "1" })).toEqual([
      `numa.nodeset: guest cell 0 of 9 GiB cannot lie on NUMA node 1 alone (mode restrictive), which has 8 GiB: ${tail}`,
    ]);
  });
});

test("locked memory that the host does not have is refused", () => {
  const locked = { "memoryBacking.locked": "yes" };
  expect(problemsOf(locked, { domain: shutOff({ memory: kib(17 * gib) }) })).toEqual([
    "memoryBacking.locked: 17 GiB cannot be locked: this host has 16 GiB. Give the domain less memory, or do not lock it",
  ]);
  const preferred = shutOff({ memory: kib(9 * gib), "numa.mode": "preferred", "numa.nodeset": "1" });
  expect(problemsOf(locked, { domain: preferred })).toEqual([
    "memoryBacking.locked: 9 GiB cannot be locked: NUMA node 1 has 8 GiB. Give the domain less memory, or do not lock it",
  ]);
  expect(problemsOf(locked, { domain: shutOff({ memory: kib(15 * gib) }) })).toEqual([]);
});

describe("a hard limit", () => {
  const domain = shutOff({ memory: kib(4 * gib) });
  const limit = (mib: number) => ({ "memoryBacking.hardLimit": kib(mib * 1024) });

  test("below the memory and QEMU's own need is refused", () => {
    expect(problemsOf(limit(4096), { domain })).toEqual([
      "memoryBacking.hardLimit: 4 GiB are too little: 4 GiB of the guest and QEMU's own need (256 MiB at the least) must lie inside, " +
        "or the kernel kills the domain. Set memoryBacking.hardLimitMiB to 4352 or more",
    ]);
    expect(problemsOf(limit(4352), { domain })).toEqual([]);
    expect(problemsOf(limit(1), { domain: undefined })).toEqual([]);
  });

  test("counts huge pages only where they are locked", () => {
    const host = { hugetlbfsKiB: [2048], nodes: [] };
    const huge = { ...limit(1024), "memoryBacking.hugepages": "2M" };
    expect(problemsOf(huge, { domain, host })).toEqual([]);
    expect(problemsOf({ ...huge, "memoryBacking.locked": "yes" }, { domain, host })).toEqual([
      "memoryBacking.hardLimit: 1 GiB are too little: 4 GiB of the guest and QEMU's own need (256 MiB at the least) must lie inside, " +
        "or the kernel kills the domain. Set memoryBacking.hardLimitMiB to 4352 or more",
    ]);
  });
});

test("memory that exceeds each node is warned of while the guest sees one node", () => {
  const warning =
    "numa.nodeset: the memory of 12 GiB exceeds one NUMA node (node 0 has 8 GiB, node 1 has 8 GiB), and the guest sees a single one: give it cells (numa.cells)";
  const wanted = { "numa.mode": "interleave", "numa.nodeset": "0-1" };
  expect(warningsOf(wanted, { domain: shutOff({ memory: kib(12 * gib) }) })).toEqual([warning]);
  expect(warningsOf(wanted, { domain: shutOff({ memory: kib(8 * gib) }) })).toEqual([]);
  const cells = { ...cell(0, "0-1", 6), ...cell(1, "2-3", 6) };
  expect(warningsOf(wanted, { domain: shutOff({ memory: kib(12 * gib), ...cells }) })).toEqual([]);
});
