import { given, parseArgs } from "../../../provider/placement-plan/schema";

const connection = { host: "10.0.0.11" };
const db = { vcpus: 8, memoryMiB: 32768 };

/** Each as `path: reason`. */
function problemsOf(args: object): readonly string[] {
  const parsed = parseArgs({ ...args });
  return "problems" in parsed ? parsed.problems.map(({ path, reason }) => `${path}: ${reason}`) : [];
}

const ofVm = (vm: object): readonly string[] =>
  problemsOf({ hosts: { "kvm-01": { connection } }, vms: { db: { ...db, ...vm } } });

test("defaults", () => {
  expect(parseArgs({ hosts: { "kvm-01": { connection } }, vms: { db } })).toEqual({
    args: {
      hosts: { "kvm-01": { connection, sharedVcpusPerCpu: 16 } },
      vms: {
        db: {
          ...db,
          cpuPolicy: "dedicated",
          threadPolicy: "prefer",
          ioThreads: 0,
          nodes: "fit",
          latencyClass: "normal",
        },
      },
    },
  });
});

test("one or several names, a device's address in small letters, preferred without a word", () => {
  const parsed = parseArgs({
    hosts: { a: { connection }, b: { connection } },
    vms: { db: { ...db, host: "a", antiAffinity: ["x", "y"], nearDevice: { address: "0000:3B:00.0" } } },
  });
  expect(parsed).toMatchObject({
    args: {
      vms: {
        db: { host: ["a"], antiAffinity: ["x", "y"], nearDevice: { address: "0000:3b:00.0", policy: "preferred" } },
      },
    },
  });
});

test("every problem at once, each with its path", () => {
  expect(
    problemsOf({
      hosts: { "kvm-01": { connection: { host: "", port: 0 }, reserved: "0-", colour: 1 } },
      vms: { db: { vcpus: 0, memoryMiB: "much", cpuPolicy: "own", host: "kvm-09" } },
    }),
  ).toEqual([
    "hosts.kvm-01.connection.host: must be the host's name or address; it is empty",
    "hosts.kvm-01.connection.port: must be 1 to 65535",
    'hosts.kvm-01.reserved: invalid CPU list "0-": it is not a CPU number, a range or ^ and a CPU number',
    "hosts.kvm-01.colour: unknown argument",
    "vms.db.vcpus: must be a whole number from 1 to 16384",
    "vms.db.memoryMiB: must be a whole number from 1 to 4294967296",
    "vms.db.cpuPolicy: must be dedicated, shared or mixed",
    'vms.db.host: there is no host "kvm-09" in hosts (kvm-01)',
  ]);
});

test("a name that could not be told from the words around it", () => {
  expect(problemsOf({ hosts: { "kvm 01": { connection } }, vms: { db } })).toEqual([
    "hosts.kvm 01: must be 1 to 100 letters, digits or .:_@+-, without blanks",
  ]);
});

test.each([
  [{}, ["hosts: must be a map from name to host", "vms: must be a map from name to VM"]],
  [{ hosts: {}, vms: {} }, ["hosts: is empty: name a host", "vms: is empty: name a VM"]],
  [
    { hosts: { a: 1 }, vms: { b: "x" } },
    [
      'hosts.a: must be an object, for example { connection, reserved: "0-1" }',
      "vms.b: must be an object, for example { vcpus: 8, memoryMiB: 32768 }",
    ],
  ],
  [
    { hosts: { a: { connection, reservedMemoryMiB: { x: 1 } } }, vms: { db } },
    ["hosts.a.reservedMemoryMiB.x: must be the number of a NUMA node"],
  ],
])("what is no plan: %j", (args, problems) => {
  expect(problemsOf(args)).toEqual(problems);
});

test.each([
  [
    { pageSize: "3M" },
    ['pageSize: must be a page size as text: a power of two with K, M or G, for example "2M" or "1G"'],
  ],
  [{ pageSize: "1G", memoryMiB: 1500 }, ["memoryMiB: must be a whole number of pages of 1G"]],
  [{ nodes: 9 }, ["nodes: must not be above vcpus, which is 8: each guest cell has a vCPU"]],
  [{ nodes: 0 }, ['nodes: must be a whole number from 1 to 64, or "fit"']],
  [
    { cpuPolicy: "mixed" },
    ['dedicatedVcpus: must be given with cpuPolicy "mixed": how many vCPUs, from the first on, have CPUs of their own'],
  ],
  [{ dedicatedVcpus: 2 }, ['dedicatedVcpus: goes with cpuPolicy "mixed" alone']],
  [
    { cpuPolicy: "mixed", dedicatedVcpus: 8 },
    ['dedicatedVcpus: must be below vcpus, which is 8: all of them are cpuPolicy "dedicated"'],
  ],
  [
    { cpuPolicy: "shared", latencyClass: "realTime", threadPolicy: "isolate" },
    [
      'latencyClass: goes with cpuPolicy "dedicated" alone: a real-time vCPU blocks all that share its CPU',
      'threadPolicy: must be left out with cpuPolicy "shared", whose vCPUs have no core of their own',
    ],
  ],
  [
    { pins: { vcpus: "2-8" } },
    [
      "host: must name one host beside pins: a CPU number means nothing on another",
      "pins.vcpus: names 7 CPUs for 8 dedicated vCPUs: one for each, in order",
    ],
  ],
  [
    { cpuPolicy: "shared", host: "kvm-01", pins: { vcpus: "2" } },
    ['pins: must be left out with cpuPolicy "shared", whose vCPUs run on shared CPUs'],
  ],
  [
    { nearDevice: { address: "3b:00.0" } },
    ['nearDevice.address: must be a PCI address as `lspci -D` prints it, for example "0000:3b:00.0"'],
  ],
  [{ host: [] }, ["host: is empty: name one, or leave it out"]],
  [{ antiAffinity: 3 }, ['antiAffinity: must be one or a list, for example "etcd"']],
])("what is no VM: %j", (vm, problems) => {
  expect(ofVm(vm)).toEqual(problems.map((problem) => `vms.db.${problem}`));
});

test("a mixed VM has as many pins as dedicated vCPUs", () => {
  expect(
    ofVm({ cpuPolicy: "mixed", dedicatedVcpus: 2, host: "kvm-01", pins: { vcpus: "2,18", emulator: "0" } }),
  ).toEqual([]);
});

test("a domain is one VM", () => {
  const args = { hosts: { "kvm-01": { connection } }, vms: { db, other: { ...db, domain: "db" } } };
  expect(problemsOf(args)).toEqual(['vms.other.domain: domain "db" is another VM\'s already']);
});

test("computed keys are no arguments", () => {
  const props = {
    hosts: 1,
    plan: {},
    impact: "none",
    map: "",
    __placements: {},
    __hosts: {},
    __mapSvg: "",
  };
  expect(given(props)).toEqual({ hosts: 1 });
});
