import { parseNumad, parseProcesses } from "../../../provider/host/snapshot-processes";
import type { Sections } from "../../../provider/host/snapshot-sections";

const sections = (parts: Readonly<Record<string, readonly string[]>>): Sections => new Map(Object.entries(parts));
const pids = { "libvirt-pids": ["run/libvirt/qemu/db.pid:4000"] };
/** Fields 3 to 41 of a stat file. */
const stat = (priority: number, policy: number): string => `) S 1 -1 ${"0 ".repeat(34)}${priority} ${policy}`;
const processOf = (parts: Readonly<Record<string, readonly string[]>>) =>
  parseProcesses(sections({ ...pids, ...parts })).get("db");

test.each([
  [0, 0, { policy: "other" }],
  [1, 1, { policy: "fifo", priority: 1 }],
  [99, 2, { policy: "rr", priority: 99 }],
  [0, 3, { policy: "batch" }],
  [0, 5, { policy: "idle" }],
  [0, 6, { policy: "deadline" }],
  [0, 7, {}],
])("a thread with priority %d and policy %d", (priority, policy, expected) => {
  const lines = [
    "proc/4000/task/4010/status:Name:\tCPU 0/KVM",
    "proc/4000/task/4010/status:Cpus_allowed_list:\t2-3",
    `proc/4000/task/4010/stat:${stat(priority, policy)}`,
  ];
  expect(processOf({ "libvirt-threads": lines })?.threads).toEqual([
    { tid: 4010, name: "CPU 0/KVM", cpus: "2-3", ...expected },
  ]);
});

test("a stat line that is short, or not one, says nothing", () => {
  const lines = ["proc/4000/task/1/status:Name:\tx", "proc/4000/task/1/stat:) S 1 2", "proc/4000/task/1/stat:nonsense"];
  expect(processOf({ "libvirt-threads": lines })?.threads).toEqual([{ tid: 1, name: "x", cpus: "" }]);
});

const scope = "sys/fs/cgroup/machine.slice/machine-qemu\\x2d1\\x2ddb.scope";

test("cgroup v2: lists of each group, the narrower of scope and libvirt's group, the scope's weight, memory by node", () => {
  const found = processOf({
    "libvirt-cgroups": [
      "proc/4000/cgroup:0::/machine.slice/machine-qemu\\x2d1\\x2ddb.scope/libvirt/emulator",
      `${scope}/cpuset.cpus:`,
      `${scope}/libvirt/cpuset.cpus:0-5`,
      `${scope}/libvirt/emulator/cpuset.cpus:0-1`,
      `${scope}/libvirt/vcpu0/cpuset.cpus:2`,
      `${scope}/cpuset.mems:0-1`,
      `${scope}/libvirt/cpuset.mems:0`,
      `${scope}/libvirt/vcpu0/cpuset.mems:0`,
      `${scope}/libvirt/iothread1/cpuset.mems:1`,
      `${scope}/cpu.weight:200`,
      `${scope}/libvirt/cpu.weight:100`,
      `${scope}/memory.numa_stat:anon N0=1048576 N1=0`,
      `${scope}/memory.numa_stat:file N0=4096 N1=2097152`,
      `${scope}/memory.numa_stat:shmem N0=0 N1=2097152`,
      `${scope}/memory.numa_stat:anon_thp N0=1048576 N1=0`,
      "sys/fs/cgroup/machine.slice/machine-other.scope/libvirt/emulator/cpuset.cpus:7",
    ],
  });
  expect(found?.cgroups).toEqual(
    new Map([
      ["", { cpus: "0-5", mems: "0", weight: 200 }],
      ["vcpu0", { cpus: "2", mems: "0" }],
      ["emulator", { cpus: "0-1" }],
      ["iothread1", { mems: "1" }],
    ]),
  );
  expect(found?.memoryByNodeKiB).toEqual(
    new Map([
      [0, 1028],
      [1, 2048],
    ]),
  );
});

test.each(["", "/libvirt"])("cgroup v1, groups of threads in the scope%s: the cpuset controller's lists", (below) => {
  const path = "machine.slice/machine-qemu\\x2d1\\x2ddb.scope";
  const found = processOf({
    "libvirt-cgroups": [
      `proc/4000/cgroup:12:cpu,cpuacct:/${path}${below}/emulator`,
      `proc/4000/cgroup:3:cpuset:/${path}${below}/emulator`,
      "proc/4000/cgroup:0::/system.slice/libvirtd.service",
      `sys/fs/cgroup/cpuset/${path}/cpuset.mems:0-1`,
      `sys/fs/cgroup/cpuset/${path}${below}/vcpu1/cpuset.cpus:4`,
    ],
  });
  expect(found).toEqual({
    pid: 4000,
    threads: [],
    cgroups: new Map([
      ["", { mems: "0-1" }],
      ["vcpu1", { cpus: "4" }],
    ]),
  });
});

test.each(["0::/system.slice/libvirtd.service", "0::/", "0::/emulator", "3:memory:/machine/x/emulator", "odd"])(
  "a process that is in no group of a domain has none: %s",
  (line) => {
    const lines = [`proc/4000/cgroup:${line}`, "sys/fs/cgroup/machine/x/emulator/cpuset.cpus:1"];
    expect(processOf({ "libvirt-cgroups": lines })).toEqual({ pid: 4000, threads: [] });
  },
);

test("numad's advice, by the name of the domain; an old libvirt tells the nodes alone", () => {
  const lines = [
    "run/libvirt/qemu/a:b.xml.xml:  <numad nodeset='0' cpuset='0-3'/>",
    "run/libvirt/qemu/a:b.xml.xml:    <numad nodeset='7' cpuset='7'/>",
    "run/libvirt/qemu/old.xml:  <numad nodeset='0-1'/>",
    "run/libvirt/qemu/odd.xml:numad",
  ];
  expect(parseNumad(sections({ "libvirt-numad": lines }))).toEqual(
    new Map([
      ["a:b.xml", { nodeset: "0", cpus: "0-3" }],
      ["old", { nodeset: "0-1", cpus: "" }],
    ]),
  );
});
