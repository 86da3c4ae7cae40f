import { isolation } from "../../../../provider/host-tuning/knobs/isolation";
import { planHost, verifications } from "../../../../provider/host-tuning/plan";
import { parseArgs, type KnobArgs } from "../../../../provider/host-tuning/schema";
import { undoAll } from "../../../../provider/host-tuning/undo";
import type { DomainSnapshot, HostSnapshot } from "../../../../provider/host/snapshot";
import { planText } from "../../../../provider/plan-text";
import { snapshotOf } from "../../../support/snapshot";
import { sliceFiles } from "../../../support/tuned-host/machine-slice";
import { simulatedHost } from "../../../support/tuned-host/simulated-host";

const cpu = "/sys/devices/system/cpu";
const file = "/sys/fs/cgroup/machine.slice/cpuset.cpus.partition";
const dropIn = "/etc/systemd/system/machine.slice.d/zz-kvm-tuning.conf";
const lost = "root invalid (Cpu list in cpuset.cpus not exclusive)";

type Files = Record<string, string>;

/** Eight CPUs, two nodes; i and i+4 share a core, nodes are 0-1,4-5 and 2-3,6-7. */
function hostFiles(more: Files = sliceFiles("member")): Files {
  const cores = [0, 1, 2, 3, 4, 5, 6, 7].flatMap((one): [string, string][] => [
    [`${cpu}/cpu${one}/topology/physical_package_id`, "0"],
    [`${cpu}/cpu${one}/topology/core_id`, String(one % 4)],
    [`${cpu}/cpu${one}/topology/thread_siblings_list`, `${one % 4},${(one % 4) + 4}`],
    [`${cpu}/cpu${one}/topology/core_siblings_list`, "0-7"],
  ]);
  return {
    ...Object.fromEntries(cores),
    [`${cpu}/online`]: "0-7",
    [`${cpu}/possible`]: "0-15",
    [`${cpu}/present`]: "0-7",
    "/sys/devices/system/node/online": "0-1",
    "/sys/devices/system/node/node0/cpulist": "0-1,4-5",
    "/sys/devices/system/node/node1/cpulist": "2-3,6-7",
    "/proc/cmdline": "BOOT_IMAGE=/v ro",
    ...more,
  };
}

const host = (more?: Files) => snapshotOf({ files: hostFiles(more) });
const claimed = { ...sliceFiles(lost, "2,6"), "/sys/fs/cgroup/system.slice/cpuset.cpus": "0-3" };

interface Domain {
  readonly name?: string;
  readonly cputune: string;
  readonly state?: DomainSnapshot["state"];
  readonly memoryByNodeKiB?: Readonly<Record<number, number>>;
}

function withDomain(snapshot: HostSnapshot, { name = "db", cputune, state = "running", memoryByNodeKiB }: Domain) {
  const xml = `<domain type='kvm'><name>${name}</name><uuid>u</uuid><memory>1048576</memory><vcpu>2</vcpu><iothreads>1</iothreads><cputune>${cputune}</cputune></domain>`;
  const memory = new Map(Object.entries(memoryByNodeKiB ?? {}).map(([node, kib]) => [Number(node), kib]));
  const domain: DomainSnapshot = {
    uuid: "u",
    name,
    state,
    persistent: true,
    autostart: false,
    managedSave: false,
    snapshots: false,
    inactive: xml,
    ...(state === "running" && { live: xml, process: { pid: 1, threads: [], memoryByNodeKiB: memory } }),
  };
  return { ...snapshot, libvirt: { domains: [domain], records: new Map(), capabilities: new Map() } };
}

const args = (given: object): KnobArgs => {
  const parsed = parseArgs({
    connection: { host: "kvm-01", insecureIgnoreHostKey: true },
    isolation: { mode: "partition", cpus: "2,6", ...given },
  });
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.args;
};
const rowOf = (given: object, snapshot = host()) => {
  const wanted = args(given).isolation;
  const found = wanted === undefined ? undefined : isolation.settings(wanted, snapshot)[0];
  if (found === undefined) throw new Error("no row");
  return found;
};
const observed = (given: object, snapshot: HostSnapshot) => {
  const wanted = args(given).isolation;
  return wanted && isolation.observe(wanted, snapshot);
};

