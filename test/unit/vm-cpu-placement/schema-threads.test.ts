import { parseArgs } from "../../../provider/vm-cpu-placement/schema";

const problems = (props: Record<string, unknown>) => {
  const parsed = parseArgs({ connection: { host: "10.0.0.11" }, domain: "db", ...props });
  return "problems" in parsed ? parsed.problems.map(({ path, reason }) => `${path}: ${reason}`) : [];
};

test.each([
  ["counts", { vcpus: { maximum: 8, current: 4 } }],
  ["one count", { vcpus: { current: 8 } }],
  ["a pool", { vcpuCpuset: "0-3,^1" }],
  [
    "schedulers",
    {
      vcpuScheduler: [
        { vcpus: "0-1", scheduler: "fifo", priority: 99 },
        { vcpus: "2", scheduler: "idle" },
      ],
    },
  ],
  ["a scheduler of other threads", { emulatorScheduler: { scheduler: "rr", priority: 1 } }],
  ["a scheduler of an I/O thread", { iothreads: [{ id: 1, scheduler: { scheduler: "batch" } }] }],
  ["the least shares", { cpuShares: 1 }],
  ["the most shares", { cpuShares: 262144 }],
  ["a bandwidth", { cpuBandwidth: { periodMicroseconds: 1000, quotaMicroseconds: 17592186044415 } }],
  ["no limit", { cpuBandwidth: { quotaMicroseconds: -1 } }],
  [
    "a group of cache and bandwidth",
    {
      cacheTune: [
        {
          vcpus: "0-1",
          caches: [
            { level: 3, id: 0, type: "code", sizeKiB: 1 },
            { level: 3, id: 0, type: "data", sizeKiB: 1 },
          ],
        },
      ],
      memoryTune: [
        { vcpus: "0,1", nodes: [{ id: 0, bandwidthPercent: 10 }] },
        { vcpus: "2", nodes: [{ id: 0, bandwidthPercent: 100 }] },
      ],
    },
  ],
])("accepts %s", (_name, props) => {
  expect(problems(props)).toEqual([]);
});

const vcpuCount = "must be a whole number from 1 to 16384";
const quota = "must be a whole number from 1000 to 17592186044415, or -1 for no limit";
const priority = "must be a whole number from 1 to 99";

