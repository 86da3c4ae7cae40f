import { gib, nodeOf, pool, problemsOf, shutOff, warningsOf } from "../support";

const nodes = [
  nodeOf(0, "0-3", { hugepages: [pool(2048, 4096)] }),
  nodeOf(1, "4-6", { hugepages: [pool(2048, 4096)] }),
];
const strict = { "numa.mode": "strict", "numa.nodeset": "1", emulatorPin: "0-1" };
const mend = "Add a CPU of that node";
const fails =
  'where the memory is taken at the start: the start would fail ("Setting CPU affinity failed: Invalid argument")';

test.each([{ "memoryBacking.hugepages": "2M" }, { "memoryBacking.allocation": "immediate" }])(
  "with %j the emulator needs a CPU of the memory's node",
  (backing) => {
    expect(problemsOf({ ...strict, ...backing }, { host: { nodes } })).toEqual([
      `emulatorPin: CPUs 0-1 of emulatorPin are not on NUMA node 1 (CPUs 4-6), ${fails}. ${mend}`,
    ]);
    expect(problemsOf({ ...strict, ...backing, emulatorPin: "0,4" }, { host: { nodes } })).toEqual([]);
    expect(problemsOf({ ...strict, ...backing, "numa.mode": "preferred" }, { host: { nodes } })).toEqual([]);
  },
);

test("without, it is a warning", () => {
  expect(problemsOf(strict)).toEqual([]);
  expect(warningsOf(strict)).toEqual([
    `emulatorPin: CPUs 0-1 of emulatorPin are not on NUMA node 1 (CPUs 4-6), where the memory is: QEMU's own threads would work on it from afar. ${mend}`,
  ]);
});

test("each cell's node needs one", () => {
  const cells = {
    "numa.cells.0.vcpus": "0-1",
    "numa.cells.0.memory": `${gib} KiB`,
    "numa.cells.0.nodeset": "0",
    "numa.cells.1.vcpus": "2-3",
    "numa.cells.1.memory": `${gib} KiB`,
    "numa.cells.1.nodeset": "1",
    "memoryBacking.hugepages": "2M",
  };
  expect(problemsOf({ emulatorPin: "4" }, { domain: shutOff(cells), host: { nodes } })).toEqual([
    `emulatorPin: CPU 4 of emulatorPin is not on NUMA node 0 (CPUs 0-3), ${fails}. ${mend}`,
  ]);
  expect(
    problemsOf(
      { "memoryBacking.hugepages": "2M" },
      { domain: shutOff({ ...cells, emulatorPin: "4" }), host: { nodes } },
    ),
  ).toEqual([`memoryBacking.hugepages: CPU 4 of emulatorPin is not on NUMA node 0 (CPUs 0-3), ${fails}. ${mend}`]);
});