test.each([
  ["absent", sliceFiles(), null],
  ["a member", sliceFiles("member"), "member"],
  ["granted", sliceFiles("root", "2,6"), "2,6 root"],
  ["granted with other CPUs", sliceFiles("root", "2-3"), "2-3 root"],
  ["the other kind", sliceFiles("isolated", "2,6"), "2,6 isolated"],
  ["lost", sliceFiles(lost, "2,6"), `2,6 ${lost}`],
  ["without CPUs", sliceFiles("root", ""), "(no CPU) root"],
])("what the host has is what the kernel says: %s", (_name, files, actual) => {
  expect(rowOf({ cpus: "6,2" }, host(files))).toMatchObject({
    name: "isolation.partition",
    desired: "2,6 root",
    actual,
    impact: "live",
    source: file,
    write: [{ path: file, value: "root" }],
    boot: [{ kind: "path", path: file, value: "root" }],
  });
});

test("the slice is started before the file is written; a lost partition becomes a member first", () => {
  const commands = (files: Files) => rowOf({}, host(files)).prepare?.map((argv) => argv.slice(0, 3).join(" "));
  const start = "systemctl start machine.slice";
  expect(commands(sliceFiles())).toEqual([start]);
  expect(commands(sliceFiles("member"))).toEqual([start]);
  expect(commands(sliceFiles("root", "2-3"))).toEqual([start]);
  const end = 'sh -c [ ! -e "$1" ] || echo member > "$1"';
  expect(commands(sliceFiles(lost, "2,6"))).toEqual([start, end]);
  expect(commands(sliceFiles("root", ""))).toEqual([start, end]);
});

test("systemd gets the CPUs in a drop-in of our own, and the boot unit follows the slice", () => {
  const files = rowOf({ cpus: "2-3,6" }).files ?? [];
  expect(files.map(({ path, content }) => [path, content.split("\n").slice(1).join("\n")])).toEqual([
    [dropIn, "[Slice]\nAllowedCPUs=\nAllowedCPUs=2-3,6\n"],
    [
      "/etc/systemd/system/kvm-tuning.service.d/zz-kvm-tuning.conf",
      "[Unit]\nWants=machine.slice\nAfter=machine.slice\n",
    ],
  ]);
});

test("drift in the shape of the argument; what is not granted isolates nothing", () => {
  const given = { mode: "partition", cpus: "6,2" };
  const see = (files: Files) => observed({ cpus: "6,2" }, host(files));
  expect(see(sliceFiles("root", "2,6"))).toEqual({ ...given, partition: "root" });
  expect(see(sliceFiles("isolated", "2"))).toEqual({ ...given, cpus: "2", partition: "isolated" });
  for (const files of [sliceFiles(), sliceFiles("member"), sliceFiles(lost, "2,6"), sliceFiles("root", "")])
    expect(see(files)).toEqual({ ...given, partition: "member" });
  expect(rowOf({ partition: "member" }).problem).toBe('"member" isolates nothing: give "root" or "isolated"');
});

test("what only a boot gives is refused, each with its path; and the other way round", () => {
  const problems = (given: object) =>
    parseArgs({ connection: { host: "kvm-01", insecureIgnoreHostKey: true }, isolation: given });
  const given = { domain: true, managedIrq: false, nohzFull: true, rcuNocbs: true, irqAffinity: "0" };
  const not = 'which only a boot gives: not with mode: "partition", leave it out';
  expect(problems({ mode: "partition", cpus: "2", ...given })).toEqual({
    problems: [
      {
        path: "isolation.domain",
        reason:
          'is isolcpus=, which only a boot gives (partition: "isolated" is its counterpart): not with mode: "partition", leave it out',
      },
      { path: "isolation.managedIrq", reason: `is isolcpus=managed_irq, ${not}` },
      { path: "isolation.nohzFull", reason: `is nohz_full=, ${not}` },
      { path: "isolation.rcuNocbs", reason: `is rcu_nocbs=, ${not}` },
      { path: "isolation.irqAffinity", reason: `is irqaffinity=, ${not}` },
    ],
  });
  expect(problems({ cpus: "2", partition: "root" })).toEqual({
    problems: [{ path: "isolation.partition", reason: 'is only taken with mode: "partition"' }],
  });
  expect(problems({ mode: "runtime", cpus: "2" })).toEqual({
    problems: [{ path: "isolation.mode", reason: 'must be "boot" or "partition"' }],
  });
  expect(problems({ mode: "partition", cpus: "", partition: "x" })).toEqual({
    problems: [
      { path: "isolation.cpus", reason: 'must be a CPU list, for example "2-15,18"' },
      { path: "isolation.partition", reason: 'must be "root" (with load balancing) or "isolated" (without)' },
    ],
  });
});

