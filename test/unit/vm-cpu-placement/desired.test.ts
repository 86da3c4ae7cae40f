import type { CpuSet } from "../../../provider/linux/cpu-set";
import { desiredFacts } from "../../../provider/vm-cpu-placement/desired";
import type { DesiredContext, PlacementFields } from "../../../provider/vm-cpu-placement/desired-context";
import { widened } from "../../../provider/vm-cpu-placement/host-facts";
import { roomyHost, type FactTable } from "./support";

interface Given extends Omit<DesiredContext, "existing"> {
  readonly existing?: FactTable;
}

const desired = (fields: PlacementFields, { existing, ...context }: Given = {}) =>
  Object.fromEntries(
    desiredFacts(fields, {
      ...context,
      existing: existing === undefined ? [] : [new Map(Object.entries(existing))],
    }),
  );

const gib = (count: number): string => `${count * 1024 ** 2} KiB`;

test.each<[string, PlacementFields, Readonly<Record<string, string | null>>]>([
  ["nothing", {}, {}],
  ["vcpus", { vcpus: { maximum: 8, current: 4 } }, { "vcpus.maximum": "8", "vcpus.current": "4" }],
  ["all vcpus in use", { vcpus: { maximum: 8, current: 8 } }, { "vcpus.maximum": "8", "vcpus.current": null }],
  ["vcpuCpuset", { vcpuCpuset: "3,0-1" }, { vcpuCpuset: "0-1,3", "vcpus.placement": null }],
  ["vcpuPins as a list", { vcpuPins: "2,6,3" }, { "vcpuPins.0": "2", "vcpuPins.1": "6", "vcpuPins.2": "3" }],
  [
    "vcpuPins as a map",
    { vcpuPins: { "2-3": "4-5,^5", 0: "1" } },
    { "vcpuPins.0": "1", "vcpuPins.2": "4", "vcpuPins.3": "4" },
  ],
  ["emulatorPin", { emulatorPin: "1,0" }, { emulatorPin: "0-1" }],
  [
    "iothreads",
    { iothreads: [{ id: 2 }, { id: 1, cpus: "7", scheduler: { scheduler: "rr", priority: 5 } }] },
    { "iothreads.2": "unpinned", "iothreads.1": "7", "iothreadScheduler.1": "rr 5" },
  ],
  [
    "vcpuScheduler",
    {
      vcpuScheduler: [
        { vcpus: "2-3", scheduler: "fifo", priority: 1 },
        { vcpus: "0", scheduler: "batch" },
      ],
    },
    { "vcpuScheduler.0": "batch", "vcpuScheduler.2": "fifo 1", "vcpuScheduler.3": "fifo 1" },
  ],
  ["emulatorScheduler", { emulatorScheduler: { scheduler: "idle" } }, { emulatorScheduler: "idle" }],
  [
    "weights",
    { cpuShares: 2048, cpuBandwidth: { periodMicroseconds: 50000, quotaMicroseconds: -1 } },
    { cpuShares: "2048", "cpuBandwidth.periodMicroseconds": "50000", "cpuBandwidth.quotaMicroseconds": "-1" },
  ],
  [
    "cacheTune",
    {
      cacheTune: [
        {
          vcpus: "3,0-1",
          caches: [
            { level: 3, id: 0, type: "code", sizeKiB: 1024 },
            { level: 3, id: 1, type: "both", sizeKiB: 2048 },
          ],
        },
      ],
    },
    { "cacheTune.0-1,3.L3.0.code": "1024 KiB", "cacheTune.0-1,3.L3.1.both": "2048 KiB" },
  ],
  [
    "memoryTune",
    { memoryTune: [{ vcpus: "0,1", nodes: [{ id: 1, bandwidthPercent: 60 }] }] },
    { "memoryTune.0-1.node1": "60" },
  ],
  [
    "numa",
    { numa: { mode: "preferred", nodeset: "1,0" } },
    { "numa.mode": "preferred", "numa.nodeset": "0-1", "numa.placement": null },
  ],
  [
    "a nodeset alone: with libvirt's default mode",
    { numa: { nodeset: "0" } },
    { "numa.mode": "strict", "numa.nodeset": "0", "numa.placement": null },
  ],
  [
    "placement auto: memory and vCPUs, and no sets",
    { numa: { placement: "auto" } },
    {
      "numa.mode": "strict",
      "numa.placement": "auto",
      "vcpus.placement": "auto",
      "numa.nodeset": null,
      vcpuCpuset: null,
    },
  ],
  [
    "placement static: of neither",
    { numa: { placement: "static", nodeset: "0" } },
    { "numa.mode": "strict", "numa.nodeset": "0", "numa.placement": null, "vcpus.placement": null },
  ],
  [
    "topology: what is not given is 1, and 1 die and cluster say nothing",
    { cpu: { topology: { cores: 4, threads: 2 } } },
    {
      "cpu.topology.sockets": "1",
      "cpu.topology.dies": null,
      "cpu.topology.clusters": null,
      "cpu.topology.cores": "4",
      "cpu.topology.threads": "2",
    },
  ],
  ["cpu.cache", { cpu: { cache: "emulate" } }, { "cpu.cache": "emulate level 3" }],
  ["cpu.cache, passed through", { cpu: { cache: "passthrough" } }, { "cpu.cache": "passthrough" }],
  ["features", { cpu: { features: { pcid: "require" } } }, { "cpu.features.pcid": "require" }],
  [
    "memoryBacking",
    {
      memoryBacking: {
        hugepages: [
          { size: "2048K", cells: "1" },
          { size: "1G", cells: "2,0" },
        ],
        locked: false,
        nosharepages: true,
        source: "memfd",
        access: "shared",
        allocation: "immediate",
        hardLimitMiB: 100,
      },
    },
    {
      "memoryBacking.hugepages": "1G cells 0,2, 2M cells 1",
      "memoryBacking.locked": null,
      "memoryBacking.nosharepages": "yes",
      "memoryBacking.source": "memfd",
      "memoryBacking.access": "shared",
      "memoryBacking.allocation": "immediate",
      "memoryBacking.hardLimit": "102400 KiB",
    },
  ],
  [
    "hugepages of the host's usual size",
    { memoryBacking: { hugepages: true } },
    { "memoryBacking.hugepages": "default" },
  ],
])("%s", (_name, fields, expected) => {
  expect(desired(fields)).toEqual(expected);
});

