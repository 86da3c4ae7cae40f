import { planPlacement } from "../../../provider/vm-cpu-placement/placement";
import type { PlacementFields } from "../../../provider/vm-cpu-placement/desired-context";
import type { HostFacts } from "../../../provider/vm-cpu-placement/host-facts";
import { isToldLive, sameLive } from "../../../provider/vm-cpu-placement/live-equality";
import { documentOf, line, roomyHost, running, type FactTable } from "./support";

const model = "Skylake-Server-IBRS";

interface Given {
  readonly facts?: FactTable;
  readonly targets?: Readonly<Record<string, string | null>>;
  readonly everywhere?: string;
  readonly host?: HostFacts;
}

/** Whether a running domain that has `actual` is as wanted. */
function same(setting: string, [actual, desired]: readonly [string | null, string | null], given: Given = {}): boolean {
  const facts = new Map(Object.entries({ ...given.facts, ...(actual !== null && { [setting]: actual }) }));
  const targets = new Map(Object.entries({ ...given.targets, [setting]: desired }));
  const { everywhere = "0-7", host = roomyHost } = given;
  return sameLive(setting, { actual, desired }, { facts, targets, everywhere, host, domainType: "kvm" });
}

const plan = (fields: PlacementFields, live: FactTable, config: FactTable) =>
  planPlacement(fields, { domain: running(live, config), record: undefined, host: roomyHost, others: [] });

test("what the running domain's document does not tell is not looked for there", () => {
  const untold = ["cpu.check", "cpu.match", "cpu.vendor", "cpu.fallback", "currentMemory"];
  expect(untold.map(isToldLive)).toEqual(Array(5).fill(false));
  expect(["cpu.mode", "cpu.model", "cpu.features.pcid", "memory", "vcpus.current"].map(isToldLive)).toEqual(
    Array(5).fill(true),
  );
});

describe("a pin that is not wanted", () => {
  test.each(["vcpuPins.0", "emulatorPin"])("%s: is gone, or is everywhere", (setting) => {
    expect(same(setting, [null, null])).toBe(true);
    expect(same(setting, ["0-7", null])).toBe(true);
    expect(same(setting, ["0-6", null])).toBe(false);
    expect(same(setting, ["2-3", null], { everywhere: "2-3" })).toBe(true);
    expect(same(setting, ["0-7", null], { everywhere: "2-3" })).toBe(false);
  });

  test.each(["vcpuPins.0", "emulatorPin"])("%s: is not everywhere where a set is wanted that is another", (setting) => {
    expect(same(setting, [null, "0-7"])).toBe(false);
    expect(same(setting, ["0-7", "0-6"])).toBe(false);
  });

  test("an I/O thread: unpinned or everywhere, but there", () => {
    expect(same("iothreads.1", ["0-7", "unpinned"])).toBe(true);
    expect(same("iothreads.1", ["unpinned", "unpinned"])).toBe(true);
    expect(same("iothreads.1", ["0-6", "unpinned"])).toBe(false);
    expect(same("iothreads.1", [null, "unpinned"])).toBe(false);
    expect(same("iothreads.1", ["0-7", null])).toBe(false);
    expect(same("iothreads.1", ["unpinned", null])).toBe(false);
  });

  test("everywhere is the domain's own set, if it has one", () => {
    const live = { vcpuCpuset: "4-7", "vcpuPins.0": "4-7", "vcpus.maximum": "4" };
    const record = {
      uuid: documentOf({}).uuid,
      urn: "urn",
      original: { live: { "vcpuPins.0": null }, config: { "vcpuPins.0": null } },
      wrote: { live: { "vcpuPins.0": ["4-7"] }, config: { "vcpuPins.0": ["4-7"] } },
    };
    const config = { vcpuCpuset: "4-7", "vcpus.maximum": "4" };
    const state = { domain: running(live, config), record, host: roomyHost, others: [] };
    expect(planPlacement({}, state).changes).toEqual([]);
  });
});

describe("weights, which cannot be taken out of the running domain's XML", () => {
  const version1 = { ...roomyHost, cgroup: 1 } as const;
  const unknown = { ...roomyHost, cgroup: undefined };

  test("shares: the default of the cgroup version", () => {
    expect(same("cpuShares", ["100", null])).toBe(true);
    expect(same("cpuShares", ["100", null], { host: unknown })).toBe(true);
    expect(same("cpuShares", ["1024", null])).toBe(false);
    expect(same("cpuShares", ["1024", null], { host: version1 })).toBe(true);
    expect(same("cpuShares", ["100", null], { host: version1 })).toBe(false);
    expect(same("cpuShares", [null, "100"])).toBe(false);
  });

  test("period: 100 ms", () => {
    expect(same("cpuBandwidth.periodMicroseconds", ["100000", null])).toBe(true);
    expect(same("cpuBandwidth.periodMicroseconds", ["50000", null])).toBe(false);
    expect(same("cpuBandwidth.periodMicroseconds", [null, "100000"])).toBe(false);
  });

  test("quota: every negative number is none", () => {
    const quota = "cpuBandwidth.quotaMicroseconds";
    expect(same(quota, ["-1", null])).toBe(true);
    expect(same(quota, [null, "-1"])).toBe(true);
    expect(same(quota, ["-2", "-1"])).toBe(true);
    expect(same(quota, ["50000", null])).toBe(false);
    expect(same(quota, ["50000", "-1"])).toBe(false);
    expect(same(quota, ["-1", "50000"])).toBe(false);
  });
});

