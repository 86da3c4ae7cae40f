import { definition, fixtureHost, id, uuid, type FixtureHost } from "./fixture-host";
import { args, created, lives, restarted, updated } from "./placed";

/* vCPUs, the other threads, their weights and shares: each field through the life of a placement. */
let host: FixtureHost;
afterEach(() => host.remove());
// A run is a dozen processes.
jest.setTimeout(60_000);

const schedinfo = (...set: readonly string[]): string =>
  `schedinfo ${uuid} ${set.map((one) => `--set ${one}`).join(" ")} --live`;

test("what can be changed live takes one define and one call for each kind of change, in the same process", async () => {
  const numatune = "  <numatune>\n    <memory mode='restrictive' nodeset='0'/>\n  </numatune>\n";
  host = fixtureHost({ running: true, xml: definition("db", { vcpus: 4, more: numatune }) });
  await lives(host, {
    inputs: args({
      vcpus: { current: 3 },
      cpuShares: 200,
      cpuBandwidth: { periodMicroseconds: 50000, quotaMicroseconds: 25000 },
      memoryBacking: { hardLimitMiB: 4096 },
      numa: { mode: "restrictive", nodeset: "1" },
    }),
    plan: {
      "vcpus.current": "(absent) → 3  [live]",
      cpuShares: "(absent) → 200  [live]",
      "cpuBandwidth.periodMicroseconds": "(absent) → 50000  [live]",
      "cpuBandwidth.quotaMicroseconds": "(absent) → 25000  [live]",
      "numa.nodeset": "0 → 1  [live]",
      "memoryBacking.hardLimit": "(absent) → 4194304 KiB  [live]",
    },
    impact: "live",
    calls: [
      "define /dev/stdin",
      schedinfo("cpu_shares=200", "vcpu_period=50000", "vcpu_quota=25000"),
      `memtune ${uuid} --hard-limit 4194304 --live`,
      `numatune ${uuid} --nodeset 1 --live`,
      `setvcpus ${uuid} 3 --live`,
    ],
    drift(at) {
      at.virsh("schedinfo", uuid, "--set", "cpu_shares=300", "--live");
      at.virsh("setvcpus", uuid, "4", "--live");
    },
    seen: { cpuShares: 300, vcpus: { current: 4 } },
    repair: {
      plan: { "vcpus.current": "(absent) → 3  [live]", cpuShares: "300 → 200  [live]" },
      calls: [schedinfo("cpu_shares=200"), `setvcpus ${uuid} 3 --live`],
    },
    less: {
      inputs: args({ cpuShares: 200 }),
      plan: {
        "vcpus.current": "3 → (absent)  [live]",
        "cpuBandwidth.periodMicroseconds": "50000 → (absent)  [live]",
        "cpuBandwidth.quotaMicroseconds": "25000 → (absent)  [live]",
        "numa.nodeset": "1 → 0  [live]",
        "memoryBacking.hardLimit": "4194304 KiB → (absent)  [live]",
      },
      calls: [
        "define /dev/stdin",
        schedinfo("vcpu_period=100000", "vcpu_quota=-1"),
        `memtune ${uuid} --hard-limit -1 --live`,
        `numatune ${uuid} --nodeset 0 --live`,
        `setvcpus ${uuid} 4 --live`,
      ],
    },
    end: ["define /dev/stdin", schedinfo("cpu_shares=100")],
  });
  expect(host.pid()).toBe("4000");
  expect(host.warnings).toEqual([]);
});

test("scheduling classes, the shared pool and I/O threads come with one restart, and are verified by the threads", async () => {
  host = fixtureHost({ running: true });
  const pins = { vcpuPins: "2-3", emulatorPin: "1", maxDisruption: "vm-restart" };
  const placed = await lives(host, {
    inputs: args({
      ...pins,
      vcpuCpuset: "0-3",
      vcpuScheduler: [{ vcpus: "0-1", scheduler: "fifo", priority: 1 }],
      emulatorScheduler: { scheduler: "batch" },
      iothreads: [{ id: 1, cpus: "1", scheduler: { scheduler: "rr", priority: 2 } }, { id: 2 }],
    }),
    plan: {
      vcpuCpuset: "(absent) → 0-3  [vm-restart]",
      "vcpuPins.0": "(absent) → 2  [live]",
      "vcpuPins.1": "(absent) → 3  [live]",
      emulatorPin: "(absent) → 1  [live]",
      "iothreads.1": "(absent) → 1  [live]",
      "iothreads.2": "(absent) → unpinned  [live]",
      "vcpuScheduler.0": "(absent) → fifo 1  [vm-restart]",
      "vcpuScheduler.1": "(absent) → fifo 1  [vm-restart]",
      "iothreadScheduler.1": "(absent) → rr 2  [vm-restart]",
      emulatorScheduler: "(absent) → batch  [vm-restart]",
    },
    impact: "vm-restart",
    calls: restarted(uuid),
    drift: (at) =>
      at.edit(["inactive"], "vcpus='1' scheduler='fifo' priority='1'", "vcpus='1' scheduler='fifo' priority='5'"),
    seen: {
      vcpuScheduler: [
        { vcpus: "0", scheduler: "fifo", priority: 1 },
        { vcpus: "1", scheduler: "fifo", priority: 5 },
      ],
    },
    repair: {
      plan: { "vcpuScheduler.1 (config)": "fifo 5 → fifo 1  [none]" },
      calls: ["define /dev/stdin"],
    },
    less: {
      inputs: args(pins),
      plan: {
        vcpuCpuset: "0-3 → (absent)  [vm-restart]",
        "iothreads.1": "1 → (absent)  [live]",
        "iothreads.2": "unpinned → (absent)  [live]",
        "vcpuScheduler.0": "fifo 1 → (absent)  [vm-restart]",
        "vcpuScheduler.1": "fifo 1 → (absent)  [vm-restart]",
        "iothreadScheduler.1": "rr 2 → (absent)  [vm-restart]",
        emulatorScheduler: "batch → (absent)  [vm-restart]",
      },
      calls: restarted(uuid),
    },
    end: [
      "define /dev/stdin",
      `vcpupin ${uuid} 0 0-7 --live`,
      `vcpupin ${uuid} 1 0-7 --live`,
      `emulatorpin ${uuid} 0-7 --live`,
    ],
  });
  const source = "/proc/PID/task/*/stat of the domain's process";
  const said = (check: string, value: string) => ({ check, expected: value, actual: value, source, verdict: "pass" });
  expect(placed["verification"]).toEqual(
    expect.arrayContaining([
      said("vcpuScheduler.1", "fifo 1"),
      said("iothreadScheduler.1", "rr 2"),
      said("emulatorScheduler", "batch"),
    ]),
  );
});