test("current vCPUs are held against the maximum that there is", () => {
  expect(desired({ vcpus: { current: 4 } }, { existing: { "vcpus.maximum": "4" } })).toEqual({ "vcpus.current": null });
  expect(desired({ vcpus: { current: 4 } }, { existing: { "vcpus.maximum": "8" } })).toEqual({ "vcpus.current": "4" });
});

describe("what is there is not asked for anew", () => {
  test("a mode stays with a new nodeset", () => {
    expect(
      desired({ numa: { nodeset: "1" } }, { existing: { "numa.mode": "preferred", "numa.nodeset": "0" } }),
    ).toEqual({
      "numa.nodeset": "1",
      "numa.placement": null,
    });
  });
});

describe("guest cells", () => {
  const two: PlacementFields = {
    numa: {
      cells: [
        { id: 1, vcpus: "2,3", memoryMiB: 2048, memAccess: "shared", nodeset: "1" },
        { id: 0, vcpus: "0-1", memoryMiB: 1024 },
      ],
    },
  };
  const facts = {
    "numa.cells.0.vcpus": "0-1",
    "numa.cells.0.memory": gib(1),
    "numa.cells.1.vcpus": "2-3",
    "numa.cells.1.memory": gib(2),
    "numa.cells.1.memAccess": "shared",
    "numa.cells.1.mode": "strict",
    "numa.cells.1.nodeset": "1",
    memory: gib(3),
    currentMemory: null,
  };

  test("are all of the memory, in whatever order they are written", () => {
    expect(desired(two)).toEqual(facts);
  });

  test("stand beside memory modules", () => {
    expect(desired(two, { existing: { memory: gib(4) }, devicesMemoryKiB: 1024 ** 2 })).toMatchObject({
      memory: gib(4),
    });
  });

  test("leave current memory that is less, and raise it to all where it is not", () => {
    expect(desired(two, { existing: { memory: gib(8), currentMemory: gib(2) } })).not.toHaveProperty("currentMemory");
    expect(desired(two, { existing: { memory: gib(8), currentMemory: gib(4) } })).toMatchObject({
      currentMemory: null,
    });
  });

  test("of a domain whose memory can be added to while it runs say nothing of all memory", () => {
    const wanted = desired(two, { existing: { "vcpus.maximum": "4" } });
    expect(wanted).not.toHaveProperty("memory");
    expect(wanted).not.toHaveProperty("currentMemory");
  });

  test("take the mode that the program, the cell or the domain has", () => {
    const modeIn = (numa: PlacementFields["numa"], existing: FactTable) =>
      desired({ numa: { ...numa, ...two.numa } }, { existing: { memory: gib(3), ...existing } })["numa.cells.1.mode"];
    expect(modeIn({ mode: "restrictive", nodeset: "0" }, {})).toBe("restrictive");
    expect(modeIn({}, { "numa.mode": "restrictive" })).toBe("restrictive");
    expect(modeIn({}, { "numa.mode": "interleave", "numa.cells.1.mode": "preferred" })).toBe("preferred");
    expect(modeIn({}, {})).toBe("strict");
  });

  test("are as far apart one way as the other, if only one is given; 10 to itself and 20 say nothing", () => {
    const cells = [
      { id: 0, memoryMiB: 1024, distances: { 0: 10, 1: 21, 2: 20 } },
      { id: 1, memoryMiB: 1024, distances: { 0: 22 } },
      { id: 2, memoryMiB: 1024, distances: { 1: 31 } },
    ];
    const wanted = Object.entries(desired({ numa: { cells } })).filter(([setting]) => setting.includes("distances"));
    expect(Object.fromEntries(wanted.map(([setting, value]) => [setting.replace("numa.cells.", ""), value]))).toEqual({
      "0.distances.0": null,
      "0.distances.1": "21",
      "0.distances.2": null,
      "1.distances.0": "22",
      "1.distances.1": null,
      "1.distances.2": "31",
      "2.distances.0": null,
      "2.distances.1": "31",
      "2.distances.2": null,
    });
  });

  test("caches", () => {
    const cache = { level: 3, associativity: "direct", policy: "writeback", sizeKiB: 1024, lineBytes: 64 } as const;
    expect(desired({ numa: { cells: [{ id: 0, memoryMiB: 1024, caches: [cache] }] } })).toMatchObject({
      "numa.cells.0.caches.3": "direct writeback 1024 KiB line 64 B",
    });
  });

  test("that the list does not hold go, with all that is theirs, and stay away while their originals are known", () => {
    const existing = {
      memory: gib(4),
      "numa.cells.0.distances.1": "21",
      "numa.cells.1.memory": gib(1),
      "numa.cells.1.nodeset": "0",
      "numa.cells.1.distances.0": "21",
    };
    const one: PlacementFields = { numa: { cells: [{ id: 0, vcpus: "0-3", memoryMiB: 4096 }] } };
    expect(desired(one, { existing })).toMatchObject({
      "numa.cells.0.distances.1": null,
      "numa.cells.1.memory": null,
      "numa.cells.1.nodeset": null,
      "numa.cells.1.distances.0": null,
    });
    const gone = desired(one, { existing: { memory: gib(4) }, recorded: ["numa.cells.1.memory", "emulatorPin"] });
    expect(gone).toMatchObject({ "numa.cells.1.memory": null });
    expect(gone).not.toHaveProperty("emulatorPin");
  });
});

