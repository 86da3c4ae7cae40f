import type { DomainCgroup, DomainThread } from "../../../provider/host/snapshot";
import type { PlacementFields } from "../../../provider/vm-cpu-placement/desired-context";
import { planPlacement } from "../../../provider/vm-cpu-placement/placement";
import { verificationsOf } from "../../../provider/vm-cpu-placement/verification";
import { roomyHost, transient, type FactTable } from "./support";

interface Process {
  readonly threads?: readonly DomainThread[];
  readonly cgroups?: Readonly<Record<string, DomainCgroup>>;
}

const thread = (name: string, more: Partial<DomainThread> = {}): DomainThread => ({
  tid: name.startsWith("qemu") ? 100 : 101,
  name,
  cpus: "0-7",
  ...more,
});

/** Checks of a domain that libvirt says is as the program wants it: only the kernel can disagree. */
function verdicts(fields: PlacementFields, facts: FactTable, { threads = [], cgroups = {} }: Process) {
  const domain = {
    ...transient({ "vcpus.maximum": "4", ...facts }),
    process: { pid: 100, threads, cgroups: new Map(Object.entries(cgroups)) },
  };
  const plan = planPlacement(fields, { domain, record: undefined, host: roomyHost, others: [] });
  return Object.fromEntries(
    verificationsOf(plan, domain).map(({ check, verdict, actual, source }) => [
      check,
      `${verdict}: ${actual} (${source})`,
    ]),
  );
}

const classes = "/proc/PID/task/*/stat of the domain's process";
const masks = "/proc/PID/task/*/status of the domain's process";
const cpusets = "cpuset.cpus of the domain's cgroups";

describe("schedulers are verified by the class of the thread", () => {
  const vcpu: PlacementFields = { vcpuScheduler: [{ vcpus: "1", scheduler: "fifo", priority: 2 }] };
  const facts = { "vcpuScheduler.1": "fifo 2" };

  test.each<[Partial<DomainThread>, string]>([
    [{ policy: "fifo", priority: 2 }, "pass: fifo 2"],
    [{ policy: "fifo", priority: 1 }, "fail: fifo 1"],
    [{ policy: "rr", priority: 2 }, "fail: rr 2"],
    [{ policy: "other" }, "fail: other"],
    [{}, "unknown: its scheduling class is not known"],
  ])("a vCPU in %o", (more, expected) => {
    expect(verdicts(vcpu, facts, { threads: [thread("CPU 1/KVM", more)] })).toEqual({
      "vcpuScheduler.1": `${expected} (${classes})`,
    });
  });

  test("an I/O thread, and the emulator, which is the main thread", () => {
    const fields: PlacementFields = {
      iothreads: [{ id: 1, scheduler: { scheduler: "rr", priority: 5 } }],
      emulatorScheduler: { scheduler: "batch" },
    };
    const both = { "iothreads.1": "unpinned", "iothreadScheduler.1": "rr 5", emulatorScheduler: "batch" };
    const threads = [
      thread("qemu-system-x86", { policy: "batch" }),
      thread("IO iothread1", { policy: "rr", priority: 5 }),
      thread("IO iothread11", { policy: "other" }),
      thread("worker", { policy: "other" }),
    ];
    expect(verdicts(fields, both, { threads })).toMatchObject({
      "iothreadScheduler.1": `pass: rr 5 (${classes})`,
      emulatorScheduler: `pass: batch (${classes})`,
    });
  });

  test("a vCPU that is not plugged in has no class; an I/O thread must be there", () => {
    const fields: PlacementFields = { ...vcpu, iothreads: [{ id: 1, scheduler: { scheduler: "idle" } }] };
    const all = { ...facts, "iothreads.1": "unpinned", "iothreadScheduler.1": "idle" };
    expect(verdicts(fields, all, { threads: [thread("qemu-system-x86")] })).toMatchObject({
      "vcpuScheduler.1": `notApplicable: there is no such thread now (${classes})`,
      "iothreadScheduler.1": `fail: there is no such thread now (${classes})`,
    });
  });

  test("without the process nothing is known", () => {
    expect(verdicts(vcpu, facts, {})).toEqual({
      "vcpuScheduler.1": `unknown: the domain's process was not found (${classes})`,
    });
  });
});

