/* Overlaps of a plan with what is somebody else's: a sentence for each. */
import { recordText } from "../../../provider/vm-cpu-placement/record";
import { checked, domainOf, hostOf, pins, type HostShape } from "./support";

const db = { vcpus: 2, memoryMiB: 1024, host: "kvm-01", pins: { vcpus: "2,10" } };

async function warningsOf(shape: HostShape, { vm = {}, host = {} }: { vm?: object; host?: object } = {}) {
  const { warnings, problems } = await checked(
    { "kvm-01": hostOf(shape) },
    { hosts: { "kvm-01": host }, vms: { db: { ...db, ...vm } } },
  );
  expect(problems).toEqual([]);
  return warnings;
}

const helpers = (cpus: string): string =>
  `<cputune><vcpupin vcpu='0' cpuset='7'/><vcpupin vcpu='1' cpuset='15'/><emulatorpin cpuset='${cpus}'/></cputune>`;
const quiet = domainOf("other", { more: helpers("0") });

test("a domain that keeps to itself is no conflict", async () => {
  expect(await warningsOf({ domains: [quiet] })).toEqual([]);
});

test("threads of another domain on our CPUs", async () => {
  expect(await warningsOf({ domains: [domainOf("other", { more: helpers("2-3") })] })).toEqual([
    'kvm-01: on CPU 2, planned for VM "db", threads of domain "other" may run: pin them elsewhere (vcpuPins, emulatorPin, iothreads)',
  ]);
});

test("our shared threads on another's CPUs", async () => {
  const vm = { pins: { vcpus: "6,14" } };
  expect(await warningsOf({ domains: [domainOf("other", { vcpus: 1, more: pins(4) })] }, { vm })).toEqual([
    'kvm-01: CPU 4 is dedicated to domain "other", and shared threads of VM "db" run there: leave it out of shared',
  ]);
});

test("siblings of another's CPUs", async () => {
  expect(
    await warningsOf(
      { domains: [domainOf("other", { vcpus: 1, more: pins(3) })] },
      { vm: { pins: { vcpus: "2,11" } } },
    ),
  ).toEqual([
    'kvm-01: CPU 11, planned for VM "db", is on the same core as CPUs of domain "other": the two take turns there',
  ]);
});

test("CPUs that are reserved and somebody's", async () => {
  expect(await warningsOf({ domains: [domainOf("other", { vcpus: 1, more: pins(4) })] })).toEqual([
    'kvm-01: CPU 4 is reserved for the host, and dedicated to domain "other"',
  ]);
});

test("domains without pins", async () => {
  expect(await warningsOf({ domains: [domainOf("b"), domainOf("a")] })).toEqual([
    'kvm-01: domains "a", "b" are not pinned, and may run on CPUs 2,10, which this plan dedicates: pin them (vcpuPins, emulatorPin), or take them into the plan with cpuPolicy "shared"',
  ]);
});

test("a cache of which another has a share", async () => {
  const tuned = `${helpers("0")}<cputune><cachetune vcpus='0-1'><cache id='0' level='3' type='both' size='6' unit='MiB'/></cachetune></cputune>`;
  expect(await warningsOf({ domains: [domainOf("other", { more: tuned })] })).toEqual([
    'kvm-01: domain "other" has 6 MiB of L3 cache 0 for itself, which is the cache of CPUs 2,10, planned for VM "db"',
  ]);
});

test("interrupts, services and slices that were told to run just there", async () => {
  const files = {
    "/proc/irq/24/smp_affinity_list": "2",
    "/proc/irq/25/smp_affinity_list": "0-15",
    "/proc/irq/26/smp_affinity_list": "8-10",
    "/proc/1/status": "Cpus_allowed_list:\t0-2",
    "/sys/fs/cgroup/build.slice/cpuset.cpus": "2-3",
  };
  expect(await warningsOf({ files })).toEqual([
    "kvm-01: interrupts 24, 26 are steered to CPUs 2,10, which this plan dedicates (/proc/irq/N/smp_affinity_list): HostTuning irqAffinity, or isolation with managedIrq",
    "kvm-01: systemd and its services run on CPUs 0-2 (CPUAffinity=), and this plan dedicates 2 of them: HostTuning systemdCpuAffinity",
    "kvm-01: build.slice has CPUs 2-3 (AllowedCPUs=), and this plan dedicates 2 of them: systemctl set-property build.slice AllowedCPUs=3",
  ]);
});

test("shared threads between isolated CPUs", async () => {
  const files = { "/sys/devices/system/cpu/isolated": "1-3,9-11" };
  expect(await warningsOf({ files }, { host: { shared: "1,9" } })).toEqual([
    'kvm-01: CPUs 1,9 are isolated, and shared threads of VM "db" are to run there: the kernel does not move them, and all may stay on one. Choose others as shared',
  ]);
});

const foreign = "urn:pulumi:other::racks::pulumi-nodejs:dynamic/kvm-tuning:VmCpuPlacement::db";
const none = { live: {}, config: {} };

test("a VM whose domain another stack places, and a host that another stack tunes", async () => {
  const own = domainOf("db", { more: pins(2, 10) });
  const records = { [own.uuid]: recordText({ uuid: own.uuid, urn: foreign, original: none, wrote: none }) };
  const shape = { domains: [own], records, owner: foreign.replace("VmCpuPlacement::db", "HostTuning::kvm") };
  expect(await warningsOf(shape, { vm: { pageSize: "2M" } })).toEqual([
    'kvm-01: domain "db" is placed by resource "db" of stack "other" (project "racks"): take it out of one of the two programs',
    'kvm-01: resource "kvm" of stack "other" (project "racks") tunes this host, and the huge pages of VM "db" are its to reserve: give it plan.hugepages(...)',
  ]);
});

test("another domain's owner is named", async () => {
  const other = domainOf("other", { vcpus: 1, more: pins(4) });
  const records = { [other.uuid]: recordText({ uuid: other.uuid, urn: foreign, original: none, wrote: none }) };
  expect(await warningsOf({ domains: [other], records })).toEqual([
    'kvm-01: CPU 4 is reserved for the host, and dedicated to domain "other" (of resource "db" of stack "other" (project "racks"))',
  ]);
});

test("a domain whose memory is not what the plan counts with", async () => {
  expect(
    await warningsOf({ domains: [domainOf("db-server", { memoryMiB: 4096 })] }, { vm: { domain: "db-server" } }),
  ).toEqual([
    'kvm-01: domain "db-server", VM "db" of this plan, has 4 GiB of memory, and the plan counts with 1 GiB: make them equal (memoryMiB)',
  ]);
});

test("chosen CPUs that the host lacks or that somebody has are errors", async () => {
  const { problems } = await checked(
    { "kvm-01": hostOf({ domains: [domainOf("other", { more: pins(2, 10) })] }) },
    { vms: { db: { ...db, vcpus: 3, pins: { vcpus: "2,3,16" } } } },
  );
  expect(problems).toEqual([
    "vms.db.pins.vcpus: CPU 16 is not online on kvm-01, which has 0-15",
    'vms.db.pins.vcpus: CPU 2 of kvm-01 is dedicated to domain "other": choose others, or pin that domain elsewhere',
  ]);
});
