import { energyPerformancePreference } from "../../../../provider/host-tuning/knobs/energy-performance-preference";
import { parseArgs } from "../../../../provider/host-tuning/schema";
import { snapshotOf } from "../../../support/snapshot";

const folder = "/sys/devices/system/cpu";

interface Host {
  readonly driver?: string;
  readonly governor?: string;
  readonly preferences?: readonly string[];
}

function host({ driver = "intel_pstate", governor = "powersave", preferences = ["power", "power"] }: Host = {}) {
  const files = preferences.flatMap((preference, cpu) => [
    [`${folder}/cpu${cpu}/cpufreq/scaling_driver`, driver],
    [`${folder}/cpu${cpu}/cpufreq/scaling_governor`, governor],
    [`${folder}/cpu${cpu}/cpufreq/energy_performance_preference`, preference],
    [
      `${folder}/cpu${cpu}/cpufreq/energy_performance_available_preferences`,
      "default performance balance_power power ",
    ],
  ]);
  return snapshotOf({ files: Object.fromEntries(files) as Record<string, string> });
}
type Desired = Parameters<typeof energyPerformancePreference.settings>[0];
const rows = (desired: Desired, snapshot = host(), others = {}) =>
  energyPerformancePreference.settings(desired, snapshot, others);

test("is one value for all CPUs, or one for each set", () => {
  const snapshot = host({ preferences: ["power", "balance_power", "power"] });
  expect(rows("power", snapshot)).toMatchObject([
    { name: "energyPerformancePreference", desired: "power", actual: "balance_power on 1, power on 0,2" },
  ]);
  const sets = [
    { cpus: "0", preference: "power" },
    { cpus: "1-2", preference: "performance" },
  ];
  expect(rows(sets, snapshot).map(({ name, actual, write }) => [name, actual, write.length])).toEqual([
    ["energyPerformancePreference.0", "power", 1],
    ["energyPerformancePreference.1-2", "balance_power on 1, power on 2", 2],
  ]);
  expect(energyPerformancePreference.observe("power", snapshot)).toEqual([
    { cpus: "1", preference: "balance_power" },
    { cpus: "0,2", preference: "power" },
  ]);
});

test("refuses a preference that the driver does not offer", () => {
  expect(rows("balance_performance")[0]?.problem).toBe(
    "cpu0 (driver intel_pstate in active mode) has no preference balance_performance; it offers performance, balance_power, power",
  );
});

const fixed =
  'the governor performance of cpu0 (driver intel_pstate in active mode) fixes the preference performance, and the kernel refuses any other: use cpuGovernor "powersave", which in this mode is not slow but follows the preference';
interface Case {
  readonly governor: string;
  readonly cpuGovernor?: unknown;
  readonly desired?: string;
  readonly refused: boolean;
}
const cases: Readonly<Record<string, Case>> = {
  "the host's governor": { governor: "performance", refused: true },
  "the governor that this run sets": { governor: "powersave", cpuGovernor: "performance", refused: true },
  "a governor set for that CPU": {
    governor: "powersave",
    cpuGovernor: [{ cpus: "0", governor: "performance" }],
    refused: true,
  },
  "a governor set for another CPU": {
    governor: "powersave",
    cpuGovernor: [{ cpus: "9", governor: "performance" }],
    refused: false,
  },
  "a governor that this run takes away": { governor: "performance", cpuGovernor: "powersave", refused: false },
  "what the governor means anyway": { governor: "performance", desired: "performance", refused: false },
};
test.each(Object.entries(cases))("the governor performance in active mode: %s", (_name, one) => {
  const { governor, cpuGovernor, desired = "power", refused } = one;
  expect(rows(desired, host({ governor }), { cpuGovernor })[0]?.problem).toBe(refused ? fixed : undefined);
});

test.each(["intel_cpufreq", "cppc_cpufreq"])("the governor performance of %s fixes nothing", (driver) => {
  expect(rows("power", host({ governor: "performance", driver }))[0]?.problem).toBeUndefined();
});

test("is not applicable without the files, and says what is missing", () => {
  const files = { [`${folder}/cpu0/cpufreq/scaling_driver`]: "acpi-cpufreq" };
  expect(rows("power", snapshotOf({ files }))[0]?.notApplicable).toBe(
    "driver acpi-cpufreq has no energy performance preference: it needs intel_pstate with HWP, or amd_pstate in active mode",
  );
  expect(rows("power", snapshotOf({}))[0]?.notApplicable).toBe(
    "no CPU has a cpufreq driver (usual in virtual machines, or the firmware keeps frequency control)",
  );
});

test("refuses what cannot be read back, and a CPU in two sets", () => {
  const connection = { host: "kvm-01", insecureIgnoreHostKey: true };
  const problems = (given: unknown) => parseArgs({ connection, energyPerformancePreference: given });
  expect(problems("default")).toEqual({
    problems: [
      {
        path: "energyPerformancePreference",
        reason: 'cannot be "default", which the kernel does not read back: name the preference',
      },
    ],
  });
  expect(
    problems([
      { cpus: "0-3", preference: "power" },
      { cpus: "3", preference: "performance" },
    ]),
  ).toEqual({ problems: [{ path: "energyPerformancePreference.1.cpus", reason: "CPUs 3 are named twice" }] });
});