describe("a pin holds if mask and cgroup agree", () => {
  const fields: PlacementFields = { vcpuPins: { 0: "2-3" }, emulatorPin: "0", iothreads: [{ id: 1, cpus: "7" }] };
  const facts = { "vcpuPins.0": "2-3", emulatorPin: "0", "iothreads.1": "7" };
  const threads = [
    thread("qemu-system-x86", { cpus: "0" }),
    thread("CPU 0/KVM", { cpus: "2-3" }),
    thread("IO iothread1", { cpus: "7" }),
  ];

  test("both right", () => {
    const cgroups = { vcpu0: { cpus: "2-3" }, emulator: { cpus: "0" }, iothread1: { cpus: "7" } };
    expect(verdicts(fields, facts, { threads, cgroups })).toEqual({
      "vcpuPins.0": `pass: 2-3 (${masks}, ${cpusets})`,
      emulatorPin: `pass: 0 (${masks}, ${cpusets})`,
      "iothreads.1": `pass: 7 (${masks}, ${cpusets})`,
    });
  });

  test("the cgroup says otherwise", () => {
    const cgroups = { vcpu0: { cpus: "2" }, emulator: { cpus: "0-7" }, iothread1: {} };
    expect(verdicts(fields, facts, { threads, cgroups })).toEqual({
      "vcpuPins.0": `fail: 2 by its cgroup (${cpusets})`,
      emulatorPin: `fail: 0-7 by its cgroup (${cpusets})`,
      "iothreads.1": `pass: 7 (${masks})`,
    });
  });

  test("a wrong mask is wrong, whatever the cgroup says", () => {
    const wrong = [thread("qemu-system-x86", { cpus: "0" }), thread("CPU 0/KVM", { cpus: "2" }), threads[2]!];
    const cgroups = { vcpu0: { cpus: "2-3" } };
    expect(verdicts(fields, facts, { threads: wrong, cgroups })["vcpuPins.0"]).toBe(`fail: 2 (${masks})`);
  });
});

describe("shares", () => {
  const fields: PlacementFields = { cpuShares: 200 };
  const facts = { cpuShares: "200" };

  test("are cpu.weight of the domain's cgroup", () => {
    const weights = "cpu.weight of the domain's cgroup";
    expect(verdicts(fields, facts, { cgroups: { "": { weight: 200 } } })).toEqual({
      cpuShares: `pass: 200 (${weights})`,
    });
    expect(verdicts(fields, facts, { cgroups: { "": { weight: 100 } } })).toEqual({
      cpuShares: `fail: 100 (${weights})`,
    });
  });

  test("are taken from libvirt where the cgroup has none (cgroup v1)", () => {
    expect(verdicts(fields, facts, { cgroups: { "": {} } })).toEqual({ cpuShares: "pass: 200 (virsh dumpxml)" });
  });
});

test("an I/O thread without a pin, and restrictive memory, are verified by libvirt's word", () => {
  const fields: PlacementFields = { iothreads: [{ id: 1 }], numa: { mode: "restrictive", nodeset: "1" } };
  const facts = { "iothreads.1": "unpinned", "numa.mode": "restrictive", "numa.nodeset": "1" };
  expect(verdicts(fields, facts, { threads: [thread("IO iothread1")] })).toEqual({
    "iothreads.1": "pass: unpinned (virsh dumpxml)",
    "numa.mode": "pass: restrictive (virsh dumpxml)",
    "numa.nodeset": "pass: 1 (virsh dumpxml)",
  });
});
