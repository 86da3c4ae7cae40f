import { casesOf, type SettingCase } from "./setting-case";

/** vCPUs, pins, schedulers, weights and shares of caches. */
export const threadCases: readonly SettingCase[] = [
  ...casesOf("vcpus.maximum", [["4", "8"]], { fields: { vcpus: { maximum: 4 } } }),
  ...casesOf(
    "vcpus.current",
    [
      ["2", null],
      ["2", "1"],
    ],
    { fields: { vcpus: { current: 2 } }, whileRunning: "live" },
  ),
  ...casesOf("vcpus.current", [[null, "3"]], { fields: { vcpus: { maximum: 4, current: 4 } }, whileRunning: "live" }),
  ...casesOf(
    "vcpuCpuset",
    [
      ["0-3", null],
      ["0-3", "0-7"],
    ],
    { fields: { vcpuCpuset: "3,0-2" } },
  ),
  ...casesOf(
    "vcpuPins.1",
    [
      ["3", null],
      ["3", "5"],
    ],
    { fields: { vcpuPins: { 1: "3" } }, whileRunning: "live" },
  ),
  ...casesOf(
    "emulatorPin",
    [
      ["0-1", null],
      ["0-1", "0-6"],
    ],
    { fields: { emulatorPin: "1,0" }, whileRunning: "live" },
  ),
  ...casesOf(
    "iothreads.2",
    [
      ["6", null],
      ["6", "unpinned"],
      ["6", "5"],
    ],
    { fields: { iothreads: [{ id: 2, cpus: "6" }] }, whileRunning: "live" },
  ),
  ...casesOf(
    "iothreads.2",
    [
      ["unpinned", null],
      ["unpinned", "5"],
    ],
    { fields: { iothreads: [{ id: 2 }] }, whileRunning: "live" },
  ),
  ...casesOf(
    "vcpuScheduler.1",
    [
      ["fifo 1", null],
      ["fifo 1", "fifo 2"],
      ["fifo 1", "batch"],
    ],
    {
      fields: { vcpuPins: { 1: "3" }, vcpuScheduler: [{ vcpus: "1", scheduler: "fifo", priority: 1 }] },
      beside: { "vcpuPins.1": "3" },
    },
  ),
  ...casesOf("vcpuScheduler.1", [["idle", "rr 1"]], { fields: { vcpuScheduler: [{ vcpus: "1", scheduler: "idle" }] } }),
  ...casesOf(
    "iothreadScheduler.2",
    [
      ["rr 99", null],
      ["rr 99", "fifo 99"],
    ],
    {
      fields: { iothreads: [{ id: 2, cpus: "6", scheduler: { scheduler: "rr", priority: 99 } }] },
      beside: { "iothreads.2": "6" },
    },
  ),
  ...casesOf(
    "emulatorScheduler",
    [
      ["batch", null],
      ["batch", "idle"],
    ],
    { fields: { emulatorScheduler: { scheduler: "batch" } } },
  ),
  ...casesOf(
    "cpuShares",
    [
      ["2048", null],
      ["2048", "100"],
    ],
    { fields: { cpuShares: 2048 }, whileRunning: "live" },
  ),
  ...casesOf(
    "cpuBandwidth.periodMicroseconds",
    [
      ["50000", null],
      ["50000", "100000"],
    ],
    { fields: { cpuBandwidth: { periodMicroseconds: 50000 } }, whileRunning: "live" },
  ),
  ...casesOf(
    "cpuBandwidth.quotaMicroseconds",
    [
      ["25000", null],
      ["25000", "-1"],
    ],
    { fields: { cpuBandwidth: { quotaMicroseconds: 25000 } }, whileRunning: "live" },
  ),
  ...casesOf(
    "cacheTune.0-1,3.L3.0.both",
    [
      ["3072 KiB", null],
      ["3072 KiB", "6144 KiB"],
    ],
    { fields: { cacheTune: [{ vcpus: "3,0-1", caches: [{ level: 3, id: 0, type: "both", sizeKiB: 3072 }] }] } },
  ),
  ...casesOf(
    "memoryTune.0-1.node1",
    [
      ["50", null],
      ["50", "70"],
    ],
    { fields: { memoryTune: [{ vcpus: "0-1", nodes: [{ id: 1, bandwidthPercent: 50 }] }] } },
  ),
];
