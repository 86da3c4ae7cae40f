/*
 * What the knobs have in common whose value is one file a CPU, below /sys/devices/system/cpu/cpuN. A CPU that is
 * offline may have no such file (cpufreq, cpuidle): it is passed over now and kept in the list of boot values, whose
 * script skips what is offline and runs again for a CPU that comes online.
 * Source: https://docs.kernel.org/core-api/cpu_hotplug.html, https://docs.kernel.org/admin-guide/pm/cpufreq.html
 */
import { z } from "zod";
import type { HostSnapshot } from "../../host/snapshot";
import { CpuSet } from "../../linux/cpu-set";
import type { Setting } from "../knob";
import { presentCpus } from "./isolation-checks";

export const cpuFolder = "/sys/devices/system/cpu";

/** A value for each CPU that has one, in the order of numbers. */
export type PerCpu = ReadonlyMap<number, string>;

export function isCpuList(text: string): boolean {
  try {
    return !CpuSet.parse(text).isEmpty;
  } catch {
    return false;
  }
}

export const cpuList = z.string().refine(isCpuList, 'must be a CPU list, for example "2-15,18"');

/** One CPU in two sets of a list would have two values. */
export function refuseTwice(entries: readonly { readonly cpus: string }[], context: z.RefinementCtx): void {
  let seen = CpuSet.empty;
  entries.forEach((entry, index) => {
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
}

export const cpuPath = (cpu: number, file: string): string => `${cpuFolder}/cpu${cpu}/${file}`;

export function readPerCpu(file: string, snapshot: HostSnapshot): PerCpu {
  const found = snapshot.files.paths(`${cpuFolder}/cpu`).flatMap((path) => {
    const [, cpu, rest] = /\/cpu(\d+)\/(.*)$/.exec(path) ?? [];
    return rest === file ? [[Number(cpu), snapshot.files.text(path)?.trim() ?? ""] as const] : [];
  });
  return new Map(found.sort(([a], [b]) => a - b));
}

export function select(values: PerCpu, only: CpuSet | undefined): PerCpu {
  return only === undefined ? values : new Map([...values].filter(([cpu]) => only.has(cpu)));
}

/** Each value with its CPUs, sorted by value. */
export function grouped(values: PerCpu): { cpus: string; value: string }[] {
  return [...new Set(values.values())].sort().map((value) => {
    const set = CpuSet.from([...values].filter(([, one]) => one === value).map(([cpu]) => cpu));
    return { cpus: set.toString(), value };
  });
}

/** `performance`, or `performance on 0-1, schedutil on 2`; null: no CPU has a value. */
export function shownPerCpu(values: PerCpu): string | null {
  const groups = grouped(values);
  if (groups.length === 0) return null;
  return groups.map((one) => (groups.length === 1 ? one.value : `${one.value} on ${one.cpus}`)).join(", ");
}

/** The CPUs that the host has and that take no part now. Hosts without the lists have none. */
export function offlineCpus(snapshot: HostSnapshot): CpuSet {
  const online = CpuSet.parse(snapshot.files.text(`${cpuFolder}/online`)?.trim() ?? "");
  return online.isEmpty ? CpuSet.empty : presentCpus(snapshot).minus(online);
}

export interface PerCpuWanted {
  readonly name: string;
  /** Below a CPU's folder: `cpufreq/scaling_governor`. */
  readonly file: string;
  /** As the file takes it and reads it back. */
  readonly value: string;
  /** What value and actual are called in the preview; absent: as in the file. */
  readonly word?: (value: string) => string;
  /** Undefined: all CPUs. */
  readonly only?: CpuSet | undefined;
  /** Why a CPU that is online may have no such file: the end of a sentence. */
  readonly lacks: string;
  /** Why no CPU has it. */
  readonly notApplicable: string;
}

/** The row of one value for some CPUs. What is wrong with the value itself is the caller's. */
export function perCpuRow(wanted: PerCpuWanted, snapshot: HostSnapshot): Setting {
  const { name, file, value, word = (text: string) => text, only } = wanted;
  const all = readPerCpu(file, snapshot);
  const offline = offlineCpus(snapshot).minus(CpuSet.from(all.keys()));
  const chosen = select(all, only);
  const waiting = only?.intersect(offline) ?? offline;
  const write = [...chosen.keys()].map((cpu) => ({ path: cpuPath(cpu, file), value }));
  const later = [...waiting].map((cpu) => ({ path: cpuPath(cpu, file), value }));
  const words = new Map([...chosen].map(([cpu, text]) => [cpu, word(text)] as const));
  return {
    name,
    desired: word(value),
    actual: shownPerCpu(words),
    impact: "live",
    source: `${cpuFolder}/cpu*/${file}`,
    ...obstacle(wanted, { all, chosen, offline, waiting }),
    write,
    boot: [...write, ...later].map((one) => ({ kind: "path", ...one })),
  };
}

interface Found {
  readonly all: PerCpu;
  readonly chosen: PerCpu;
  readonly offline: CpuSet;
  readonly waiting: CpuSet;
}

/** Why the row cannot be, or not for all of its CPUs. */
function obstacle(
  { value, word = (text: string) => text, only, lacks, notApplicable }: PerCpuWanted,
  { all, chosen, offline, waiting }: Found,
): Partial<Pick<Setting, "notApplicable" | "problem" | "warning" | "actual" | "unseen">> {
  if (all.size === 0) return { notApplicable };
  if (only === undefined) return {};
  const missing = only.minus(CpuSet.from(all.keys())).minus(offline);
  if (!missing.isEmpty) return { problem: `CPUs ${missing.toString()} are not on this host, offline, or ${lacks}` };
  if (waiting.isEmpty) return {};
  const warning = `CPUs ${waiting.toString()} are offline: they get it when they come online`;
  // Without a value to compare there is nothing to do now; the list of boot values has it.
  return chosen.size === 0 ? { warning, actual: word(value), unseen: true } : { warning };
}
