/*
 * Frequencies above the sustained one (Turbo Boost, Core Performance Boost). Running: intel_pstate/no_turbo, which says
 * the opposite; else cpufreq/boost; else, with drivers that have none for the whole host, cpuN/cpufreq/boost. Persistent:
 * written again at every boot by kvm-tuning.service. Takes effect at once.
 * Source: https://docs.kernel.org/admin-guide/pm/cpufreq.html#frequency-boost-support,
 * https://docs.kernel.org/admin-guide/pm/intel_pstate.html#user-space-interface-in-sysfs
 */
import { z } from "zod";
import type { HostSnapshot } from "../../host/snapshot";
import { CpuSet } from "../../linux/cpu-set";
import { defineKnob, type Setting } from "../knob";
import { withoutCpufreq } from "./cpufreq-drivers";
import { cpuFolder, perCpuRow, readPerCpu } from "./per-cpu";

const noTurbo = `${cpuFolder}/intel_pstate/no_turbo`;
const wholeHost = `${cpuFolder}/cpufreq/boost`;
const file = "cpufreq/boost";
const word = (value: string): string => (value === "1" ? "on" : value === "0" ? "off" : value);
const opposite = (value: string): string => (value === "1" ? "0" : value === "0" ? "1" : value);

export const boost = defineKnob({
  schema: z.boolean(),
  settings: (desired, snapshot) => [row(desired, snapshot)],
  observe: (desired, snapshot) => {
    const { actual } = row(desired, snapshot);
    if (actual === null) return desired;
    return actual === "on" || (actual !== "off" && !desired);
  },
});

function row(desired: boolean, snapshot: HostSnapshot): Setting {
  const value = desired ? "1" : "0";
  const turbo = snapshot.files.text(noTurbo)?.trim();
  const host = snapshot.files.text(wholeHost)?.trim();
  if (turbo === undefined && host === undefined) {
    const notApplicable =
      readPerCpu("cpufreq/scaling_driver", snapshot).size === 0
        ? withoutCpufreq(snapshot)
        : "the CPUs have no boost, the firmware has switched it off, or the driver cannot: there is no file for it";
    return perCpuRow({ name: "boost", file, value, word, lacks: "have no boost", notApplicable }, snapshot);
  }
  const [path, text] = turbo === undefined ? [wholeHost, value] : [noTurbo, opposite(value)];
  const warning = turbo === undefined && desired && host === "1" ? offByThemselves(snapshot) : undefined;
  return {
    name: "boost",
    desired: word(value),
    actual: word(turbo === undefined ? (host ?? "") : opposite(turbo)),
    impact: "live",
    source: path,
    remedy:
      "The firmware may keep boost switched off, and power-profiles-daemon, tuned or thermald may set it: see its set-up and theirs.",
    ...(warning !== undefined && { warning }),
    write: [{ path, value: text }],
    boot: [{ kind: "path", path, value: text }],
  };
}

/** Where there is a file for the host and one for each policy, a policy may differ. */
function offByThemselves(snapshot: HostSnapshot): string | undefined {
  const off = [...readPerCpu(file, snapshot)].filter(([, value]) => value === "0").map(([cpu]) => cpu);
  if (off.length === 0) return undefined;
  return `boost is on for the host, but CPUs ${CpuSet.from(off).toString()} have it off by themselves (cpu<n>/${file})`;
}
