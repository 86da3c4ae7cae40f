/*
 * Values that stand in each other's way when they come back. A CPU must be online to have values: SMT comes on first and
 * goes off last. The energy performance preference cannot be written under the governor that fixes it: it comes after
 * the governor. Else the last written comes back first.
 */
import { originalValues, type JournalEntry } from "../host/journal";
import type { HostSnapshot } from "../host/snapshot";
import type { Step } from "../host/step";
import { isPerCpu } from "./cpu-hotplug";
import { driverOf, passiveArgument } from "./knobs/cpufreq-drivers";
import { cpuPath } from "./knobs/per-cpu";

const smtControl = "/sys/devices/system/cpu/smt/control";
const preference = /\/cpu(\d+)\/cpufreq\/energy_performance_preference$/;

export function inUndoOrder(entries: readonly JournalEntry[]): readonly JournalEntry[] {
  return entries.toReversed().sort((left, right) => rank(left) - rank(right));
}

function rank(entry: JournalEntry): number {
  if (entry.paths.includes(smtControl)) return originalValues(entry).get(smtControl) === "on" ? 0 : 3;
  return entry.paths.some((path) => preference.test(path)) ? 2 : 1;
}

/** Siblings that were switched off come back: the kernel takes no affinity that names a CPU which is offline. */
export const bringsCpus = (step: Step): boolean =>
  "values" in step && step.values.some(({ path, value }) => path === smtControl && value === "on");

/** A CPU that is offline has no value to compare, but SMT comes on before its turn: its original is then put back. */
export function comesBackOnline(path: string, entries: readonly JournalEntry[], snapshot: HostSnapshot): boolean {
  return (
    isPerCpu(path) &&
    snapshot.files.text(smtControl)?.trim() === "off" &&
    entries.some((entry) => originalValues(entry).get(smtControl) === "on")
  );
}

/** The kernel would refuse the original: what is there, and why it stays. */
export function cannotReturn(
  { path, value }: { readonly path: string; readonly value: string },
  entries: readonly JournalEntry[],
  snapshot: HostSnapshot,
): { readonly actual: string; readonly why: string } | undefined {
  const actual = snapshot.files.text(path)?.trim();
  if (actual === undefined || actual === value) return undefined;
  if (path === smtControl) return actual === "forceoff" ? { actual, why: "only a boot ends it" } : undefined;
  const cpu = preference.exec(path)?.[1];
  if (cpu === undefined) return undefined;
  const governorPath = cpuPath(Number(cpu), "cpufreq/scaling_governor");
  const fixes = snapshot.files.text(governorPath)?.trim() === "performance";
  const before = entries.map((entry) => originalValues(entry).get(governorPath)).find((text) => text !== undefined);
  const freed = before !== undefined && before !== "performance";
  return fixes && !freed && passiveArgument(driverOf(Number(cpu), snapshot)) !== undefined
    ? { actual, why: "the governor performance fixes it" }
    : undefined;
}
