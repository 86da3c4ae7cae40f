import { droppedTargets } from "../../../provider/vm-cpu-placement/dropped";
import { groupOf } from "../../../provider/vm-cpu-placement/groups";
import { planPlacement } from "../../../provider/vm-cpu-placement/placement";
import type { PlacementFields } from "../../../provider/vm-cpu-placement/desired-context";
import { recordAfter, recordBefore } from "../../../provider/vm-cpu-placement/record-update";
import type { Domain } from "../../../provider/vm-cpu-placement/model";
import type { DomainRecord } from "../../../provider/vm-cpu-placement/record";
import { line, recordOf, roomyHost, running, shutOff, type FactTable } from "./support";

type Values = Readonly<Record<string, string | null>>;

const planOf = (fields: PlacementFields, domain: Domain, record?: DomainRecord) =>
  planPlacement(fields, { domain, record, host: roomyHost, others: [] });
const lines = (...given: Parameters<typeof planOf>) => planOf(...given).changes.map(line);

/** A record of a domain that was shut off when it was first managed. */
const configRecord = (original: Values, wrote: Readonly<Record<string, readonly (string | null)[]>>) =>
  recordOf({ original: { live: {}, config: original }, wrote: { live: {}, config: wrote } });

const base: FactTable = { "vcpus.maximum": "4", memory: "4194304 KiB" };

describe("settings that stand or fall together", () => {
  test.each([
    ["numa.nodeset", ["numa.mode", "numa.nodeset", "numa.placement"]],
    ["cpu.model", ["cpu.mode", "cpu.match", "cpu.check", "cpu.migratable", "cpu.model", "cpu.vendor", "cpu.fallback"]],
    ["cpu.topology.dies", ["sockets", "dies", "clusters", "cores", "threads"].map((part) => `cpu.topology.${part}`)],
    ["currentMemory", ["memory", "currentMemory"]],
    ["vcpuPins.0", []],
    ["cpu.features.pcid", []],
    ["numa.cells.0.nodeset", []],
  ])("%s", (setting, group) => {
    expect(groupOf(setting)).toEqual(group);
  });

  test("with one of them the originals of all are kept, on both sides", () => {
    const domain = running(
      { ...base, "cpu.mode": "custom", "cpu.model": "EPYC" },
      { ...base, "cpu.mode": "host-model" },
    );
    const plan = planOf({ cpu: { mode: "host-passthrough" } }, domain);
    const record = recordBefore({ record: undefined, urn: "urn", domain, plan });
    expect(record.original.config).toEqual({
      "cpu.mode": "host-model",
      "cpu.match": null,
      "cpu.check": null,
      "cpu.migratable": null,
      "cpu.model": null,
      "cpu.vendor": null,
      "cpu.fallback": null,
    });
    expect(record.original.live).toMatchObject({ "cpu.mode": "custom", "cpu.model": "EPYC" });
  });
});

describe("what left the program", () => {
  test("goes back on each side to what it was there", () => {
    const record = recordOf({
      original: { live: { emulatorPin: "1" }, config: { emulatorPin: null } },
      wrote: { live: { emulatorPin: ["0"] }, config: { emulatorPin: ["0"] } },
    });
    const now = { ...base, emulatorPin: "0" };
    expect(droppedTargets(new Map(), running(now, now), record)).toEqual({
      targets: { live: new Map([["emulatorPin", "1"]]), config: new Map([["emulatorPin", null]]) },
      left: [],
    });
  });

  test("is nothing without a record, and nothing of what is still wanted", () => {
    const now = running({ ...base, emulatorPin: "0" }, { ...base, emulatorPin: "0" });
    const none = { targets: { live: new Map(), config: new Map() }, left: [] };
    expect(droppedTargets(new Map(), now, undefined)).toEqual(none);
    const record = configRecord({ emulatorPin: null }, { emulatorPin: ["0"] });
    expect(droppedTargets(new Map([["emulatorPin", "3"]]), now, record)).toEqual(none);
  });

  test("is left where it is none of what we ever wrote", () => {
    const record = configRecord({ emulatorPin: null }, { emulatorPin: ["0", "1"] });
    const of = (value: string) => droppedTargets(new Map(), shutOff({ ...base, emulatorPin: value }), record);
    expect(of("1").targets.config).toEqual(new Map([["emulatorPin", null]]));
    expect(of("2")).toMatchObject({ left: [{ setting: "emulatorPin", actual: "2" }] });
    expect(of("2").targets.config).toEqual(new Map());
  });
});

