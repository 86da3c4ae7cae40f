import { CpuSet } from "../../../../provider/linux/cpu-set";
import { problemsOf, shutOff, warningsOf } from "../support";

const fifo = { "vcpuScheduler.0": "fifo 1", "vcpuScheduler.1": "rr 2", "vcpuScheduler.2": "batch" };
const pins = { "vcpuPins.0": "1", "vcpuPins.1": "2" };

test("real-time vCPUs on CPUs of their own are in place", () => {
  expect(problemsOf({ ...fifo, ...pins, emulatorPin: "0", "iothreads.1": "3" })).toEqual([]);
  expect(warningsOf({ ...fifo, ...pins })).toEqual([]);
});

test("without a pin they are refused", () => {
  expect(problemsOf(fifo)).toEqual([
    "vcpuScheduler: vCPUs 0-1 are real-time and not pinned: each may block any CPU. Pin to one CPU each",
  ]);
  expect(problemsOf({ "vcpuScheduler.0": "fifo 1" }, { domain: shutOff({ "vcpuPins.0": "1" }) })).toEqual([]);
});

test("beside the emulator, an I/O thread or on CPU 0 they are refused", () => {
  const shared = {
    ...fifo,
    "vcpuPins.0": "0",
    "vcpuPins.1": "2",
    emulatorPin: "1-2",
    "iothreads.1": "2",
    "iothreads.2": "unpinned",
  };
  expect(problemsOf(shared)).toEqual([
    "vcpuScheduler: real-time vCPU 1 is on CPU 2, where the emulator (emulatorPin) may run, and would wait. Pin it to other CPUs",
    "vcpuScheduler: real-time vCPU 1 is on CPU 2, where I/O thread 1 (iothreads) may run, and would wait. Pin it to other CPUs",
    "vcpuScheduler: real-time vCPU 0 is on CPU 0, where the host's own work is (interrupts, kernel threads), which would wait. Pin it to other CPUs",
  ]);
  expect(problemsOf({ emulatorPin: "1-2" }, { domain: shutOff({ ...fifo, ...pins }) })).toEqual([
    "vcpuScheduler: real-time vCPUs 0-1 are on CPUs 1-2, where the emulator (emulatorPin) may run, and would wait. Pin them to other CPUs",
  ]);
  expect(problemsOf({ cpuShares: "100" }, { domain: shutOff({ ...fifo, "vcpuPins.0": "0" }) })).toEqual([]);
});

test("where the host isolates CPUs they belong there", () => {
  const isolated = CpuSet.parse("2-3");
  expect(problemsOf({ ...fifo, ...pins }, { host: { isolated } })).toEqual([
    "vcpuScheduler: real-time vCPU 0 is on CPU 1, outside of the isolated CPUs (2-3), where the host's tasks run. Pin it to isolated CPUs",
  ]);
  expect(problemsOf({ ...fifo, "vcpuPins.0": "2", "vcpuPins.1": "3" }, { host: { isolated } })).toEqual([]);
});

describe("the kernel's limit for real-time", () => {
  const realTime = { runtimeMicroseconds: 950000, periodMicroseconds: 1000000, groupScheduling: false };

  test("is warned of", () => {
    const text = (path: string) =>
      `${path}: kernel.sched_rt_runtime_us is 950000 of 1000000: a real-time thread that does not sleep is stopped for 50000 µs of each ` +
      '1000000 µs. To take the limit off: HostTuning: sysctl: { "kernel.sched_rt_runtime_us": -1 }';
    expect(warningsOf({ ...fifo, ...pins }, { host: { realTime } })).toEqual([text("vcpuScheduler")]);
    expect(warningsOf({ emulatorScheduler: "fifo 1" }, { host: { realTime } })).toEqual([text("emulatorScheduler")]);
    expect(warningsOf({ "iothreadScheduler.1": "rr 1" }, { host: { realTime } })).toEqual([text("iothreadScheduler")]);
    expect(warningsOf({ "vcpuScheduler.0": "batch" }, { host: { realTime } })).toEqual([]);
    const whole = { ...realTime, runtimeMicroseconds: 1000000 };
    expect(warningsOf({ ...fifo, ...pins }, { host: { realTime: whole } })).toEqual([]);
  });

  test("of 0 is refused", () => {
    expect(problemsOf({ ...fifo, ...pins }, { host: { realTime: { ...realTime, runtimeMicroseconds: 0 } } })).toEqual([
      'vcpuScheduler: kernel.sched_rt_runtime_us is 0: real-time threads get no time at all. Set it (HostTuning: sysctl: { "kernel.sched_rt_runtime_us": -1 })',
    ]);
  });

  test("shared out to groups of cgroup v1 is refused", () => {
    const grouped = { ...realTime, groupScheduling: true };
    expect(problemsOf({ ...fifo, ...pins }, { host: { cgroup: 1, realTime: grouped } })).toEqual([
      "vcpuScheduler: this kernel shares real-time out to groups (cgroup v1, CONFIG_RT_GROUP_SCHED), and libvirt's groups have none: the " +
        'start would fail ("Operation not permitted"). Boot with cgroup v2 (systemd.unified_cgroup_hierarchy=1), or give ' +
        "machine.slice and the domain's groups a cpu.rt_runtime_us",
    ]);
    expect(problemsOf({ ...fifo, ...pins }, { host: { cgroup: 2, realTime: grouped } })).toEqual([]);
  });
});
