import { CpuSet } from "../../../../provider/linux/cpu-set";
import { problemsOf, shutOff, warningsOf } from "../support";

const isolated = CpuSet.parse("2-5");
const cores = [CpuSet.parse("0,4"), CpuSet.parse("1,5"), CpuSet.parse("2,6")];

test.each([undefined, shutOff({})])("CPUs that the host lacks are refused, all at once (%#)", (domain) => {
  expect(problemsOf({ "vcpuPins.0": "8,30-31", "vcpuPins.1": "0", emulatorPin: "9" }, { domain })).toEqual([
    "vcpuPins.0: CPUs 8,30-31 are not on this host: it has CPUs 0-6",
    "emulatorPin: CPU 9 is not on this host: it has CPUs 0-6",
  ]);
  expect(problemsOf({ vcpuCpuset: "6-8" }, { domain })).toEqual([
    "vcpuCpuset: CPU 8 is not on this host: it has CPUs 0-6",
  ]);
});

test("CPUs that are offline are refused, with the way to bring them back", () => {
  expect(problemsOf({ "iothreads.1": "6-7", "iothreads.2": "unpinned" })).toEqual([
    "iothreads.1: CPU 7 is offline: bring them online (echo 1 > /sys/devices/system/cpu/cpuN/online) or choose others of 0-6",
  ]);
});

test("a pin that goes away is no pin", () => {
  expect(problemsOf({ "vcpuPins.0": null, vcpuCpuset: null })).toEqual([]);
});

test("a set on isolated CPUs is warned of: the kernel does not balance there", () => {
  const wanted = { "vcpuPins.0": "2-3", "vcpuPins.1": "4", "vcpuPins.2": "0-1", vcpuCpuset: "0-2" };
  expect(warningsOf(wanted, { host: { isolated, nodes: [] } })).toEqual([
    "vcpuPins.0: CPUs 2-3 are isolated (isolcpus, or an isolated partition), and between isolated CPUs the kernel does not move threads: all may stay on one of 2-3. Pin to one CPU each",
    "vcpuCpuset: CPU 2 is isolated (isolcpus, or an isolated partition), and between isolated CPUs the kernel does not move threads: all may stay on one of 0-2. Pin to one CPU each",
  ]);
});

test("pins that are widened for a move onto isolated CPUs are one warning", () => {
  const wanted = { "vcpuPins.0": "0-3", "vcpuPins.1": "0-3" };
  expect(warningsOf(wanted, { host: { isolated }, fields: { migration: "flexible" } })).toEqual([
    'migration: "flexible" widens the pins to whole nodes, whose CPUs 2-5 are isolated (isolcpus, or an isolated partition): there the kernel ' +
      'does not move threads, and vCPUs may stay together on one CPU. Set it back to "pinned" as soon as the domain has moved',
  ]);
  expect(warningsOf(wanted, { fields: { migration: "flexible" } })).toEqual([]);
});

test("two vCPUs on one CPU, or on siblings that the guest does not know as such, are warned of", () => {
  const wanted = { "vcpuPins.0": "1", "vcpuPins.1": "5", "vcpuPins.2": "0", "vcpuPins.3": "0" };
  expect(warningsOf(wanted, { host: { cores, nodes: [] } })).toEqual([
    "vcpuPins.2, vcpuPins.3: all on CPU 0",
    "vcpuPins.0, vcpuPins.1: CPUs 1,5 are threads of one core, and the guest takes its vCPUs for cores of their own",
  ]);
  const domain = shutOff({ "cpu.topology.sockets": "1", "cpu.topology.cores": "2", "cpu.topology.threads": "2" });
  const siblings = { "vcpuPins.0": "1", "vcpuPins.1": "5" };
  expect(warningsOf(siblings, { host: { cores, nodes: [] }, domain })).toEqual([]);
});

test("what lies outside of the partition that domains run in is refused", () => {
  const host = { partition: CpuSet.parse("2-5") };
  expect(problemsOf({ "vcpuPins.0": "2", "vcpuPins.1": "5-6", emulatorPin: "0" }, { host })).toEqual([
    "vcpuPins.1: CPU 6 is outside of the partition that domains run in (CPUs 2-5): choose of " +
      'those, or make it larger (HostTuning: isolation with mode "partition")',
    "emulatorPin: CPU 0 is outside of the partition that domains run in (CPUs 2-5): choose of " +
      'those, or make it larger (HostTuning: isolation with mode "partition")',
  ]);
});
