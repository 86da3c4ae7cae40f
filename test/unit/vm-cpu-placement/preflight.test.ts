import { CpuSet } from "../../../provider/linux/cpu-set";
import type { PlacementFields } from "../../../provider/vm-cpu-placement/desired";
import type { HostCpus } from "../../../provider/vm-cpu-placement/host-cpus";
import type { Domain } from "../../../provider/vm-cpu-placement/model";
import { planPlacement } from "../../../provider/vm-cpu-placement/placement";
import { documentOf, host, shutOff } from "./support";

const problems = (fields: PlacementFields, domain: Domain | undefined = shutOff({})) =>
  planPlacement(fields, { domain, record: undefined, host }).problems.map(({ path, reason }) => `${path}: ${reason}`);
const warnings = (fields: PlacementFields, more: Partial<HostCpus> = {}, domain: Domain = shutOff({})) =>
  planPlacement(fields, { domain, record: undefined, host: { ...host, ...more } }).warnings;

test("CPUs that the host lacks are refused, all at once, also for a domain that is not there yet", () => {
  const fields = { vcpuPins: { 0: "8,30-31", 1: "0" }, emulatorPin: "9" };
  const expected = [
    "vcpuPins.0: CPUs 8,30-31 are not on this host: it has CPUs 0-6",
    "emulatorPin: CPU 9 is not on this host: it has CPUs 0-6",
  ];
  expect(problems(fields)).toEqual(expected);
  expect(planPlacement(fields, { domain: undefined, record: undefined, host }).problems).toHaveLength(2);
});

test("a saved domain is warned of, and refused another memory placement: its next start resumes the old one", () => {
  const saved = { ...shutOff({ "numa.mode": "strict", "numa.nodeset": "0" }), managedSave: true };
  const warning =
    'domain "db" is saved (virsh managedsave): its next start resumes it with the placement it was saved with, ' +
    "whatever its definition says. Run `pulumi up` again once it runs";
  expect(warnings({ vcpuPins: { 0: "2" } }, {}, saved)).toEqual([warning]);
  expect(problems({ vcpuPins: { 0: "2" }, numa: { mode: "strict", nodeset: "0" } }, saved)).toEqual([]);
  expect(problems({ numa: { mode: "strict", nodeset: "1" } }, saved)).toEqual([
    'numa.nodeset: domain "db" is saved, and its next start resumes it with the memory placement it was saved with. ' +
      "Start it and shut it down in the guest, or give up what is saved " +
      "(virsh managedsave-remove 11111111-2222-4333-8444-555555555555), and run again",
  ]);
  expect(warnings({}, {}, saved)).toEqual([]);
});

test("CPUs that are offline are refused, with the way to bring them back", () => {
  expect(problems({ iothreads: [{ id: 1, cpus: "6-7" }] })).toEqual([
    "iothreads.1: CPU 7 is offline: bring them online (echo 1 > /sys/devices/system/cpu/cpuN/online) or choose others of 0-6",
  ]);
});

test("nodes that the host lacks are refused", () => {
  expect(problems({ numa: { mode: "interleave", nodeset: "0-3" } })).toEqual([
    "numa.nodeset: NUMA nodes 2-3 are not on this host: it has nodes 0-1",
  ]);
});

test("a vCPU beyond the domain's maximum is refused: libvirt would drop its pin without a word", () => {
  expect(problems({ vcpuPins: { 4: "0" } })).toEqual([
    'vcpuPins.4: domain "db" has no such vCPU: it has 4 at most (0-3)',
  ]);
});

test.each(["0-2", "0-5"])("the list %s for four vCPUs is refused once", (vcpuPins) => {
  const count = vcpuPins === "0-2" ? 3 : 6;
  expect(problems({ vcpuPins })).toEqual([
    `vcpuPins: names ${count} CPUs for the 4 vCPUs of domain "db": a list is one CPU for each, in order. Give as many, or a map from vCPU to CPUs`,
  ]);
});

test("a mode without any nodeset is refused", () => {
  expect(problems({ numa: { mode: "strict" } })).toEqual([
    'numa.nodeset: is needed: domain "db" has none, and libvirt takes no mode without it',
  ]);
  expect(
    problems({ numa: { mode: "preferred" } }, shutOff({ "numa.mode": "strict", "numa.placement": "auto" })),
  ).toEqual([]);
});

test("a domain in a passing state is refused", () => {
  expect(problems({ emulatorPin: "0" }, { ...shutOff({}), state: "in shutdown" })).toEqual([
    'domain: domain "db" is in shutdown: wait until it runs or is shut off',
  ]);
});

test("a set on isolated CPUs is warned of: the kernel does not balance there", () => {
  const isolated = CpuSet.parse("2-5");
  expect(warnings({ vcpuPins: { 0: "2-3", 1: "4", 2: "0-1" } }, { isolated })).toEqual([
    "vcpuPins.0: CPUs 2-3 are isolated (isolcpus), and between isolated CPUs the kernel does not move threads: all may stay on one of 2-3. Pin to one CPU each",
  ]);
});

test("two vCPUs on one CPU, or on siblings that the guest does not know as such, are warned of", () => {
  const cores = [CpuSet.parse("0,4"), CpuSet.parse("1,5"), CpuSet.parse("2,6")];
  expect(warnings({ vcpuPins: { 0: "1", 1: "5", 2: "0", 3: "0" } }, { cores })).toEqual([
    "vcpuPins.2, vcpuPins.3: all on CPU 0",
    "vcpuPins.0, vcpuPins.1: CPUs 1,5 are threads of one core, and the guest takes its vCPUs for cores of their own",
  ]);
  const threads: Domain = { ...shutOff({}), config: documentOf({}, { threadsPerCore: 2 }) };
  expect(warnings({ vcpuPins: { 0: "1", 1: "5" } }, { cores }, threads)).toEqual([]);
});

test("mode preferred with several nodes is warned of", () => {
  expect(warnings({ numa: { mode: "preferred", nodeset: "0-1" } })).toEqual([
    "numa.nodeset: mode preferred with more than one node (0-1) is refused by older libvirt when the domain starts",
  ]);
});
