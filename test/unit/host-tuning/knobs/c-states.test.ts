import { cStates } from "../../../../provider/host-tuning/knobs/c-states";
import { kernelArguments } from "../../../../provider/host-tuning/knobs/kernel-arguments";
import { parseArgs } from "../../../../provider/host-tuning/schema";
import { snapshotOf } from "../../../support/snapshot";
import { intelIdle, powerFiles } from "../../../support/tuned-host/recorded-power";

const folder = "/sys/devices/system/cpu";
const latency = (cpu: number) => `${folder}/cpu${cpu}/power/pm_qos_resume_latency_us`;
const disable = (cpu: number, state: number) => `${folder}/cpu${cpu}/cpuidle/state${state}/disable`;
const host = (more: Record<string, string> = {}) =>
  snapshotOf({ files: { ...powerFiles({ online: [0, 1], idle: intelIdle, smt: "on" }), ...more } });
type Desired = Parameters<typeof cStates.settings>[0];
const rows = (desired: Desired, snapshot = host()) => cStates.settings(desired, snapshot);

describe("maxLatencyMicroseconds", () => {
  // Documentation/ABI/testing/sysfs-devices-power: 0 is written n/a, a text 0 means no limit.
  test.each([
    [0, "n/a", "0"],
    [10, "10", "10"],
    ["none" as const, "0", "none"],
  ])("%s is written as %s and called %s", (wanted, text, word) => {
    const row = rows({ maxLatencyMicroseconds: wanted })[0];
    expect(row?.desired).toBe(word);
    expect(row?.write).toEqual([
      { path: latency(0), value: text },
      { path: latency(1), value: text },
    ]);
    const done = host({ [latency(0)]: text, [latency(1)]: text });
    expect(rows({ maxLatencyMicroseconds: wanted }, done)[0]?.actual).toBe(word);
  });

  test("shows who differs, and observes it in the argument's own words", () => {
    const snapshot = host({ [latency(0)]: "n/a", [latency(1)]: "20" });
    expect(rows({ maxLatencyMicroseconds: 0 }, snapshot)[0]?.actual).toBe("0 on 0, 20 on 1");
    expect(cStates.observe({ maxLatencyMicroseconds: 0 }, snapshot)).toEqual({ maxLatencyMicroseconds: 20 });
    expect(cStates.observe({ maxLatencyMicroseconds: 20 }, snapshot)).toEqual({ maxLatencyMicroseconds: 0 });
    expect(cStates.observe({ cpus: "1", maxLatencyMicroseconds: 20 }, snapshot)).toEqual({
      cpus: "1",
      maxLatencyMicroseconds: 20,
    });
    expect(cStates.observe({ maxLatencyMicroseconds: 5 }, host())).toEqual({ maxLatencyMicroseconds: "none" });
  });

  test.each([
    [
      1,
      "no idle state of this host wakes up within 1 µs (C1: 2 µs, C1E: 10 µs, C6: 133 µs), so that an idle CPU does not sleep: it polls, at full power: no headroom is left for turbo, and its SMT sibling gets half of the core at best",
    ],
    [2, undefined],
    ["none" as const, undefined],
  ])("warns where %s leaves nothing but polling", (wanted, warning) => {
    expect(rows({ maxLatencyMicroseconds: wanted })[0]?.warning).toBe(warning);
  });

  test("is not applicable where nothing chooses among idle states", () => {
    const snapshot = host({ [`${folder}/cpuidle/current_driver`]: "none" });
    expect(rows({ maxLatencyMicroseconds: 5 }, snapshot)[0]?.notApplicable).toBe(
      "the host has no cpuidle driver, so there are no idle states to choose from (usual in virtual machines, or idle= is on the command line)",
    );
    // The file is there all the same, and is no drift.
    expect(cStates.observe({ maxLatencyMicroseconds: 5 }, snapshot)).toEqual({ maxLatencyMicroseconds: 5 });
    expect(rows({ maxLatencyMicroseconds: 5 }, snapshotOf({}))[0]?.notApplicable).toBe(
      "the kernel has no per-CPU latency limit: it was built without CONFIG_PM",
    );
    expect(rows({ disable: ["C6"] }, snapshotOf({}))[0]?.notApplicable).toBe(
      "the host has no idle states to choose from (usual in virtual machines, or idle= is on the command line)",
    );
  });
});