describe("the CPU, which is shown as it came out", () => {
  const custom = { "cpu.mode": "custom", "cpu.model": model };

  test("host-model runs as the custom model nearest to the host's CPU", () => {
    expect(same("cpu.mode", ["custom", "host-model"], { facts: custom })).toBe(true);
    const other = { ...custom, "cpu.model": "Haswell-noTSX" };
    expect(same("cpu.mode", ["custom", "host-model"], { facts: other })).toBe(false);
    expect(same("cpu.mode", ["host-passthrough", "host-model"])).toBe(false);
    expect(same("cpu.mode", ["custom", "host-passthrough"], { facts: custom })).toBe(false);
  });

  test("host-model where libvirt does not say what it is: any custom model", () => {
    const host = { ...roomyHost, cpuCapabilities: () => undefined };
    expect(same("cpu.mode", ["custom", "host-model"], { facts: { "cpu.model": "EPYC" }, host })).toBe(true);
  });

  test("a model that shall not be there, under host-model", () => {
    const targets = { "cpu.mode": "host-model" };
    expect(same("cpu.model", [model, null], { facts: custom, targets })).toBe(true);
    expect(same("cpu.model", ["Haswell-noTSX", null], { facts: { "cpu.mode": "custom" }, targets })).toBe(false);
    expect(same("cpu.model", [model, null], { facts: custom, targets: { "cpu.mode": "host-passthrough" } })).toBe(
      false,
    );
  });

  test.each(["qemu64", "qemu32", "cortex-a15", "POWER9"])("no CPU named runs as the machine's default: %s", (name) => {
    const facts = { "cpu.mode": "custom", "cpu.model": name };
    expect(same("cpu.mode", ["custom", null], { facts, targets: { "cpu.model": null } })).toBe(true);
    expect(same("cpu.model", [name, null], { facts, targets: { "cpu.mode": null } })).toBe(true);
  });

  test("no CPU named does not run as somebody's model", () => {
    expect(same("cpu.mode", ["custom", null], { facts: custom })).toBe(false);
    expect(same("cpu.model", [model, null], { facts: custom, targets: { "cpu.mode": null } })).toBe(false);
  });

  test.each([
    ["force", "require", true],
    ["force", "disable", false],
    ["force", null, false],
    ["require", "require", true],
    ["require", "force", false],
    ["require", null, false],
    ["require", "disable", false],
    ["optional", "require", true],
    ["optional", "disable", true],
    ["optional", null, true],
    ["disable", "disable", true],
    ["disable", null, true],
    ["disable", "require", false],
    ["forbid", "disable", true],
    ["forbid", null, true],
    ["forbid", "require", false],
    [null, "require", false],
  ] as const)("a feature that shall be %s of a custom model and came out %s: as wanted %s", (desired, actual, good) => {
    expect(same("cpu.features.pcid", [actual, desired], { facts: custom })).toBe(good);
  });

  test("of host-passthrough features are shown as they were asked for", () => {
    const facts = { "cpu.mode": "host-passthrough" };
    expect(same("cpu.features.pcid", [null, "disable"], { facts })).toBe(false);
    expect(same("cpu.features.pcid", ["require", "optional"], { facts })).toBe(false);
    expect(same("cpu.features.pcid", ["require", "require"], { facts })).toBe(true);
  });

  test("a host-model domain with features, started: nothing to do", () => {
    const fields: PlacementFields = {
      cpu: { mode: "host-model", check: "full", features: { vmx: "disable", pcid: "optional", md_clear: "require" } },
    };
    const live = {
      "vcpus.maximum": "4",
      ...custom,
      "cpu.check": "full",
      "cpu.features.md_clear": "require",
      "cpu.features.ss": "require",
      "cpu.features.vmx": "disable",
    };
    const config = {
      "vcpus.maximum": "4",
      "cpu.mode": "host-model",
      "cpu.check": "full",
      "cpu.features.vmx": "disable",
      "cpu.features.pcid": "optional",
      "cpu.features.md_clear": "require",
    };
    expect(plan(fields, live, config).changes).toEqual([]);
    expect(plan(fields, { ...live, "cpu.features.vmx": "require" }, config).changes.map(line)).toEqual([
      "cpu.features.vmx: require → disable [vm-restart]",
    ]);
  });
});

test.each(["vcpuScheduler.0", "cpu.topology.cores", "cpu.cache", "memory", "numa.mode", "vcpuCpuset", "vcpus.current"])(
  "%s is as wanted only if it is equal",
  (setting) => {
    expect(same(setting, ["a", "a"])).toBe(true);
    expect(same(setting, ["a", "b"])).toBe(false);
    expect(same(setting, ["a", null])).toBe(false);
    expect(same(setting, [null, "a"])).toBe(false);
  },
);