test.each([
  ["cgroup v1", {}, "2", /needs cgroup v2, and this host has the old or the hybrid hierarchy/],
  [
    "no cpuset controller",
    { "/sys/fs/cgroup/cgroup.controllers": "cpu io" },
    "2",
    'the kernel\'s cgroups have no cpuset controller (/sys/fs/cgroup/cgroup.controllers: cpu io): use mode: "boot"',
  ],
  ["a CPU that is not there", sliceFiles(), "2,9", "CPUs 9 are not on this host, which has 0-7"],
  [
    "an offline CPU",
    { ...sliceFiles(), [`${cpu}/online`]: "0-6" },
    "6-7",
    "CPUs 7 are offline: bring them online first, or leave them out of cpus",
  ],
  ["all CPUs", sliceFiles(), "0-7", "no CPU would be left for the host itself: it has 0-7"],
  [
    "the boot CPU",
    sliceFiles(),
    "0-1",
    "CPU 0 boots the host, keeps its time and takes its interrupts: leave it to the host",
  ],
])("refused: %s", (...[, files, cpus, reason]) => {
  expect(rowOf({ cpus }, host(files)).problem).toEqual(
    typeof reason === "string" ? reason : expect.stringMatching(reason),
  );
});

const inside =
  "<vcpupin vcpu='0' cpuset='2'/><vcpupin vcpu='1' cpuset='6'/><emulatorpin cpuset='2'/><iothreadpin iothread='1' cpuset='6'/>";

test("refused: a running domain with a pin outside of the set", () => {
  const problem = (cputune: string) => rowOf({}, withDomain(host(), { cputune })).problem;
  expect(problem(inside)).toBeUndefined();
  expect(problem("")).toBeUndefined();
  expect(
    problem(
      "<vcpupin vcpu='0' cpuset='2'/><vcpupin vcpu='1' cpuset='5-6'/><emulatorpin cpuset='0-1'/><iothreadpin iothread='1' cpuset='3'/>",
    ),
  ).toBe(
    "domain db: vCPU 1 is pinned to 5-6, outside of the set; domain db: the emulator is pinned to 0-1, outside of the set; " +
      "domain db: iothread 1 is pinned to 3, outside of the set. Pin them inside 2,6 first " +
      "(VmCpuPlacement, virsh vcpupin, emulatorpin, iothreadpin), or shut the domains down",
  );
});

test("a partition that is there is not held against the domains: the kernel keeps them inside", () => {
  const snapshot = withDomain(host(sliceFiles("root", "2,6")), { cputune: "<vcpupin vcpu='0' cpuset='5'/>" });
  expect(rowOf({}, snapshot)).not.toHaveProperty("problem");
  expect(rowOf({}, snapshot)).not.toHaveProperty("warning");
});

test("isolated takes only threads with one CPU each", () => {
  const problem = (cputune: string) => rowOf({ partition: "isolated" }, withDomain(host(), { cputune })).problem;
  expect(problem(inside)).toBeUndefined();
  expect(problem(inside.replace("<emulatorpin cpuset='2'/>", "").replace("cpuset='6'", "cpuset='2,6'"))).toBe(
    "domain db: vCPU 1 is pinned to 2,6, and between isolated CPUs the kernel moves no thread; " +
      "domain db: the emulator has no pin, and between isolated CPUs the kernel moves no thread. " +
      "Pin them to one CPU each of 2,6 first (VmCpuPlacement, virsh vcpupin, emulatorpin, iothreadpin), or shut the domains down",
  );
});

test("a domain that is shut off is a warning: its next start is concerned", () => {
  const snapshot = withDomain(host(), { cputune: "<vcpupin vcpu='0' cpuset='5'/>", state: "shut off" });
  expect(rowOf({}, snapshot)).not.toHaveProperty("problem");
  expect(rowOf({}, snapshot).warning).toContain(
    "definition of db: vCPU 0 is pinned to 5, outside of the set: this counts from the next start on, which fails with a pin outside of 2,6",
  );
});