describe("the CPU's identity", () => {
  const cpu = (given: PlacementFields["cpu"], more: Given = {}) =>
    desired({ cpu: given }, { domainType: "kvm", ...more });
  const model = "EPYC";
  const none = { "cpu.match": null, "cpu.model": null };

  test("another mode than custom takes no model, no match; migratable is for the host's own CPU", () => {
    expect(cpu({ mode: "host-passthrough" })).toEqual({
      "cpu.mode": "host-passthrough",
      ...none,
      "cpu.fallback": null,
    });
    expect(cpu({ mode: "maximum", migratable: false })).toEqual({
      "cpu.mode": "maximum",
      ...none,
      "cpu.fallback": null,
      "cpu.migratable": "off",
    });
    expect(cpu({ mode: "host-model" })).toEqual({
      "cpu.mode": "host-model",
      ...none,
      "cpu.fallback": null,
      "cpu.migratable": null,
    });
  });

  test("a model means mode custom", () => {
    expect(cpu({ model })).toEqual({ "cpu.mode": "custom", "cpu.migratable": null, "cpu.model": model });
  });

  test("what libvirt takes for granted is not written", () => {
    expect(cpu({ model, match: "exact", fallback: "allow", check: "partial" })).toEqual({
      "cpu.mode": "custom",
      "cpu.migratable": null,
      "cpu.model": model,
      "cpu.match": null,
      "cpu.fallback": null,
      "cpu.check": null,
    });
    expect(cpu({ mode: "host-passthrough", check: "none", migratable: true })).toMatchObject({
      "cpu.check": null,
      "cpu.migratable": null,
    });
    expect(cpu({ mode: "host-model", check: "partial" })).toMatchObject({ "cpu.check": null });
    expect(cpu({ model, check: "none" })).toMatchObject({ "cpu.check": "none" });
    expect(cpu({ model, check: "none" }, { domainType: "qemu" })).toMatchObject({ "cpu.check": null });
  });

  test("a check of another kind of CPU goes", () => {
    const existing = { "cpu.mode": "host-model", "cpu.check": "full" };
    expect(cpu({ mode: "host-passthrough" }, { existing })).toMatchObject({ "cpu.check": null });
    expect(cpu({ mode: "host-model" }, { existing })).not.toHaveProperty(["cpu.check"]);
    expect(cpu({ mode: "host-passthrough", check: "full" }, { existing })).toMatchObject({ "cpu.check": "full" });
  });

  test("a vendor goes with its model, and stays away while its original is known", () => {
    const existing = { "cpu.mode": "custom", "cpu.model": model, "cpu.vendor": "AMD" };
    const own = { mode: "custom", model: "qemu64", check: "none", fallback: "forbid" } as const;
    expect(cpu({ mode: "host-passthrough" }, { existing })).toMatchObject({ "cpu.vendor": null });
    expect(cpu(own, { existing })).toMatchObject({ "cpu.vendor": null });
    expect(cpu({ mode: "host-model" }, { recorded: ["cpu.vendor"] })).toMatchObject({ "cpu.vendor": null });
    expect(cpu({ model }, { existing })).not.toHaveProperty(["cpu.vendor"]);
    expect(cpu({ features: { pcid: "require" } }, { existing })).not.toHaveProperty(["cpu.vendor"]);
    expect(cpu({ mode: "host-model" })).not.toHaveProperty(["cpu.vendor"]);
  });

  test("libvirt's own choice, written out, is no choice", () => {
    const own = { mode: "custom", model: "qemu64", match: "exact", check: "none", fallback: "forbid" } as const;
    expect(Object.values(cpu(own))).toEqual(Array(6).fill(null));
    expect(cpu({ ...own, fallback: "allow" })).toMatchObject({ "cpu.model": "qemu64" });
  });
});

