import type { DomainThread } from "../../../provider/host/snapshot";
import type { PlacementFields } from "../../../provider/vm-cpu-placement/desired-context";
import { planPlacement } from "../../../provider/vm-cpu-placement/placement";
import { verificationsOf } from "../../../provider/vm-cpu-placement/verification";
import { host, running, shutOff, transient } from "./support";

const thread = (tid: number, name: string, cpus: string): DomainThread => ({ tid, name, cpus });
const facts = { "vcpuPins.0": "2", "vcpuPins.3": "5", emulatorPin: "0-1", "iothreads.1": "6" };
const fields: PlacementFields = { vcpuPins: { 0: "2", 3: "5" }, emulatorPin: "0-1", iothreads: [{ id: 1, cpus: "6" }] };

const verdicts = (...threads: readonly DomainThread[]): Record<string, string> => {
  const domain = { ...transient(facts), process: { pid: 100, threads } };
  const all = verificationsOf(planPlacement(fields, { domain, record: undefined, host, others: [] }), domain);
  return Object.fromEntries(all.map(({ check, actual, verdict }) => [check, `${verdict}: ${actual}`]));
};

test("pins are verified by the kernel's masks of the threads, under KVM and TCG", () => {
  const threads = [
    thread(100, "qemu-system-x86", "0-1"),
    thread(101, "worker", "1"),
    thread(110, "CPU 0/KVM", "2"),
    thread(113, "CPU 3/TCG", "0-6"),
    thread(120, "IO iothread1", "6"),
    thread(121, "IO iothread11", "0"),
  ];
  expect(verdicts(...threads)).toEqual({
    "vcpuPins.0": "pass: 2",
    "vcpuPins.3": "fail: 0-6",
    emulatorPin: "pass: 0-1",
    "iothreads.1": "pass: 6",
  });
});

test("another thread of QEMU outside of emulatorPin fails, and is named; so does a missing I/O thread", () => {
  expect(verdicts(thread(100, "qemu-system-x86", "0-1"), thread(101, "SPICE Worker", "0-6"))).toEqual({
    "vcpuPins.0": "notApplicable: there is no such thread now",
    "vcpuPins.3": "notApplicable: there is no such thread now",
    emulatorPin: "fail: SPICE Worker: 0-6",
    "iothreads.1": "fail: there is no such thread now",
  });
});

test("workers of an I/O thread's pool, and the kernel's threads in QEMU's process, do not fail a correct placement", () => {
  const threads = [
    thread(100, "qemu-system-x86", "0-1"),
    thread(101, "worker", "6"),
    thread(102, "iou-wrk-120", "3"),
    thread(103, "kvm-nx-lpage-re", "4"),
    thread(110, "CPU 0/KVM", "2"),
    thread(113, "CPU 3/KVM", "5"),
    thread(120, "IO iothread1", "6"),
  ];
  expect(verdicts(...threads)).toEqual({
    "vcpuPins.0": "pass: 2",
    "vcpuPins.3": "pass: 5",
    emulatorPin: "pass: 0-1",
    "iothreads.1": "pass: 6",
  });
  expect(verdicts(...threads, thread(104, "worker", "3"))).toMatchObject({ emulatorPin: "fail: worker: 3" });
  expect(verdicts(thread(100, "qemu-system-x86", "0-2"), ...threads.slice(1))).toMatchObject({
    emulatorPin: "fail: 0-2",
  });
});

test("without the process the effect is unknown, not passed", () => {
  expect(Object.values(verdicts())).toEqual(Array(4).fill("unknown: the domain's process was not found"));
});

test("memory, and a domain that is shut off, are verified by their documents", () => {
  const numa = { "numa.mode": "strict", "numa.nodeset": "0" };
  const wanted: PlacementFields = { numa: { mode: "strict", nodeset: "1" } };
  const all = (domain: ReturnType<typeof shutOff>) =>
    verificationsOf(planPlacement(wanted, { domain, record: undefined, host, others: [] }), domain);
  expect(all(shutOff(numa))).toEqual([
    {
      check: "numa.mode (config)",
      expected: "strict",
      actual: "strict",
      source: "virsh dumpxml --inactive",
      verdict: "pass",
    },
    { check: "numa.nodeset (config)", expected: "1", actual: "0", source: "virsh dumpxml --inactive", verdict: "fail" },
  ]);
  expect(all(running(numa, numa)).map(({ check, verdict }) => `${check} ${verdict}`)).toEqual([
    "numa.mode pass",
    "numa.nodeset fail",
    "numa.mode (config) pass",
    "numa.nodeset (config) fail",
  ]);
});
