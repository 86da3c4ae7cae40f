import { CpuSet } from "../../../../provider/linux/cpu-set";
import type { OtherDomain } from "../../../../provider/vm-cpu-placement/others";
import { otherOf, pinned, problemsOf, shutOff, uuid, warningsOf } from "../support";

const cache = (more: Partial<OtherDomain> = {}) => otherOf("cache", { ...pinned([2, 3]), "vcpuPins.2": "0-6" }, more);
const both = 'vcpuPins: CPUs 2-3 are dedicated to domain "cache" too (its vCPUs 0-1)';

test.each([{ running: true }, { promised: true }, { autostart: true }, { owner: "urn:pulumi:a::b::c::d" }])(
  "a CPU that a domain with %j has for itself is refused",
  (more) => {
    const others = [cache(more)];
    expect(problemsOf(pinned([1, 2, 3]), { others })).toEqual([`${both}: pin one of the two domains elsewhere`]);
    expect(problemsOf(pinned([2]), { others })).toEqual([
      'vcpuPins: CPU 2 is dedicated to domain "cache" too (its vCPU 0): pin one of the two domains elsewhere',
    ]);
    expect(problemsOf({ "vcpuPins.0": "0-3" }, { others })).toEqual([]);
    expect(problemsOf(pinned([1]), { others })).toEqual([]);
  },
);

test("of one that is shut off and that nobody manages it is warned of", () => {
  expect(problemsOf(pinned([1, 2, 3]), { others: [cache()] })).toEqual([]);
  expect(warningsOf(pinned([1, 2, 3]), { others: [cache()] })).toEqual([
    `${both}, which is shut off: the two must not run at once`,
  ]);
});

test("one problem for each other domain, and none with itself or where the program pins nothing", () => {
  const others = [
    cache({ running: true }),
    otherOf("web", pinned([3]), { running: true }),
    otherOf("db", pinned([2]), { uuid, running: true }),
  ];
  expect(problemsOf(pinned([2, 3]), { others }).map((line) => line.slice(0, 60))).toEqual([
    'vcpuPins: CPUs 2-3 are dedicated to domain "cache" too (its ',
    'vcpuPins: CPU 3 is dedicated to domain "web" too (its vCPU 0',
  ]);
  expect(problemsOf({ cpuShares: "100" }, { domain: shutOff(pinned([2])), others })).toEqual([]);
  // A domain that is not there yet has no UUID to be known by.
  expect(
    problemsOf(pinned([6]), {
      domain: undefined,
      others: [otherOf("new", pinned([6]), { uuid: undefined, promised: true })],
    }),
  ).toHaveLength(1);
});

test("another's emulator and I/O threads on our CPUs, and ours on its CPUs, are warned of", () => {
  const others = [
    otherOf(
      "cache",
      { ...pinned([0]), emulatorPin: "2-3", "iothreads.4": "1-2", "iothreads.5": "unpinned" },
      { running: true },
    ),
  ];
  expect(
    warningsOf({ ...pinned([1, 2, 3]), emulatorPin: "0", "iothreads.1": "0", "iothreads.2": "1" }, { others }),
  ).toEqual([
    'vcpuPins: on CPUs 2-3, dedicated here to vCPUs 1-2, the emulator of domain "cache" may run: pin it elsewhere',
    'vcpuPins: on CPUs 1-2, dedicated here to vCPUs 0-1, I/O thread 4 of domain "cache" may run: pin it elsewhere',
    'emulatorPin: CPU 0 is dedicated to domain "cache" (its vCPU 0): choose others for the emulator',
    'iothreads.1: CPU 0 is dedicated to domain "cache" (its vCPU 0): choose others for I/O thread 1',
    'vcpuPins: each CPU of NUMA node 0 (0-3) is dedicated to a vCPU (of domain "db", "cache"): leave one or two for the host and for QEMU\'s own threads',
  ]);
});

test("two domains on siblings of one core are warned of", () => {
  const cores = [CpuSet.parse("0,4"), CpuSet.parse("1,5"), CpuSet.parse("2,6")];
  const others = [otherOf("cache", pinned([4, 5, 2]))];
  expect(warningsOf(pinned([0, 1]), { others, host: { cores, nodes: [] } })).toEqual([
    'vcpuPins: CPUs 0-1 are on the same cores as CPUs 4-5, dedicated to domain "cache" (its vCPUs 0-1): the two take turns there. Give each domain whole cores',
  ]);
  expect(warningsOf(pinned([6]), { others, host: { cores, nodes: [] } })).toEqual([
    'vcpuPins: CPU 6 is on the same core as CPU 2, dedicated to domain "cache" (its vCPU 2): the two take turns there. Give each domain whole cores',
  ]);
});

test("a node without a CPU outside of all claims is warned of", () => {
  expect(warningsOf(pinned([4, 5, 6]))).toEqual([
    'vcpuPins: each CPU of NUMA node 1 (4-6) is dedicated to a vCPU (of domain "db"): leave one or two for the host and for QEMU\'s own threads',
  ]);
  expect(warningsOf(pinned([4, 5]))).toEqual([]);
  expect(warningsOf(pinned([0]), { others: [otherOf("cache", pinned([4, 5, 6]))] })).toEqual([]);
});
