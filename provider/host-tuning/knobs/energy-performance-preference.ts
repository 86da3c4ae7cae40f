/*
 * The hint that a CPU's own frequency control gets: how much energy a bit of performance may cost. Running:
 * cpuN/cpufreq/energy_performance_preference of each CPU. Persistent: as the governor's. Takes effect at once.
 * Only drivers that leave frequencies to the hardware have it (intel_pstate with HWP, amd_pstate in active mode). In
 * their active mode the governor `performance` fixes it: every other preference is refused with EBUSY. So the governor
 * is written first, at every boot too, and comes back first.
 * Source: https://docs.kernel.org/admin-guide/pm/intel_pstate.html#energy-vs-performance-hints,
 * https://docs.kernel.org/admin-guide/pm/amd-pstate.html
 */
import { z } from "zod";
import type { HostSnapshot } from "../../host/snapshot";
import { CpuSet } from "../../linux/cpu-set";
import { defineKnob, type Setting } from "../knob";
import { governorsToBe } from "./cpu-governor";
import { describeDriver, driverOf, passiveArgument, withoutCpufreq } from "./cpufreq-drivers";
import { cpuList, cpuPath, grouped, perCpuRow, readPerCpu, refuseTwice, select } from "./per-cpu";

const file = "cpufreq/energy_performance_preference";
const name = z
  .string()
  .regex(/^[a-z][a-z_]*$/, "must be a preference's name, for example balance_performance")
  // The kernel answers with the name of what it stands for, and some drivers do not take it.
  .refine(
    (text) => text !== "default",
    'cannot be "default", which the kernel does not read back: name the preference',
  );

export const energyPerformancePreference = defineKnob({
  schema: z
    .union([name, z.array(z.strictObject({ cpus: cpuList, preference: name })).min(1)])
    .superRefine((given, context) => {
      if (typeof given !== "string") refuseTwice(given, context);
    }),
  settings: (desired, snapshot, others) => {
    const governors = governorsToBe(others?.["cpuGovernor"], snapshot);
    if (typeof desired === "string")
      return [row("energyPerformancePreference", { preference: desired, snapshot, governors })];
    return desired.map(({ cpus, preference }) => {
      const only = CpuSet.parse(cpus);
      return row(`energyPerformancePreference.${only.toString()}`, { preference, snapshot, governors, only });
    });
  },
  observe: (desired, snapshot) => {
    const preferences = readPerCpu(file, snapshot);
    const all = (only?: CpuSet) =>
      grouped(select(preferences, only)).map(({ cpus, value }) => ({ cpus, preference: value }));
    if (preferences.size === 0) return desired;
    if (typeof desired === "string") {
      const found = all();
      return found.length === 1 && found[0] ? found[0].preference : found;
    }
    return desired.flatMap((entry) => {
      const found = all(CpuSet.parse(entry.cpus));
      if (found.length === 0) return [entry];
      return found.length === 1 && found[0] ? [{ ...entry, preference: found[0].preference }] : found;
    });
  },
});

interface Wanted {
  readonly preference: string;
  readonly snapshot: HostSnapshot;
  readonly governors: ReadonlyMap<number, string>;
  readonly only?: CpuSet;
}

function row(setting: string, wanted: Wanted): Setting {
  const { preference, snapshot, only } = wanted;
  const row = perCpuRow(
    {
      name: setting,
      file,
      value: preference,
      only,
      lacks: "have no energy performance preference",
      notApplicable: without(snapshot),
    },
    snapshot,
  );
  const cpus = [...select(readPerCpu(file, snapshot), only).keys()];
  const problem = row.problem ?? refuse(cpus, wanted);
  return {
    ...row,
    remedy: "Another service may set the preference: look for power-profiles-daemon, tuned and tuned-ppd.",
    ...(problem !== undefined && { problem }),
  };
}

function without(snapshot: HostSnapshot): string {
  const [cpu] = readPerCpu("cpufreq/scaling_driver", snapshot).keys();
  if (cpu === undefined) return withoutCpufreq(snapshot);
  return `${describeDriver(driverOf(cpu, snapshot))} has no energy performance preference: it needs intel_pstate with HWP, or amd_pstate in active mode`;
}

function refuse(cpus: readonly number[], { preference, snapshot, governors }: Wanted): string | undefined {
  const strange = cpus.find((cpu) => available(cpu, snapshot)?.includes(preference) === false);
  if (strange !== undefined) {
    const list = (available(strange, snapshot) ?? []).filter((one) => one !== "default").join(", ");
    return `cpu${strange} (${describeDriver(driverOf(strange, snapshot))}) has no preference ${preference}; it offers ${list}`;
  }
  const fixed = cpus.find(
    (cpu) => governors.get(cpu) === "performance" && passiveArgument(driverOf(cpu, snapshot)) !== undefined,
  );
  if (fixed === undefined || preference === "performance") return undefined;
  return `the governor performance of cpu${fixed} (${describeDriver(driverOf(fixed, snapshot))}) fixes the preference performance, and the kernel refuses any other: use cpuGovernor "powersave", which in this mode is not slow but follows the preference`;
}

function available(cpu: number, snapshot: HostSnapshot): readonly string[] | undefined {
  return snapshot.files
    .text(cpuPath(cpu, "cpufreq/energy_performance_available_preferences"))
    ?.split(/\s+/)
    .filter(Boolean);
}
