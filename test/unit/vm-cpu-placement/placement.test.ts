import type { Change } from "../../../provider/impact";
import type { PlacementFields } from "../../../provider/vm-cpu-placement/desired";
import type { Domain } from "../../../provider/vm-cpu-placement/model";
import { planPlacement } from "../../../provider/vm-cpu-placement/placement";
import type { DomainRecord } from "../../../provider/vm-cpu-placement/record";
import { host, recordOf, running, shutOff, transient } from "./support";

const planOf = (fields: PlacementFields, domain: Domain | undefined, record?: DomainRecord) =>
  planPlacement(fields, { domain, record, host });

const line = ({ setting, actual, desired, impact }: Change): string =>
  `${setting}: ${String(actual)} → ${String(desired)} [${impact}]`;

interface Field {
  readonly setting: string;
  readonly fields: PlacementFields;
  /** Beside the setting, so that the domain is complete. */
  readonly beside: Readonly<Record<string, string>>;
  readonly wanted: string;
  readonly other: string;
  /** What the change costs a running domain. */
  readonly whileRunning: "live" | "vm-restart";
}

const table: readonly Field[] = [
  {
    setting: "vcpuPins.1",
    fields: { vcpuPins: { 1: "3" } },
    beside: {},
    wanted: "3",
    other: "5",
    whileRunning: "live",
  },
  {
    setting: "emulatorPin",
    fields: { emulatorPin: "1,0" },
    beside: {},
    wanted: "0-1",
    other: "0-6",
    whileRunning: "live",
  },
  {
    setting: "iothreads.2",
    fields: { iothreads: [{ id: 2, cpus: "6" }] },
    beside: {},
    wanted: "6",
    other: "unpinned",
    whileRunning: "live",
  },
  {
    setting: "numa.mode",
    fields: { numa: { mode: "strict" } },
    beside: { "numa.nodeset": "0" },
    wanted: "strict",
    other: "preferred",
    whileRunning: "vm-restart",
  },
  {
    setting: "numa.mode",
    fields: { numa: { mode: "interleave" } },
    beside: { "numa.nodeset": "0-1" },
    wanted: "interleave",
    other: "restrictive",
    whileRunning: "vm-restart",
  },
  {
    setting: "numa.nodeset",
    fields: { numa: { nodeset: "1" } },
    beside: { "numa.mode": "strict" },
    wanted: "1",
    other: "0",
    whileRunning: "vm-restart",
  },
  {
    setting: "numa.nodeset",
    fields: { numa: { mode: "restrictive", nodeset: "1" } },
    beside: { "numa.mode": "restrictive" },
    wanted: "1",
    other: "0",
    whileRunning: "live",
  },
];

describe.each(table)(
  "$setting = $wanted ($whileRunning)",
  ({ setting, fields, beside, wanted, other, whileRunning }) => {
    const right = { ...beside, [setting]: wanted };
    const wrong = { ...beside, [setting]: other };

    test("equal, running: no change", () => {
      expect(planOf(fields, running(right, right))).toMatchObject({
        changes: [],
        actions: { live: new Map(), config: new Map(), restart: false },
      });
    });

    test("equal, shut off: no change", () => {
      expect(planOf(fields, shutOff(right)).changes).toEqual([]);
    });

    test("running and definition differ alike: one line, both done", () => {
      const plan = planOf(fields, running(wrong, wrong));
      expect(plan.changes.map(line)).toEqual([`${setting}: ${other} → ${wanted} [${whileRunning}]`]);
      expect(plan.actions.config).toEqual(new Map([[setting, wanted]]));
      const live = whileRunning === "live" ? [[setting, wanted] as const] : [];
      expect(plan.actions).toMatchObject({ live: new Map(live), restart: whileRunning === "vm-restart" });
    });

    test("drift of the running domain alone: no define", () => {
      const plan = planOf(fields, running(wrong, right));
      expect(plan.changes.map(line)).toEqual([`${setting}: ${other} → ${wanted} [${whileRunning}]`]);
      expect(plan.actions.config).toEqual(new Map());
      expect(plan.actions.restart).toBe(whileRunning === "vm-restart");
    });

    test("drift of the definition alone: a define and nothing live", () => {
      const plan = planOf(fields, running(right, wrong));
      expect(plan.changes.map(line)).toEqual([`${setting} (config): ${other} → ${wanted} [live]`]);
      expect(plan.actions).toEqual({
        live: new Map(),
        config: new Map([[setting, wanted]]),
        restart: false,
        start: undefined,
      });
    });

    test("shut off: a define, whatever it would cost a running domain", () => {
      const plan = planOf(fields, shutOff(wrong));
      expect(plan.changes.map(line)).toEqual([`${setting}: ${other} → ${wanted} [live]`]);
      expect(plan.actions).toEqual({
        live: new Map(),
        config: new Map([[setting, wanted]]),
        restart: false,
        start: undefined,
      });
    });

    test("a domain that is not there yet: everything is new, and no failure", () => {
      const plan = planOf(fields, undefined);
      expect(plan.problems).toEqual([]);
      expect(plan.changes.map(line)).toContain(`${setting}: null → ${wanted} [live]`);
    });
  },
);

test("live and definition that differ apart are two lines", () => {
  const plan = planOf({ vcpuPins: { 0: "2" } }, running({ "vcpuPins.0": "5" }, {}));
  expect(plan.changes.map(line)).toEqual(["vcpuPins.0: 5 → 2 [live]", "vcpuPins.0 (config): null → 2 [live]"]);
});

test("a list gives each vCPU its CPU in the order written", () => {
  const plan = planOf({ vcpuPins: "6,2-4,^3,0" }, shutOff({}));
  expect(plan.changes.map(line)).toEqual([
    "vcpuPins.0: null → 6 [live]",
    "vcpuPins.1: null → 2 [live]",
    "vcpuPins.2: null → 4 [live]",
    "vcpuPins.3: null → 0 [live]",
  ]);
});

test("a range of vCPUs shares a set", () => {
  const plan = planOf({ vcpuPins: { "2-3": "4-5" } }, shutOff({ "vcpuPins.3": "4-5" }));
  expect(plan.changes.map(line)).toEqual(["vcpuPins.2: null → 4-5 [live]"]);
});

test("a nodeset for a domain without numatune brings libvirt's default mode, and shows it", () => {
  const plan = planOf({ numa: { nodeset: "0" } }, shutOff({}));
  expect(plan.changes.map(line)).toEqual(["numa.mode: null → strict [live]", "numa.nodeset: null → 0 [live]"]);
});

test("a nodeset ends automatic placement, and shows it", () => {
  const plan = planOf({ numa: { nodeset: "0" } }, shutOff({ "numa.mode": "strict", "numa.placement": "auto" }));
  expect(plan.changes.map(line)).toEqual(["numa.nodeset: null → 0 [live]", "numa.placement: auto → null [live]"]);
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
    expect(plan.changes.map(line)).toEqual(["emulatorPin: 1 → 0 [live]", "vcpuPins.0 (config): 2 → null [live]"]);
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
      "numa.mode: preferred → strict [live]",
    ]);
    expect(planOf({}, now, numa).changes.map(line)).toEqual([
      "numa.mode: preferred → null [live]",
      "numa.nodeset: 0 → null [live]",
    ]);
  });
});