test("refused: a node without a CPU for the host, on which a domain runs or has memory", () => {
  const problem = (domain: Domain) => rowOf({ cpus: "1-3,6-7" }, withDomain(host(), domain)).problem;
  const reason =
    "NUMA node 1 (CPUs 2-3,6-7) would keep no CPU for the host, and db runs there or has memory there: leave one CPU of it out of cpus";
  expect(problem({ cputune: inside })).toBe(reason);
  const elsewhere = [0, 1].map((vcpu) => `<vcpupin vcpu='${vcpu}' cpuset='1'/>`).join("");
  const cputune = `${elsewhere}<emulatorpin cpuset='1'/><iothreadpin iothread='1' cpuset='1'/>`;
  expect(problem({ cputune, memoryByNodeKiB: { 1: 2_000_000 } })).toBe(reason);
  expect(problem({ cputune, memoryByNodeKiB: { 0: 2_000_000, 1: 2000 } })).toBeUndefined();
  expect(rowOf({ cpus: "2-3,6-7" }).warning).toContain("NUMA node 1 keeps no CPU for the host");
});

test("refused: libvirt runs and cannot say what its domains do", () => {
  const libvirt = { unavailable: "no answer", domains: [], records: new Map(), capabilities: new Map() };
  expect(rowOf({}, { ...host(), libvirt }).problem).toBe(
    "the pins of running domains are not known, libvirt could not be asked: no answer",
  );
});

test("warned: half a core, CPUs of isolcpus=, and what a partition cannot give", () => {
  const { warning } = rowOf({ cpus: "2-3,6" }, host({ ...sliceFiles("member"), [`${cpu}/isolated`]: "3" }));
  expect(warning).toContain("CPUs 3 share their cores with CPUs 7");
  expect(warning).toContain("CPUs 3 are isolated by isolcpus= since the boot");
  expect(warning).toContain("the timer tick, managed interrupts and the kernel's own per-CPU work stay on its CPUs");
});

test("who claims the CPUs is named, in the preview and when the partition does not come back", () => {
  const text =
    "system.slice claims CPUs 2 (/sys/fs/cgroup/system.slice/cpuset.cpus: 0-3), and the kernel grants no partition whose CPUs " +
    "another cgroup claims: `systemctl set-property system.slice AllowedCPUs=0-1,3` takes them from it";
  expect(rowOf({}, host(claimed)).warning).toContain(text);
  expect(rowOf({}, host(claimed)).remedy).toBe(text);
  const all = { ...sliceFiles(lost, "2,6"), "/sys/fs/cgroup/a.slice/cpuset.cpus": "2" };
  expect(rowOf({}, host(all)).remedy).toContain("give it CPUs outside of 2,6");
  expect(verifications(args({}), host(claimed))).toEqual([
    { check: "isolation.partition", expected: "2,6 root", actual: `2,6 ${lost}`, source: file, verdict: "fail" },
  ]);
});

test("from absent to granted, lost, repaired, changed and undone", () => {
  const machine = simulatedHost(hostFiles(sliceFiles()));
  const before = machine.state();
  const up = (given: object) => {
    const plan = planHost(args(given), machine.snapshot());
    machine.run(plan.steps);
    return planText(plan.changes);
  };
  expect(up({})).toMatchObject({ "isolation.partition": "(absent) → 2,6 root  [live]" });
  expect(up({})).toEqual({});
  machine.write({ [file]: lost });
  expect(up({})).toEqual({ "isolation.partition": `2,6 ${lost} → 2,6 root  [live]` });
  expect(up({ cpus: "2-3,6-7" })).toEqual({ "isolation.partition": "2,6 root → 2-3,6-7 root  [live]" });
  expect(up({ cpus: "2-3,6-7", partition: "isolated" })).toEqual({
    "isolation.partition": "2-3,6-7 root → 2-3,6-7 isolated  [live]",
  });
  // Lost, it is still ours.
  machine.write({ [file]: "isolated invalid (x)" });
  const undo = undoAll(machine.snapshot());
  expect(undo.left).toEqual([]);
  // systemd must not take the CPUs away under a partition.
  const names = undo.steps.map((step) => ("name" in step ? step.name : "path" in step ? step.path : step.kind));
  expect(names.indexOf("end the partition")).toBeLessThan(names.indexOf(dropIn));
  machine.run(undo.steps);
  expect(machine.state()).toEqual(before);
});