describe("the limit of locked memory: 2 % more, 72 MiB a thread (72 of QEMU itself), 256 MiB, in whole MiB", () => {
  const locked: PlacementFields = { memoryBacking: { locked: true } };
  const limit = (fields: PlacementFields, more: Given = {}) => desired(fields, more)["memoryBacking.hardLimit"];

  test.each<[string, PlacementFields, Given, number]>([
    // 4096 + 81.92 + 76 * 72 + 256
    ["4 GiB, 4 vCPUs", locked, { existing: { memory: gib(4), "vcpus.maximum": "4" } }, 9906],
    // 32768 + 655.36 + 80 * 72 + 256
    ["32 GiB, 8 vCPUs", locked, { existing: { memory: gib(32), "vcpus.maximum": "8" } }, 39440],
    // 1024 + 20.48 + 73 * 72 + 256
    ["1 GiB, vCPUs unknown", locked, { existing: { memory: gib(1) } }, 6557],
    // 4096 + 81.92 + 76 * 72 + 256 + 1024
    [
      "emulated, with the usual room for translated code",
      locked,
      { existing: { memory: gib(4), "vcpus.maximum": "4" }, domainType: "qemu" },
      10930,
    ],
    // 4096 + 81.92 + 76 * 72 + 256 + 256
    [
      "emulated, with room that is given",
      locked,
      { existing: { memory: gib(4), "vcpus.maximum": "4" }, domainType: "qemu", tcgCacheKiB: 262144 },
      10162,
    ],
    // 3072 + 61.44 + 74 * 72 + 256
    [
      "memory and vCPUs that the program gives",
      { ...locked, vcpus: { maximum: 2 }, numa: { cells: [{ id: 0, vcpus: "0-1", memoryMiB: 3072 }] } },
      { existing: { memory: gib(4), "vcpus.maximum": "4" } },
      8718,
    ],
    // 4096 + 81.92 + 78 * 72 + 256
    [
      "I/O threads that are there, and that the program adds",
      { ...locked, iothreads: [{ id: 1 }, { id: 2, cpus: "0" }] },
      { existing: { memory: gib(4), "vcpus.maximum": "4", "iothreads.1": "unpinned" } },
      10050,
    ],
  ])("%s", (...[, fields, more, mib]) => {
    expect(limit(fields, more)).toBe(`${mib * 1024} KiB`);
  });

  test("what is given is not computed, and without the domain's memory nothing is", () => {
    const existing = { memory: gib(4) };
    expect(limit({ memoryBacking: { locked: true, hardLimitMiB: 5000 } }, { existing })).toBe("5120000 KiB");
    expect(limit(locked, { existing: {} })).toBeUndefined();
    expect(limit({ memoryBacking: { locked: false } }, { existing })).toBeUndefined();
  });
});

describe("migration", () => {
  const fields: PlacementFields = {
    vcpuPins: { 0: "2", 1: "3-4" },
    emulatorPin: "0",
    iothreads: [{ id: 1, cpus: "7" }, { id: 2 }],
    vcpuCpuset: "1",
  };
  const wide = (cpus: CpuSet) => widened(roomyHost, cpus);

  test("flexible: each pin becomes all CPUs of its nodes", () => {
    expect(desired({ ...fields, migration: "flexible" }, { widened: wide })).toMatchObject({
      "vcpuPins.0": "0-3",
      "vcpuPins.1": "0-7",
      emulatorPin: "0-3",
      "iothreads.1": "4-7",
      "iothreads.2": "unpinned",
      vcpuCpuset: "1",
    });
  });

  test("pinned: pins are as written", () => {
    expect(desired({ ...fields, migration: "pinned" }, { widened: wide })).toMatchObject({
      "vcpuPins.0": "2",
      "vcpuPins.1": "3-4",
      emulatorPin: "0",
      "iothreads.1": "7",
    });
  });
});
