import { problemsOf, shutOff, warningsOf } from "../support";

const memory = "1048576 KiB";
const cells = {
  "numa.cells.0.vcpus": "0-1",
  "numa.cells.0.memory": memory,
  "numa.cells.1.vcpus": "2-3",
  "numa.cells.1.memory": memory,
};

test("cells hold each vCPU: libvirt would put the rest into cell 0", () => {
  expect(problemsOf(cells)).toEqual([]);
  expect(problemsOf({ ...cells, "numa.cells.1.vcpus": "3" })).toEqual([
    'numa.cells: no cell holds vCPU 2 of the 4 of domain "db", and libvirt would put it into cell 0. Name each vCPU in a cell',
  ]);
  expect(problemsOf({ "vcpus.maximum": "8" }, { domain: shutOff(cells) })).toEqual([
    'numa.cells: no cell holds vCPUs 4-7 of the 8 of domain "db", and libvirt would put them into cell 0. Name each vCPU in a cell',
  ]);
});

test("of a domain that is not there the number of vCPUs is not known", () => {
  expect(problemsOf({ ...cells, "numa.cells.1.vcpus": "3" }, { domain: undefined })).toEqual([]);
});

test("cells are numbered through", () => {
  const gap = { "numa.cells.0.vcpus": "0-3", "numa.cells.0.memory": memory, "numa.cells.2.memory": memory };
  expect(problemsOf(gap)).toEqual(["numa.cells: cells 0, 2: libvirt numbers cells through from 0, and 1 is missing"]);
});

test("memory of a cell that is not there cannot be bound", () => {
  expect(problemsOf({ "numa.cells.0.nodeset": "0", "numa.cells.0.mode": "strict" })).toEqual([
    "numa.cells.0.nodeset: binds the memory of cell 0, which the guest does not have: it has no cells. Give it such a cell (numa.cells with vcpus and memoryMiB)",
  ]);
  expect(problemsOf({ "numa.cells.0.nodeset": "0" }, { domain: shutOff(cells) })).toEqual([]);
});

test("a distance leads to a cell that is there", () => {
  expect(problemsOf({ ...cells, "numa.cells.0.distances.1": "21", "numa.cells.1.distances.2": "21" })).toEqual([
    "numa.cells.1.distances.2: is the distance to cell 2, which the guest does not have: it has cells 0-1. Take it away, or add the cell",
  ]);
});

test("shared memory without anything to share is warned of", () => {
  const reason =
    '"shared" does nothing for anonymous memory: set memoryBacking.source to "memfd" or "file", or use hugepages';
  const shared = { ...cells, "numa.cells.0.memAccess": "shared", "numa.cells.1.memAccess": "private" };
  expect(warningsOf(shared)).toEqual([`numa.cells.0.memAccess: ${reason}`]);
  expect(warningsOf({ "memoryBacking.access": "shared" })).toEqual([`memoryBacking.access: ${reason}`]);
  for (const source of ["memfd", "file"]) expect(warningsOf({ ...shared, "memoryBacking.source": source })).toEqual([]);
  expect(warningsOf(shared, { domain: shutOff({ "memoryBacking.hugepages": "2M" }) })).toEqual([]);
});

test("cells that the program does not manage are not ours to complete", () => {
  const domain = shutOff({ ...cells, "numa.cells.1.vcpus": "3" });
  expect(problemsOf({ emulatorPin: "0", "memoryBacking.source": "memfd" }, { domain })).toEqual([]);
});
