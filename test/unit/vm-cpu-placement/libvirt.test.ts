import { liveSteps } from "../../../provider/vm-cpu-placement/libvirt";
import type { Step } from "../../../provider/host/step";
import { roomyHost, uuid, type FactTable } from "./support";

interface Given {
  readonly facts?: FactTable;
  readonly everywhere?: string;
  readonly host?: typeof roomyHost;
}

const steps = (changes: Readonly<Record<string, string | null>>, given: Given = {}): readonly Step[] =>
  liveSteps({
    uuid,
    changes: new Map(Object.entries(changes)),
    facts: new Map(Object.entries({ "vcpus.maximum": "4", ...given.facts })),
    everywhere: given.everywhere ?? "0-7",
    host: given.host ?? roomyHost,
  });

/** Without what each call has: the connection, the domain and --live. */
const calls = (...given: Parameters<typeof steps>): readonly string[] =>
  steps(...given).map((step) => {
    if (step.kind !== "run") throw new Error(step.kind);
    const [virsh, c, connection, verb, domain, ...args] = step.argv;
    expect([virsh, c, connection, domain, args.at(-1)]).toEqual(["virsh", "-c", "qemu:///system", uuid, "--live"]);
    return [verb, ...args.slice(0, -1)].join(" ");
  });

test("a call is one argument list, with a time limit, and named by its setting", () => {
  expect(steps({ "vcpuPins.3": "2-3" })).toEqual([
    {
      kind: "run",
      setting: "vcpuPins.3",
      argv: ["virsh", "-c", "qemu:///system", "vcpupin", uuid, "3", "2-3", "--live"],
      timeoutSeconds: 120,
    },
  ]);
});

test.each([
  ["vcpuPins.10", "2", ["vcpupin 10 2"]],
  ["vcpuPins.0", null, ["vcpupin 0 0-7"]],
  ["emulatorPin", "0-1", ["emulatorpin 0-1"]],
  ["emulatorPin", null, ["emulatorpin 0-7"]],
  ["cpuShares", "2048", ["schedinfo --set cpu_shares=2048"]],
  ["cpuShares", null, ["schedinfo --set cpu_shares=100"]],
  ["cpuBandwidth.periodMicroseconds", "50000", ["schedinfo --set vcpu_period=50000"]],
  ["cpuBandwidth.periodMicroseconds", null, ["schedinfo --set vcpu_period=100000"]],
  ["cpuBandwidth.quotaMicroseconds", "25000", ["schedinfo --set vcpu_quota=25000"]],
  ["cpuBandwidth.quotaMicroseconds", null, ["schedinfo --set vcpu_quota=-1"]],
  ["memoryBacking.hardLimit", "8388608 KiB", ["memtune --hard-limit 8388608"]],
  ["memoryBacking.hardLimit", null, ["memtune --hard-limit -1"]],
  ["numa.nodeset", "0-1", ["numatune --nodeset 0-1"]],
  ["vcpus.current", "2", ["setvcpus 2"]],
  ["vcpus.current", null, ["setvcpus 4"]],
])("%s: %s", (setting, value, expected) => {
  expect(calls({ [setting]: value })).toEqual(expected);
});

test.each([
  ["new and pinned", {}, "6", ["iothreadadd 2", "iothreadpin 2 6"]],
  ["new and unpinned", {}, "unpinned", ["iothreadadd 2"]],
  ["there, with another pin", { "iothreads.2": "5" }, "6", ["iothreadpin 2 6"]],
  ["there, to lose its pin", { "iothreads.2": "5" }, "unpinned", ["iothreadpin 2 0-7"]],
  ["to go", { "iothreads.2": "5" }, null, ["iothreaddel 2"]],
] as const)("an I/O thread that is %s", (...[, facts, value, expected]) => {
  expect(calls({ "iothreads.2": value }, { facts })).toEqual(expected);
});

test("what loses its pin runs where the domain may", () => {
  expect(calls({ "vcpuPins.0": null, emulatorPin: null }, { everywhere: "4-7" })).toEqual([
    "vcpupin 0 4-7",
    "emulatorpin 4-7",
  ]);
});

test("on cgroup v1 the usual shares are others", () => {
  expect(calls({ cpuShares: null }, { host: { ...roomyHost, cgroup: 1 } })).toEqual([
    "schedinfo --set cpu_shares=1024",
  ]);
});

test("all weights are one call; pins come first, and vCPUs are plugged in when all else is done", () => {
  expect(
    calls({
      "vcpus.current": "4",
      "cpuBandwidth.quotaMicroseconds": "25000",
      "numa.nodeset": "1",
      cpuShares: "200",
      "memoryBacking.hardLimit": "1024 KiB",
      "cpuBandwidth.periodMicroseconds": "50000",
      "iothreads.1": "6",
      emulatorPin: "0",
      "vcpuPins.1": "3",
      "vcpuPins.0": "2",
    }),
  ).toEqual([
    "iothreadadd 1",
    "iothreadpin 1 6",
    "emulatorpin 0",
    "vcpupin 1 3",
    "vcpupin 0 2",
    "schedinfo --set cpu_shares=200 --set vcpu_period=50000 --set vcpu_quota=25000",
    "memtune --hard-limit 1024",
    "numatune --nodeset 1",
    "setvcpus 4",
  ]);
});

test("nothing to change: no call", () => {
  expect(steps({})).toEqual([]);
});