test.each<[string, Record<string, unknown>, ...string[]]>([
  ["no vCPU", { vcpus: { maximum: 0 } }, `vcpus.maximum: ${vcpuCount}`],
  ["a milliard of vCPUs", { vcpus: { maximum: 1e9 } }, `vcpus.maximum: ${vcpuCount}`],
  ["half a vCPU", { vcpus: { current: 0.5 } }, `vcpus.current: ${vcpuCount}`],
  ["a count as text", { vcpus: { current: "4" } }, `vcpus.current: ${vcpuCount}`],
  [
    "more than the maximum",
    { vcpus: { maximum: 2, current: 4 } },
    "vcpus.current: must not be above maximum, which is 2",
  ],
  ["no count", { vcpus: {} }, "vcpus: holds none of maximum and current: give one, or leave it out"],
  ["a number for counts", { vcpus: 4 }, "vcpus: must be an object with maximum or current"],
  ["a list for counts", { vcpus: [4] }, "vcpus: must be an object with maximum or current"],
  ["an unknown count", { vcpus: { maximum: 4, minimum: 1 } }, "vcpus.minimum: unknown argument"],
  [
    "an empty pool",
    { vcpuCpuset: "" },
    'vcpuCpuset: invalid CPU list "": it is not a CPU number, a range or ^ and a CPU number',
  ],
  ["a set without a CPU", { emulatorPin: "1,^1" }, 'emulatorPin: invalid CPU list "1,^1": it holds no CPU'],
  [
    "a bad list of pins",
    { vcpuPins: "2-" },
    'vcpuPins: invalid CPU list "2-": it is not a CPU number, a range or ^ and a CPU number',
  ],
  [
    "a CPU beyond all",
    { vcpuPins: "1000000000" },
    'vcpuPins: invalid CPU list "1000000000": it is too large: the highest CPU number here is 16383',
  ],
  [
    "a vCPU beyond all",
    { vcpuPins: { 1000000000: "2" } },
    'vcpuPins.1000000000: must be a vCPU number or a list of them, for example "0" or "0-3"',
  ],
  [
    "vCPUs backwards",
    { vcpuPins: { "3-1": "2" } },
    'vcpuPins.3-1: invalid vCPU list "3-1": it runs backwards: 3 is above 1',
  ],
  [
    "a number for pins",
    { vcpuPins: 2 },
    'vcpuPins: must be a CPU list as text, for example "2-5", or a map from vCPU to CPU list, for example { 0: "2" }',
  ],
  [
    "a number for a pin",
    { vcpuPins: { 0: 2 } },
    'vcpuPins.0: must be a CPU list as text, for example "0-3,8" or "0-7,^3"',
  ],
  ["one vCPU pinned twice", { vcpuPins: { "0-1": "2", 1: "3" } }, 'vcpuPins.0-1: pins vCPU 1, which "1" pins too'],
  [
    "one I/O thread named twice",
    {
      iothreads: [
        { id: 1, cpus: "0" },
        { id: 1, cpus: "1" },
      ],
    },
    "iothreads.1.id: names I/O thread 1 a second time",
  ],
  [
    "an I/O thread that is a number",
    { iothreads: [1] },
    'iothreads.0: must be an object, for example { id: 1, cpus: "0-1" }',
  ],
  ["I/O threads that are a map", { iothreads: { 1: "0" } }, "iothreads: must be a list of I/O threads"],
  [
    "a real-time scheduler without a priority",
    { emulatorScheduler: { scheduler: "fifo" } },
    "emulatorScheduler.priority: must be given with fifo: a whole number from 1 to 99",
  ],
  [
    "another scheduler with a priority",
    { iothreads: [{ id: 1, scheduler: { scheduler: "batch", priority: 1 } }] },
    "iothreads.0.scheduler.priority: must be left out with batch, which has none",
  ],
  [
    "a priority of 100",
    { emulatorScheduler: { scheduler: "rr", priority: 100 } },
    `emulatorScheduler.priority: ${priority}`,
  ],
  [
    "the usual scheduler",
    { emulatorScheduler: { scheduler: "other" } },
    "emulatorScheduler.scheduler: must be fifo, rr, batch or idle",
  ],
  ["no scheduler", { emulatorScheduler: {} }, "emulatorScheduler.scheduler: must be fifo, rr, batch or idle"],
  [
    "a word for a scheduler",
    { emulatorScheduler: "fifo" },
    'emulatorScheduler: must be an object, for example { scheduler: "fifo", priority: 1 }',
  ],
  [
    "a vCPU scheduled twice, and a wrong one",
    {
      vcpuScheduler: [
        { vcpus: "0-3", scheduler: "fifo", priority: 1 },
        { vcpus: "2,5", scheduler: "rr" },
        { vcpus: "x", scheduler: "idle" },
      ],
    },
    "vcpuScheduler.1.priority: must be given with rr: a whole number from 1 to 99",
    'vcpuScheduler.2.vcpus: invalid vCPU list "x": it is not a vCPU number, a range or ^ and a vCPU number',
    "vcpuScheduler.1.vcpus: holds vCPU 2, which entry 0 holds too",
  ],
  ["no shares", { cpuShares: 0 }, "cpuShares: must be a whole number from 1 to 262144"],
  ["too many shares", { cpuShares: 999999 }, "cpuShares: must be a whole number from 1 to 262144"],
  ["shares that are no number", { cpuShares: Number.NaN }, "cpuShares: must be a whole number from 1 to 262144"],
  ["a quota of nothing", { cpuBandwidth: { quotaMicroseconds: 0 } }, `cpuBandwidth.quotaMicroseconds: ${quota}`],
  ["a quota below nothing", { cpuBandwidth: { quotaMicroseconds: -2 } }, `cpuBandwidth.quotaMicroseconds: ${quota}`],
  [
    "a long period",
    { cpuBandwidth: { periodMicroseconds: 1000001 } },
    "cpuBandwidth.periodMicroseconds: must be a whole number from 1000 to 1000000",
  ],
  [
    "no bandwidth",
    { cpuBandwidth: {} },
    "cpuBandwidth: holds none of periodMicroseconds and quotaMicroseconds: give one, or leave it out",
  ],
  [
    "one cache twice",
    { cacheTune: [{ vcpus: "0", caches: [1, 2].map((sizeKiB) => ({ level: 3, id: 0, type: "both", sizeKiB })) }] },
    "cacheTune.0.caches.1: is a second cache of the same level, id and type",
  ],
  [
    "a vCPU in two groups",
    { memoryTune: ["0-1", "1-2"].map((vcpus) => ({ vcpus, nodes: [{ id: 0, bandwidthPercent: 50 }] })) },
    "memoryTune.1.vcpus: holds vCPU 1, which entry 0 holds too",
  ],
  ["a group without nodes", { memoryTune: [{ vcpus: "0" }] }, "memoryTune.0.nodes: must be a list of nodes"],
  [
    "one node twice",
    { memoryTune: [{ vcpus: "0", nodes: [1, 2].map((bandwidthPercent) => ({ id: 7, bandwidthPercent })) }] },
    "memoryTune.0.nodes.1: is a second node of the same id",
  ],
])("refuses %s", (_name, props, ...expected) => {
  expect(problems(props)).toEqual(expected);
});
