import type { PlacementFields } from "../../../provider/vm-cpu-placement/desired-context";
import type { Domain } from "../../../provider/vm-cpu-placement/model";
import { planPlacement } from "../../../provider/vm-cpu-placement/placement";
import type { DomainRecord } from "../../../provider/vm-cpu-placement/record";
import { host, line, recordOf, running, shutOff, transient } from "./support";

const planOf = (fields: PlacementFields, domain: Domain | undefined, record?: DomainRecord) =>
  planPlacement(fields, { domain, record, host, others: [] });

test("live and definition that differ apart are two lines", () => {
  const plan = planOf({ vcpuPins: { 0: "2" } }, running({ "vcpuPins.0": "5" }, {}));
  expect(plan.changes.map(line)).toEqual(["vcpuPins.0: 5 → 2 [live]", "vcpuPins.0 (config): null → 2 [none]"]);
});

test("a list gives each vCPU its CPU in the order written", () => {
  const plan = planOf({ vcpuPins: "6,2-4,^3,0" }, shutOff({}));
  expect(plan.changes.map(line)).toEqual([
    "vcpuPins.0: null → 6 [none]",
    "vcpuPins.1: null → 2 [none]",
    "vcpuPins.2: null → 4 [none]",
    "vcpuPins.3: null → 0 [none]",
  ]);
});

test("a range of vCPUs shares a set", () => {
  const plan = planOf({ vcpuPins: { "2-3": "4-5" } }, shutOff({ "vcpuPins.3": "4-5" }));
  expect(plan.changes.map(line)).toEqual(["vcpuPins.2: null → 4-5 [none]"]);
});

test("a nodeset for a domain without numatune brings libvirt's default mode, and shows it", () => {
  const plan = planOf({ numa: { nodeset: "0" } }, shutOff({}));
  expect(plan.changes.map(line)).toEqual(["numa.mode: null → strict [none]", "numa.nodeset: null → 0 [none]"]);
});

test("a nodeset ends automatic placement, and shows it", () => {
  const plan = planOf({ numa: { nodeset: "0" } }, shutOff({ "numa.mode": "strict", "numa.placement": "auto" }));
  expect(plan.changes.map(line)).toEqual(["numa.nodeset: null → 0 [none]", "numa.placement: auto → null [none]"]);
});

test("the nodeset of a domain that is only about to become restrictive needs a restart", () => {
  const plan = planOf(
    { numa: { mode: "restrictive", nodeset: "1" } },
    running({ "numa.mode": "strict", "numa.nodeset": "0" }, { "numa.mode": "restrictive", "numa.nodeset": "1" }),
  );
  expect(plan.changes.map(line)).toEqual([
    "numa.mode: strict → restrictive [vm-restart]",
    "numa.nodeset: 0 → 1 [vm-restart]",
  ]);
  expect(plan.actions).toMatchObject({ restart: true, live: new Map(), config: new Map() });
});

test("a check of a CPU that neither the program nor the domain names is refused", () => {
  const fields: PlacementFields = { cpu: { check: "full" } };
  expect(planOf(fields, shutOff({})).problems).toEqual([
    {
      path: "cpu.check",
      reason: 'says how a CPU is checked, and domain "db" names none: give cpu.mode, or cpu.model, too',
    },
  ]);
  expect(planOf(fields, shutOff({ "cpu.mode": "host-model" })).problems).toEqual([]);
  expect(planOf({ cpu: { check: "full", mode: "maximum" } }, shutOff({})).problems).toEqual([]);
});

test("a restart leaves nothing to be done live", () => {
  const plan = planOf({ vcpuPins: { 0: "2" }, numa: { mode: "strict", nodeset: "0" } }, running({}, {}));
  expect(plan.actions).toMatchObject({ restart: true, live: new Map() });
  expect(plan.changes.find(({ setting }) => setting === "vcpuPins.0")?.impact).toBe("live");
});

test("a transient domain is changed live alone, and what needs a start is refused", () => {
  expect(planOf({ vcpuPins: { 0: "2" } }, transient({}))).toMatchObject({
    problems: [],
    actions: { live: new Map([["vcpuPins.0", "2"]]), config: new Map() },
  });
  expect(planOf({ numa: { mode: "strict", nodeset: "0" } }, transient({})).problems).toEqual([
    {
      path: "numa.mode",
      reason: "needs a new start, and this domain is transient: libvirt keeps no definition to start it from",
    },
  ]);
});

test("a domain that an interrupted run has shut down is started again, and the plan says so", () => {
  const plan = planOf({ vcpuPins: { 0: "2" } }, shutOff({ "vcpuPins.0": "2" }), recordOf({ restart: "paused" }));
  expect(plan.changes.map(line)).toEqual(["state: shut off → paused [live]"]);
  expect(plan.actions.start).toBe("paused");
});

describe("a setting that has left the program", () => {
  const record = recordOf({
    original: { live: { "vcpuPins.0": null, emulatorPin: "0" }, config: { "vcpuPins.0": null, emulatorPin: "0" } },
    wrote: { live: { "vcpuPins.0": ["2"], emulatorPin: ["1"] }, config: { "vcpuPins.0": ["2"], emulatorPin: ["1"] } },
  });

  test("goes back to what it was", () => {
    const now = { "vcpuPins.0": "2", emulatorPin: "1" };
    const plan = planOf({}, running(now, now), record);
    expect(plan.changes.map(line)).toEqual(["vcpuPins.0: 2 → null [live]", "emulatorPin: 1 → 0 [live]"]);
    expect(plan.left).toEqual([]);
  });

  test("is left and named when somebody else has changed it since", () => {
    const plan = planOf(
      {},
      running({ "vcpuPins.0": "5", emulatorPin: "1" }, { "vcpuPins.0": "2", emulatorPin: "0" }),
      record,
    );
    expect(plan.left).toEqual([{ setting: "vcpuPins.0", actual: "5" }]);
    expect(plan.changes.map(line)).toEqual(["emulatorPin: 1 → 0 [live]", "vcpuPins.0 (config): 2 → null [none]"]);
  });

  test("is done when a running thread may run everywhere again: its pin cannot leave the live XML", () => {
    const plan = planOf({}, running({ "vcpuPins.0": "0-6", emulatorPin: "0" }, { emulatorPin: "0" }), record);
    expect(plan.changes).toEqual([]);
  });

  test("a domain managed while shut off gets its definition's original live too", () => {
    const shut = recordOf({
      original: { live: {}, config: { emulatorPin: "0" } },
      wrote: { live: {}, config: { emulatorPin: ["1"] } },
    });
    const plan = planOf({}, running({ emulatorPin: "1" }, { emulatorPin: "1" }), shut);
    expect(plan.changes.map(line)).toEqual(["emulatorPin: 1 → 0 [live]"]);
  });

  test("numatune goes back only as far as the nodeset that stays allows", () => {
    const numa = recordOf({
      original: { live: {}, config: { "numa.mode": null, "numa.nodeset": null, "numa.placement": null } },
      wrote: { live: {}, config: { "numa.mode": ["preferred"], "numa.nodeset": ["0"] } },
    });
    const now = shutOff({ "numa.mode": "preferred", "numa.nodeset": "0" });
    expect(planOf({ numa: { nodeset: "0" } }, now, numa).changes.map(line)).toEqual([
      "numa.mode: preferred → strict [none]",
    ]);
    expect(planOf({}, now, numa).changes.map(line)).toEqual([
      "numa.mode: preferred → null [none]",
      "numa.nodeset: 0 → null [none]",
    ]);
  });
});
