import { CpuSet } from "../../../../provider/linux/cpu-set";
import { nodeOf, pinned, problemsOf, shutOff, warningsOf } from "../support";

const strict = (nodeset: string) => ({ "numa.mode": "strict", "numa.nodeset": nodeset });
const cells = {
  "numa.cells.0.vcpus": "0-1",
  "numa.cells.0.memory": "1048576 KiB",
  "numa.cells.0.nodeset": "0",
  "numa.cells.1.vcpus": "2-3",
  "numa.cells.1.memory": "1048576 KiB",
  "numa.cells.1.nodeset": "1",
};

test("pins on the memory's node are in place", () => {
  expect(problemsOf({ ...pinned([0, 1, 2, 3]), ...strict("0") })).toEqual([]);
  expect(problemsOf({ ...pinned([0, 1, 4, 5]), ...cells })).toEqual([]);
  expect(problemsOf({ ...pinned([0, 4]), ...strict("0-1") })).toEqual([]);
});

test("pins of a domain off its memory's node are refused", () => {
  const mend = "each access would cross the nodes. Pin them there, or move the memory (numa.nodeset)";
  const problem = `vCPUs 2-3 are pinned to CPUs 4-5, and their memory is on NUMA node 0 (CPUs 0-3): ${mend}`;
  expect(problemsOf({ ...pinned([0, 1, 4, 5]), ...strict("0") })).toEqual([`vcpuPins: ${problem}`]);
  expect(problemsOf(strict("0"), { domain: shutOff(pinned([0, 1, 4, 5])) })).toEqual([`numa.nodeset: ${problem}`]);
  expect(problemsOf({ emulatorPin: "0" }, { domain: shutOff({ ...pinned([4]), ...strict("0") }) })).toEqual([]);
});

test("pins of a cell off its memory's node are refused", () => {
  expect(problemsOf({ ...pinned([0, 4, 1, 5]), ...cells })).toEqual([
    "vcpuPins: vCPU 1 is pinned to CPU 4, and the memory of guest cell 0 is on NUMA node 0 (CPUs 0-3): each access would cross the nodes. Pin them there, or move the memory (numa.cells.0.nodeset)",
    "vcpuPins: vCPU 2 is pinned to CPU 1, and the memory of guest cell 1 is on NUMA node 1 (CPUs 4-6): each access would cross the nodes. Pin them there, or move the memory (numa.cells.1.nodeset)",
  ]);
});

test("where memory is only preferred it is a warning", () => {
  const wanted = { ...pinned([4]), "numa.mode": "preferred", "numa.nodeset": "0" };
  expect(problemsOf(wanted)).toEqual([]);
  expect(warningsOf(wanted)).toEqual([
    "vcpuPins: vCPU 0 is pinned to CPU 4, and its memory is on NUMA node 0 (CPUs 0-3): each access would cross the nodes. Pin them there, or move the memory (numa.nodeset)",
  ]);
});

test("sets that lie partly off the memory's node are warned of", () => {
  expect(warningsOf({ "vcpuPins.0": "2-5", "vcpuPins.1": "0-1", ...strict("0") })).toEqual([
    "vcpuPins: vCPU 0 is pinned to CPUs 2-5, of which 4-5 are not on NUMA node 0 (CPUs 0-3), where its memory is",
  ]);
});

test("a node of memory alone is near to the CPUs of its neighbour", () => {
  const nodes = [nodeOf(0, "0-3"), nodeOf(1, "4-6"), nodeOf(2, "", { localCpus: CpuSet.parse("4-6") })];
  expect(problemsOf({ ...pinned([4]), ...strict("2") }, { host: { nodes } })).toEqual([]);
  expect(problemsOf({ ...pinned([0]), ...strict("2") }, { host: { nodes } })).toHaveLength(1);
});

test("vCPUs on more than one node are warned of while the guest sees one", () => {
  expect(warningsOf(pinned([2, 3, 4]))).toEqual([
    "vcpuPins: the pins of 3 vCPUs lie on more than one NUMA node (node 0 with 4 CPUs: 2-3; node 1 with 3 CPUs: 4), and the guest sees a single one: pin them to one node, or give the guest cells (numa.cells)",
  ]);
  expect(warningsOf({ ...pinned([0, 1, 4, 5]), ...cells })).toEqual([]);
  expect(warningsOf({ "vcpuPins.0": "0-6", "vcpuPins.1": "0-6" })).toEqual([]);
});