describe("disable", () => {
  test.each(["C6", 3, "3"])("finds the state %s", (state) => {
    expect(rows({ cpus: "1", disable: [state] })).toMatchObject([
      {
        name: `cStates.disable.${state}`,
        desired: "disabled",
        actual: "enabled",
        write: [{ path: disable(1, 3), value: "1" }],
      },
    ]);
  });

  test("refuses a state that the host does not have, with those that it has", () => {
    expect(rows({ disable: ["C7"] })[0]?.problem).toBe(
      "cpu0 has no idle state C7; it has 0 (POLL), 1 (C1), 2 (C1E), 3 (C6)",
    );
  });

  test("observes those that all CPUs have off", () => {
    const snapshot = host({ [disable(0, 3)]: "1", [disable(1, 3)]: "1", [disable(0, 2)]: "1" });
    expect(cStates.observe({ disable: ["C6", "C1E"] }, snapshot)).toEqual({ disable: ["C6"] });
    expect(rows({ disable: ["C1E"] }, snapshot)[0]?.actual).toBe("disabled on 0, enabled on 1");
  });

  test("warns where no state is left", () => {
    const snapshot = host({ [disable(0, 2)]: "1", [disable(0, 3)]: "1" });
    expect(rows({ cpus: "0", disable: ["C1"] }, snapshot)[0]?.warning).toContain(
      "an idle CPU does not sleep: it polls",
    );
    expect(rows({ cpus: "0", disable: ["C1E"] }, snapshot)[0]?.warning).toBeUndefined();
  });
});

describe("kernel arguments", () => {
  const cost: readonly (readonly [string, string, string])[] = [
    [
      "idle",
      "poll",
      "idle=poll no CPU ever idles: it polls, at full power: no headroom is left for turbo, and its SMT sibling gets half of the core at best",
    ],
    [
      "intel_idle.max_cstate",
      "0",
      "intel_idle.max_cstate=0 only switches intel_idle off, and acpi_idle takes over with the states of the firmware: it does not limit them. 1 limits intel_idle to its first state",
    ],
    [
      "processor.max_cstate",
      "1",
      "processor.max_cstate=1 is for acpi_idle, and this host runs intel_idle: intel_idle.max_cstate limits that one",
    ],
    [
      "intel_pstate",
      "disable",
      "intel_pstate=disable gives up HWP, the energy performance preference and intel_pstate's control of turbo. intel_pstate=passive keeps them and takes the kernel's governors",
    ],
  ];
  test.each(cost)("%s=%s is warned of, also among kernelArguments", (key, value, warning) => {
    expect(kernelArguments.settings({ [key]: value }, host())[0]?.warning).toBe(warning);
  });

  test("are written only where asked for, under the kernel's names, with the same warnings", () => {
    const found = rows({ kernelArguments: { intelIdleMaxCstate: 0, processorMaxCstate: 1, idle: "poll" } });
    expect(found.map(({ name, impact, actual, kernel }) => [name, impact, actual, kernel])).toEqual([
      [
        "cStates.kernelArguments.intelIdleMaxCstate",
        "host-reboot",
        null,
        { keys: ["intel_idle.max_cstate"], arguments: [{ key: "intel_idle.max_cstate", value: "0" }] },
      ],
      [
        "cStates.kernelArguments.processorMaxCstate",
        "host-reboot",
        null,
        { keys: ["processor.max_cstate"], arguments: [{ key: "processor.max_cstate", value: "1" }] },
      ],
      [
        "cStates.kernelArguments.idle",
        "host-reboot",
        null,
        { keys: ["idle"], arguments: [{ key: "idle", value: "poll" }] },
      ],
    ]);
    expect(found.map(({ warning }) => warning)).toEqual([cost[1]?.[2], cost[2]?.[2], cost[0]?.[2]]);
  });

  test("what the kernel was started with is observed", () => {
    const snapshot = host({ "/proc/cmdline": "root=/dev/vda1 idle=halt intel_idle.max_cstate=2" });
    const wanted = { intelIdleMaxCstate: 1, processorMaxCstate: 1, idle: "poll" as const };
    expect(cStates.observe({ kernelArguments: wanted }, snapshot)).toEqual({
      kernelArguments: { intelIdleMaxCstate: 2, idle: "halt" },
    });
  });
});

const connection = { host: "kvm-01", insecureIgnoreHostKey: true };
test.each([
  [{}, { path: "cStates", reason: "must hold maxLatencyMicroseconds, disable or kernelArguments" }],
  [
    { maxLatencyMicroseconds: 1, disable: ["C6"] },
    {
      path: "cStates.disable",
      reason: "is one way, and maxLatencyMicroseconds is the other: give one of them",
    },
  ],
  [
    { cpus: "0", kernelArguments: { idle: "halt" } },
    { path: "cStates.cpus", reason: "is for maxLatencyMicroseconds or disable: kernel arguments hold for all CPUs" },
  ],
])("refuses %j", (given, problem) => {
  expect(parseArgs({ connection, cStates: given })).toEqual({ problems: [problem] });
});

test("one kernel argument has one writer", () => {
  const given = { connection, kernelArguments: { idle: "halt", "processor.max_cstate": "1" } };
  expect(parseArgs({ ...given, cStates: { kernelArguments: { idle: "halt" } } })).toEqual({
    problems: [
      {
        path: "kernelArguments.idle",
        reason:
          'is written by cStates.kernelArguments.idle: give one of kernelArguments["idle"] and cStates.kernelArguments.idle',
      },
    ],
  });
  expect(parseArgs({ ...given, cStates: { maxLatencyMicroseconds: 1 } })).toHaveProperty("args");
});
