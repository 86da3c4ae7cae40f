import { documentOf, problemsOf, shutOff } from "../support";

const known = 'domain "db" has no';

test("a vCPU beyond the domain's maximum is refused: libvirt would drop its pin without a word", () => {
  expect(
    problemsOf(
      { "vcpuPins.4": "0", "vcpuScheduler.5": "batch", "cacheTune.2-6.L3.0.both": "1 KiB" },
      { host: { resctrl: true } },
    ),
  ).toEqual([
    `vcpuPins.4: ${known} such vCPU: it has 4 at most (0-3)`,
    `vcpuScheduler.5: ${known} such vCPU: it has 4 at most (0-3)`,
    `cacheTune.2-6: ${known} vCPUs 4-6: it has 4 at most (0-3)`,
  ]);
  expect(
    problemsOf(
      {
        "memoryTune.3-4.node0": "50",
        "memoryTune.3-4.node1": "50",
        "numa.cells.0.vcpus": "0-4",
        "numa.cells.0.memory": "1 KiB",
      },
      { host: { resctrl: true } },
    ),
  ).toEqual([
    `memoryTune.3-4: ${known} vCPU 4: it has 4 at most (0-3)`,
    `numa.cells.0.vcpus: ${known} vCPU 4: it has 4 at most (0-3)`,
  ]);
});

test("a wanted maximum counts, and of a domain that is not there nothing else is known", () => {
  expect(problemsOf({ "vcpus.maximum": "8", "vcpuPins.7": "0" })).toEqual([]);
  expect(problemsOf({ "vcpuPins.7": "0" }, { domain: undefined })).toEqual([]);
  expect(problemsOf({ "vcpus.maximum": "2", "vcpuPins.7": "0" }, { domain: undefined })).toEqual([
    "vcpuPins.7: the domain has no such vCPU: it has 2 at most (0-1)",
  ]);
});

test.each(["0-2", "0-5"])("the list %s for four vCPUs is refused once", (vcpuPins) => {
  const count = vcpuPins === "0-2" ? 3 : 6;
  const wanted = Object.fromEntries(Array.from({ length: count }, (_, cpu) => [`vcpuPins.${cpu}`, String(cpu)]));
  expect(problemsOf(wanted, { fields: { vcpuPins } })).toEqual([
    `vcpuPins: names ${count} CPUs for the 4 vCPUs of domain "db": a list is one CPU for each, in order. Give as many, or a map from vCPU to CPUs`,
  ]);
});

test("more vCPUs in use than there are at most are refused", () => {
  const raise = "Raise vcpus.maximum, or lower vcpus.current";
  expect(problemsOf({ "vcpus.current": "5" })).toEqual([
    `vcpus.current: 5 vCPUs cannot be in use: domain "db" has 4 at most. ${raise}`,
  ]);
  const domain = shutOff({ "vcpus.maximum": "8", "vcpus.current": "6" });
  expect(problemsOf({ "vcpus.maximum": "4" }, { domain })).toEqual([
    `vcpus.maximum: 6 vCPUs cannot be in use: domain "db" has 4 at most. ${raise}`,
  ]);
});

test("a lower maximum is refused while the definition speaks of what it leaves out", () => {
  const domain = shutOff({
    "vcpus.maximum": "4",
    "vcpuPins.1": "1",
    "vcpuPins.2": "2",
    "vcpuPins.3": "3",
    "vcpuScheduler.3": "batch",
    "cacheTune.0-3.L3.0.both": "1 KiB",
  });
  expect(problemsOf({ "vcpus.maximum": "2" }, { domain })).toEqual([
    "vcpus.maximum: 2 leaves out vCPUs 2-3, which the definition pins: take those pins away first",
    "vcpus.maximum: 2 leaves out vCPU 3, which the definition schedules: take that away first",
    "vcpus.maximum: 2 leaves out vCPUs 2-3, which the definition gives cache to: take that away first",
  ]);
  const away = { "vcpuPins.2": null, "vcpuPins.3": null, "vcpuScheduler.3": null, "cacheTune.0-3.L3.0.both": null };
  expect(problemsOf({ "vcpus.maximum": "2", ...away }, { domain })).toEqual([]);
});

test("counts are not changed beside a list of the vCPUs", () => {
  const domain = { ...shutOff({}), config: documentOf({ "vcpus.maximum": "4" }, { listsVcpus: true }) };
  expect(problemsOf({ "vcpus.maximum": "4", "vcpus.current": "2" }, { domain })).toEqual([
    'vcpus.current: the definition of domain "db" lists each vCPU (<vcpus>), and a count beside that list would contradict it: change it there (virsh edit)',
  ]);
});
