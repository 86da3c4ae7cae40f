/*
 * The cpufreq governor of all CPUs, or of CPU sets. Running: cpuN/cpufreq/scaling_governor of each CPU. Persistent:
 * written again at every boot by kvm-tuning.service (the kernel keeps nothing). Takes effect at once.
 * Drivers that set policies themselves (intel_pstate active, amd-pstate-epp) have `performance` and `powersave` only;
 * for the others a governor that is not listed may be a module that loads when it is written.
 * Source: https://docs.kernel.org/admin-guide/pm/cpufreq.html
 */
import { z } from "zod";
import type { HostSnapshot } from "../../host/snapshot";
import { CpuSet } from "../../linux/cpu-set";
import { defineKnob, type Setting } from "../knob";

const name = z.string().regex(/^[a-z][a-z_]*$/, "must be a governor's name, for example performance");
const cpus = z.string().refine(isCpuList, 'must be a CPU list, for example "2-15,18"');
const kernelGovernors = ["performance", "powersave", "userspace", "ondemand", "conservative", "schedutil"];
const notApplicable =
  "no CPU has a cpufreq driver (usual in virtual machines, or the firmware keeps frequency control)";

export const cpuGovernor = defineKnob({
  schema: z.union([name, z.array(z.strictObject({ cpus, governor: name })).min(1)]).superRefine((given, context) => {
    if (typeof given === "string") return;
    let seen = CpuSet.empty;
    given.forEach((entry, index) => {
      // Reported already: zod runs this also after a problem below it.
      if (!isCpuList(entry.cpus)) return;
      const set = CpuSet.parse(entry.cpus);
      const twice = set.intersect(seen);
      if (!twice.isEmpty)
        context.addIssue({
          code: "custom",
          path: [index, "cpus"],
          message: `CPUs ${twice.toString()} are named twice`,
        });
      seen = seen.union(set);
    });
  }),
  settings: (desired, snapshot) => {
    const governors = readGovernors(snapshot);
    if (typeof desired === "string") return [row("cpuGovernor", desired, { governors, snapshot })];
    return desired.map((entry) => {
      const set = CpuSet.parse(entry.cpus);
      return row(`cpuGovernor.${set.toString()}`, entry.governor, { governors, snapshot, only: set });
    });
  },
  observe: (desired, snapshot) => {
    const governors = readGovernors(snapshot);
    if (governors.size === 0) return desired;
    if (typeof desired === "string") {
      const all = byGovernor(governors);
      return all.length === 1 && all[0] ? all[0].governor : all;
    }
    return desired.flatMap((entry) => {
      const found = byGovernor(select(governors, CpuSet.parse(entry.cpus)));
      return found.length === 0
        ? [entry]
        : found.length === 1 && found[0]
          ? [{ ...entry, governor: found[0].governor }]
          : found;
    });
  },
});

type Governors = ReadonlyMap<number, string>;

function isCpuList(text: string): boolean {
  try {
    return !CpuSet.parse(text).isEmpty;
  } catch {
    return false;
  }
}

const pathOf = (cpu: number): string => `/sys/devices/system/cpu/cpu${cpu}/cpufreq/scaling_governor`;

function readGovernors(snapshot: HostSnapshot): Governors {
  const found = snapshot.files.paths("/sys/devices/system/cpu/cpu").flatMap((path) => {
    const cpu = /\/cpu(\d+)\/cpufreq\/scaling_governor$/.exec(path)?.[1];
    return cpu === undefined ? [] : [[Number(cpu), snapshot.files.text(path)?.trim() ?? ""] as const];
  });
  return new Map(found.sort(([a], [b]) => a - b));
}

function select(governors: Governors, set: CpuSet): Governors {
  return new Map([...governors].filter(([cpu]) => set.has(cpu)));
}

function byGovernor(governors: Governors): { cpus: string; governor: string }[] {
  const names = [...new Set(governors.values())].sort();
  return names.map((governor) => {
    const set = CpuSet.from([...governors].filter(([, name]) => name === governor).map(([cpu]) => cpu));
    return { cpus: set.toString(), governor };
  });
}

interface RowContext {
  readonly governors: Governors;
  readonly snapshot: HostSnapshot;
  readonly only?: CpuSet;
}

function row(setting: string, governor: string, { governors, snapshot, only }: RowContext): Setting {
  const chosen = only ? select(governors, only) : governors;
  const found = byGovernor(chosen);
  const write = [...chosen.keys()].map((cpu) => ({ path: pathOf(cpu), value: governor }));
  const problem = refuse(governor, { governors: chosen, snapshot, ...(only && { only }) });
  return {
    name: setting,
    desired: governor,
    actual:
      found.length === 0
        ? null
        : found.map((one) => (found.length === 1 ? one.governor : `${one.governor} on ${one.cpus}`)).join(", "),
    impact: "live",
    source: "/sys/devices/system/cpu/cpu*/cpufreq/scaling_governor",
    remedy: "Another service may set the governor: look for tuned and power-profiles-daemon.",
    ...(governors.size === 0 ? { notApplicable } : problem !== undefined && { problem }),
    write,
    boot: write.map((value) => ({ kind: "path", ...value })),
  };
}

function refuse(governor: string, { governors, snapshot, only }: RowContext): string | undefined {
  const missing = only?.minus(CpuSet.from(governors.keys()));
  if (missing && !missing.isEmpty)
    return `CPUs ${missing.toString()} are not on this host, offline, or have no cpufreq driver`;
  const cpu = [...governors.keys()].find((one) => !offers(governor, one, snapshot));
  if (cpu === undefined) return undefined;
  const { driver, available } = cpufreq(cpu, snapshot);
  return `cpu${cpu} (driver ${driver || "unknown"}) has no governor ${governor}; it offers ${available.join(", ")}`;
}

function cpufreq(cpu: number, snapshot: HostSnapshot): { driver: string; available: string[] } {
  const text = (file: string) => snapshot.files.text(`/sys/devices/system/cpu/cpu${cpu}/cpufreq/${file}`)?.trim() ?? "";
  return {
    driver: text("scaling_driver"),
    available: text("scaling_available_governors").split(/\s+/).filter(Boolean),
  };
}

function offers(governor: string, cpu: number, snapshot: HostSnapshot): boolean {
  const { driver, available } = cpufreq(cpu, snapshot);
  if (available.length === 0 || available.includes(governor)) return true;
  const setsPolicies = driver === "intel_pstate" || driver === "amd-pstate-epp";
  return !setsPolicies && kernelGovernors.includes(governor);
}
