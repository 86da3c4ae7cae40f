/*
 * The cpufreq governor of all CPUs, or of CPU sets. Running: cpuN/cpufreq/scaling_governor of each CPU. Persistent:
 * written again at every boot by kvm-tuning.service, and for a CPU that comes online (the kernel keeps nothing). Takes
 * effect at once. Drivers that set frequencies themselves (cpufreq-drivers.ts) have `performance` and `powersave` only;
 * for the others a governor that is not listed may be a module that loads when it is written.
 * Source: https://docs.kernel.org/admin-guide/pm/cpufreq.html
 */
import { z } from "zod";
import type { HostSnapshot } from "../../host/snapshot";
import { CpuSet } from "../../linux/cpu-set";
import { defineKnob, type Setting } from "../knob";
import { describeDriver, driverOf, passiveArgument, withoutCpufreq } from "./cpufreq-drivers";
import { cpuList, cpuPath, grouped, perCpuRow, readPerCpu, refuseTwice, select } from "./per-cpu";

const name = z.string().regex(/^[a-z][a-z_]*$/, "must be a governor's name, for example performance");
const kernelGovernors = ["performance", "powersave", "userspace", "ondemand", "conservative", "schedutil"];
const file = "cpufreq/scaling_governor";

export const cpuGovernor = defineKnob({
  schema: z
    .union([name, z.array(z.strictObject({ cpus: cpuList, governor: name })).min(1)])
    .superRefine((given, context) => {
      if (typeof given !== "string") refuseTwice(given, context);
    }),
  settings: (desired, snapshot) => {
    if (typeof desired === "string") return [row("cpuGovernor", { governor: desired, snapshot })];
    return desired.map(({ cpus, governor }) => {
      const only = CpuSet.parse(cpus);
      return row(`cpuGovernor.${only.toString()}`, { governor, snapshot, only });
    });
  },
  observe: (desired, snapshot) => {
    const governors = readPerCpu(file, snapshot);
    const all = (only?: CpuSet) =>
      grouped(select(governors, only)).map(({ cpus, value }) => ({ cpus, governor: value }));
    if (governors.size === 0) return desired;
    if (typeof desired === "string") {
      const found = all();
      return found.length === 1 && found[0] ? found[0].governor : found;
    }
    return desired.flatMap((entry) => {
      const found = all(CpuSet.parse(entry.cpus));
      if (found.length === 0) return [entry];
      return found.length === 1 && found[0] ? [{ ...entry, governor: found[0].governor }] : found;
    });
  },
});

/** The governor that each CPU will have once `desired`, this knob's argument, is carried out. */
export function governorsToBe(desired: unknown, snapshot: HostSnapshot): ReadonlyMap<number, string> {
  const governors = readPerCpu(file, snapshot);
  const wanted = cpuGovernor.schema.safeParse(desired);
  if (!wanted.success) return governors;
  const entries = typeof wanted.data === "string" ? undefined : wanted.data;
  const of = (cpu: number) => entries?.find(({ cpus }) => CpuSet.parse(cpus).has(cpu))?.governor;
  const all = typeof wanted.data === "string" ? wanted.data : undefined;
  return new Map([...governors].map(([cpu, actual]) => [cpu, all ?? of(cpu) ?? actual]));
}

interface Wanted {
  readonly governor: string;
  readonly snapshot: HostSnapshot;
  readonly only?: CpuSet;
}

function row(setting: string, { governor, snapshot, only }: Wanted): Setting {
  const row = perCpuRow(
    {
      name: setting,
      file,
      value: governor,
      only,
      lacks: "have no cpufreq driver",
      notApplicable: withoutCpufreq(snapshot),
    },
    snapshot,
  );
  const problem = row.problem ?? refuse(governor, [...select(readPerCpu(file, snapshot), only).keys()], snapshot);
  return {
    ...row,
    remedy: "Another service may set the governor: look for tuned and power-profiles-daemon.",
    ...(problem !== undefined && { problem }),
  };
}

function refuse(governor: string, cpus: readonly number[], snapshot: HostSnapshot): string | undefined {
  const cpu = cpus.find((one) => !offers(governor, one, snapshot));
  if (cpu === undefined) return undefined;
  const driver = driverOf(cpu, snapshot);
  const passive = passiveArgument(driver);
  const text = `cpu${cpu} (${describeDriver(driver)}) has no governor ${governor}; it offers ${available(cpu, snapshot).join(", ")}`;
  return passive !== undefined && kernelGovernors.includes(governor)
    ? `${text}. The kernel argument ${passive} gives frequencies to the kernel's governors`
    : text;
}

function available(cpu: number, snapshot: HostSnapshot): string[] {
  const text = snapshot.files.text(cpuPath(cpu, "cpufreq/scaling_available_governors")) ?? "";
  return text.split(/\s+/).filter(Boolean);
}

function offers(governor: string, cpu: number, snapshot: HostSnapshot): boolean {
  const list = available(cpu, snapshot);
  if (list.length === 0 || list.includes(governor)) return true;
  return passiveArgument(driverOf(cpu, snapshot)) === undefined && kernelGovernors.includes(governor);
}