test("more vCPUs and shares of cache and bandwidth, with drift that was started by hand", async () => {
  host = fixtureHost({ running: true });
  const vcpus = { vcpus: { maximum: 4, current: 4 }, maxDisruption: "vm-restart" };
  await lives(host, {
    inputs: args({
      ...vcpus,
      cacheTune: [{ vcpus: "0-1", caches: [{ level: 3, id: 0, type: "both", sizeKiB: 3072 }] }],
      memoryTune: [{ vcpus: "0-1", nodes: [{ id: 0, bandwidthPercent: 50 }] }],
    }),
    plan: {
      "vcpus.maximum": "2 → 4  [vm-restart]",
      "cacheTune.0-1.L3.0.both": "(absent) → 3072 KiB  [vm-restart]",
      "memoryTune.0-1.node0": "(absent) → 50  [vm-restart]",
    },
    impact: "vm-restart",
    calls: restarted(uuid),
    drift: (at) => at.edit(["inactive", "live"], "bandwidth='50'", "bandwidth='40'"),
    seen: { memoryTune: [{ vcpus: "0-1", nodes: [{ id: 0, bandwidthPercent: 40 }] }] },
    repair: { plan: { "memoryTune.0-1.node0": "40 → 50  [vm-restart]" }, calls: restarted(uuid) },
    less: {
      inputs: args(vcpus),
      plan: {
        "cacheTune.0-1.L3.0.both": "3072 KiB → (absent)  [vm-restart]",
        "memoryTune.0-1.node0": "50 → (absent)  [vm-restart]",
      },
      calls: restarted(uuid),
    },
    end: restarted(uuid),
  });
});

test("a thread that does not get its scheduling class fails the run, with both", async () => {
  host = fixtureHost({ running: false });
  const inputs = args({ vcpuPins: "2-3", vcpuScheduler: [{ vcpus: "0", scheduler: "fifo", priority: 1 }] });
  const outputs = await created(host, inputs);
  host.virsh("start", uuid);
  const path = "/proc/5000/task/5010/stat";
  host.fixture.write({ [path]: host.fixture.read(path).replace(/ 1 1 ((?:0 )*0\n)$/, " 0 0 $1") });
  const { inputs: checked } = await host.checked({ ...inputs, onDelete: "retain" }, outputs);
  await expect(host.resource.update({ id: id, outputs, inputs: checked }, host.run)).rejects.toThrow(
    "vcpuScheduler.0: expected fifo 1, the domain has other (/proc/PID/task/*/stat of the domain's process)",
  );
});

test("while it is to move to another host each pin is as wide as its nodes, live and in the definition", async () => {
  host = fixtureHost({ running: true });
  const pins = { vcpuPins: "2-3", emulatorPin: "4", iothreads: [{ id: 1, cpus: "1" }, { id: 2 }] };
  const pinned = await created(host, args(pins));
  host.calls();
  const before = [host.inactive(), host.live()].map((xml) => xml.replaceAll(/\s+/g, " "));
  const { inputs } = await host.checked(args({ ...pins, migration: "flexible" }), pinned);
  expect(inputs["plan"]).toEqual({
    "vcpuPins.0": "2 → 0-3  [live]",
    "vcpuPins.1": "3 → 0-3  [live]",
    emulatorPin: "4 → 4-7  [live]",
    "iothreads.1": "1 → 0-3  [live]",
  });
  const wide = await updated(host, pinned, args({ ...pins, migration: "flexible" }));
  expect(host.calls()).toEqual([
    "define /dev/stdin",
    `vcpupin ${uuid} 0 0-3 --live`,
    `vcpupin ${uuid} 1 0-3 --live`,
    `emulatorpin ${uuid} 4-7 --live`,
    `iothreadpin ${uuid} 1 0-3 --live`,
  ]);
  expect((await host.checked(args({ ...pins, migration: "flexible" }), wide)).inputs["plan"]).toEqual({});
  await updated(host, wide, args({ ...pins, migration: "pinned" }));
  expect(host.calls()).toHaveLength(5);
  expect(host.inactive().replaceAll(/\s+/g, " ")).toBe(before[0]);
  // libvirt writes a changed pin where it likes.
  expect(host.live()).toContain("<vcpupin vcpu='0' cpuset='2'/>");
  expect(host.warnings).toEqual([]);
});
