import { parseSetting, topologyParts } from "../../../provider/vm-cpu-placement/facts";
import type { CellField, PlainSetting, Setting, TopologyPart } from "../../../provider/vm-cpu-placement/facts";
import type { PlacementFields } from "../../../provider/vm-cpu-placement/desired-context";
import type { Domain } from "../../../provider/vm-cpu-placement/model";
import { planPlacement } from "../../../provider/vm-cpu-placement/placement";
import { cpuCases } from "./cases/cpu";
import { memoryCases } from "./cases/memory";
import { numaCases } from "./cases/numa";
import { usual, type SettingCase } from "./cases/setting-case";
import { threadCases } from "./cases/threads";
import { line, roomyHost, running, shutOff, type FactTable } from "./support";

const table = [...threadCases, ...numaCases, ...cpuCases, ...memoryCases];

const planOf = (fields: PlacementFields, domain: Domain | undefined) =>
  planPlacement(fields, { domain, record: undefined, host: roomyHost, others: [] });

const withValue = ({ setting, beside }: SettingCase, value: string | null): FactTable => {
  const { [setting]: _own, ...rest } = { ...usual, ...beside };
  return value === null ? rest : { ...rest, [setting]: value };
};

const nothing = { live: new Map(), config: new Map(), restart: false, start: undefined };

describe.each(table.map((one) => ({ ...one, name: `${one.setting}: ${one.other} → ${one.wanted}`, one })))(
  "$name ($whileRunning)",
  ({ one, setting, fields, wanted, other, whileRunning }) => {
    const right = withValue(one, wanted);
    const wrong = withValue(one, other);
    const text = `${other} → ${wanted}`;
    const change = new Map([[setting, wanted]]);
    const isUntold = whileRunning === "untold";

    test("equal, running: nothing", () => {
      const plan = planOf(fields, running(right, right));
      expect(plan.problems).toEqual([]);
      expect(plan.changes).toEqual([]);
      expect(plan.actions).toEqual(nothing);
    });

    test("equal, shut off: nothing", () => {
      const plan = planOf(fields, shutOff(right));
      expect(plan.problems).toEqual([]);
      expect(plan.changes).toEqual([]);
      expect(plan.actions).toEqual(nothing);
    });

    test("running and definition differ alike: both are done, and shown in one line", () => {
      const plan = planOf(fields, running(wrong, wrong));
      expect(plan.problems).toEqual([]);
      expect(plan.changes.map(line)).toEqual([
        isUntold ? `${setting} (config): ${text} [none]` : `${setting}: ${text} [${whileRunning}]`,
      ]);
      expect(plan.actions).toEqual({
        ...nothing,
        live: whileRunning === "live" ? change : new Map(),
        config: change,
        restart: whileRunning === "vm-restart",
      });
    });

    test("the running domain alone differs: no define", () => {
      const plan = planOf(fields, running(wrong, right));
      expect(plan.problems).toEqual([]);
      expect(plan.changes.map(line)).toEqual(isUntold ? [] : [`${setting}: ${text} [${whileRunning}]`]);
      expect(plan.actions).toEqual({
        ...nothing,
        live: whileRunning === "live" ? change : new Map(),
        restart: whileRunning === "vm-restart",
      });
    });

    test("the definition alone differs: a define, which costs nothing", () => {
      const plan = planOf(fields, running(right, wrong));
      expect(plan.problems).toEqual([]);
      expect(plan.changes.map(line)).toEqual([`${setting} (config): ${text} [none]`]);
      expect(plan.actions).toEqual({ ...nothing, config: change });
    });

    test("shut off: a define, which costs nothing", () => {
      const plan = planOf(fields, shutOff(wrong));
      expect(plan.problems).toEqual([]);
      expect(plan.changes.map(line)).toEqual([`${setting}: ${text} [none]`]);
      expect(plan.actions).toEqual({ ...nothing, config: change });
    });

    test("not there yet: all that is wanted is new, at no cost", () => {
      const plan = planOf(fields, undefined);
      expect(plan.problems).toEqual([]);
      if (wanted === null) expect(plan.changes.map((each) => each.setting)).not.toContain(setting);
      else expect(plan.changes.map(line)).toContain(`${setting}: null → ${wanted} [none]`);
      expect(plan.actions).toEqual(nothing);
    });
  },
);

describe("no setting is left out of the table", () => {
  // The types make these lists whole.
  const kinds: Readonly<Record<Setting["kind"], true>> = {
    plain: true,
    vcpuPin: true,
    vcpuScheduler: true,
    iothread: true,
    iothreadScheduler: true,
    cell: true,
    cellDistance: true,
    cellCache: true,
    feature: true,
    topology: true,
    cacheTune: true,
    memoryTune: true,
  };
  const plain: Readonly<Record<PlainSetting, true>> = {
    "vcpus.maximum": true,
    "vcpus.current": true,
    "vcpus.placement": true,
    vcpuCpuset: true,
    emulatorPin: true,
    emulatorScheduler: true,
    cpuShares: true,
    "cpuBandwidth.periodMicroseconds": true,
    "cpuBandwidth.quotaMicroseconds": true,
    "numa.mode": true,
    "numa.nodeset": true,
    "numa.placement": true,
    memory: true,
    currentMemory: true,
    "cpu.mode": true,
    "cpu.match": true,
    "cpu.check": true,
    "cpu.migratable": true,
    "cpu.model": true,
    "cpu.vendor": true,
    "cpu.fallback": true,
    "cpu.cache": true,
    "memoryBacking.hugepages": true,
    "memoryBacking.locked": true,
    "memoryBacking.nosharepages": true,
    "memoryBacking.source": true,
    "memoryBacking.access": true,
    "memoryBacking.allocation": true,
    "memoryBacking.hardLimit": true,
  };
  const cellFields: Readonly<Record<CellField, true>> = {
    vcpus: true,
    memory: true,
    memAccess: true,
    mode: true,
    nodeset: true,
  };
  const parts: Readonly<Record<TopologyPart, true>> = {
    sockets: true,
    dies: true,
    clusters: true,
    cores: true,
    threads: true,
  };
  const tested = table.map(({ setting }) => parseSetting(setting));
  const testedOf = (read: (one: Setting) => string | undefined) => new Set(tested.map(read).filter(Boolean));

  test("kinds", () => expect(testedOf(({ kind }) => kind)).toEqual(new Set(Object.keys(kinds))));

  test("settings without a number in their name", () =>
    expect(testedOf((one) => (one.kind === "plain" ? one.name : undefined))).toEqual(new Set(Object.keys(plain))));

  test("fields of a guest cell", () =>
    expect(testedOf((one) => (one.kind === "cell" ? one.field : undefined))).toEqual(new Set(Object.keys(cellFields))));

  test("parts of the topology", () => {
    expect(Object.keys(parts)).toEqual([...topologyParts]);
    expect(testedOf((one) => (one.kind === "topology" ? one.part : undefined))).toEqual(new Set(topologyParts));
  });
});