describe("the CPU's identity", () => {
  const original = {
    "cpu.mode": "host-model",
    "cpu.match": null,
    "cpu.check": "full",
    "cpu.migratable": null,
    "cpu.model": null,
    "cpu.vendor": null,
    "cpu.fallback": null,
  };
  const record = configRecord(original, {
    "cpu.mode": ["host-passthrough"],
    "cpu.check": [null, "partial"],
    "cpu.migratable": ["off"],
  });
  const now = shutOff({ ...base, "cpu.mode": "host-passthrough", "cpu.check": "partial", "cpu.migratable": "off" });

  test("goes back whole", () => {
    expect(lines({}, now, record)).toEqual([
      "cpu.mode: host-passthrough → host-model [none]",
      "cpu.check: partial → full [none]",
      "cpu.migratable: off → null [none]",
    ]);
  });

  test("a check of the CPU that was does not come back while the program names another", () => {
    expect(lines({ cpu: { mode: "host-passthrough" } }, now, record)).toEqual([
      "cpu.check: partial → null [none]",
      "cpu.migratable: off → null [none]",
    ]);
  });

  test("comes back as it was, once the program names the CPU that was", () => {
    const back = planOf({ cpu: { mode: "host-model" } }, now, record);
    expect(new Map(back.actions.config)).toEqual(
      new Map([
        ["cpu.mode", "host-model"],
        ["cpu.migratable", null],
        ["cpu.check", "full"],
      ]),
    );
    const then = shutOff({ ...base, "cpu.mode": "host-model", "cpu.check": "full" });
    expect(lines({ cpu: { mode: "host-model" } }, then, record)).toEqual([]);
  });
});

describe("guest cells that the program removed", () => {
  const two: FactTable = {
    ...base,
    "numa.cells.0.vcpus": "0-1",
    "numa.cells.0.memory": "2097152 KiB",
    "numa.cells.1.vcpus": "2-3",
    "numa.cells.1.memory": "2097152 KiB",
    "numa.cells.1.memAccess": "shared",
  };
  const one: FactTable = { ...base, "numa.cells.0.vcpus": "0-3", "numa.cells.0.memory": "4194304 KiB" };
  const program: PlacementFields = { numa: { cells: [{ id: 0, vcpus: "0-3", memoryMiB: 4096 }] } };

  const domain = shutOff(two);
  const first = planOf(program, domain);
  const record = recordAfter(recordBefore({ record: undefined, urn: "urn", domain, plan: first }), first);

  test("are remembered", () => {
    expect(record.original.config).toMatchObject({
      "numa.cells.1.vcpus": "2-3",
      "numa.cells.1.memory": "2097152 KiB",
      "numa.cells.1.memAccess": "shared",
    });
  });

  test("stay away in the second run", () => {
    const second = planOf(program, shutOff(one), record);
    expect(second.problems).toEqual([]);
    expect(second.changes).toEqual([]);
    const again = recordAfter(recordBefore({ record, urn: "urn", domain: shutOff(one), plan: second }), second);
    expect(again.original).toEqual(record.original);
  });

  test("come back with delete", () => {
    const plan = planOf({}, shutOff(one), record);
    expect(Object.fromEntries(plan.actions.config)).toEqual({
      "numa.cells.0.vcpus": "0-1",
      "numa.cells.0.memory": "2097152 KiB",
      "numa.cells.1.vcpus": "2-3",
      "numa.cells.1.memory": "2097152 KiB",
      "numa.cells.1.memAccess": "shared",
    });
  });
});

test("a vendor that went with its model comes back with it", () => {
  const was = { ...base, "cpu.mode": "custom", "cpu.model": "Haswell-noTSX", "cpu.vendor": "Intel" };
  const domain = shutOff(was);
  const fields: PlacementFields = { cpu: { mode: "host-passthrough" } };
  const plan = planOf(fields, domain);
  const record = recordAfter(recordBefore({ record: undefined, urn: "urn", domain, plan }), plan);
  const now = shutOff({ ...base, "cpu.mode": "host-passthrough" });
  expect(lines(fields, now, record)).toEqual([]);
  expect(Object.fromEntries(planOf({}, now, record).actions.config)).toEqual({
    "cpu.mode": "custom",
    "cpu.model": "Haswell-noTSX",
    "cpu.vendor": "Intel",
  });
});
