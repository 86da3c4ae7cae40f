/*
 * Limits on idle states through the kernel's command line: for all CPUs, from the next boot on, and not to be changed
 * until another one. The limits at run time (c-states.ts) do the same for chosen CPUs at once.
 * Source: https://docs.kernel.org/admin-guide/pm/cpuidle.html#idle-states-control-via-kernel-command-line
 */
import { z } from "zod";
import type { HostSnapshot } from "../../host/snapshot";
import { kernelValues, parseKernelLine } from "../../linux/kernel-args";
import type { Setting } from "../knob";
import { idleArgumentWarning } from "./idle-arguments";

const source = "/proc/cmdline";
const number = z.int().min(0).max(9);

export const cStateArguments = z.strictObject({
  intelIdleMaxCstate: number.optional(),
  processorMaxCstate: number.optional(),
  idle: z.enum(["poll", "halt", "nomwait"]).optional(),
});

type Arguments = z.output<typeof cStateArguments>;

/** Our names and the kernel's. */
export const cStateKeys = {
  intelIdleMaxCstate: "intel_idle.max_cstate",
  processorMaxCstate: "processor.max_cstate",
  idle: "idle",
} as const;

const names = ["intelIdleMaxCstate", "processorMaxCstate", "idle"] as const;

export function cStateArgumentRows(desired: Partial<Arguments>, snapshot: HostSnapshot): readonly Setting[] {
  return names.flatMap((name) => {
    const wanted = desired[name];
    if (wanted === undefined) return [];
    const key = cStateKeys[name];
    const value = String(wanted);
    const warning = idleArgumentWarning(key, value, snapshot);
    return {
      name: `cStates.kernelArguments.${name}`,
      desired: value,
      actual: running(key, snapshot),
      impact: "host-reboot" as const,
      source,
      remedy: "The kernel was started with other arguments: see which menu entry the boot loader chose.",
      ...(warning !== undefined && { warning: `${key}=${value} ${warning}` }),
      write: [],
      boot: [],
      kernel: { keys: [key], arguments: [{ key, value }] },
    };
  });
}

/** What counts of several is the driver's; one of them as wanted is not enough. */
function running(key: string, snapshot: HostSnapshot): string | null {
  const line = snapshot.files.text(source);
  const values = line === undefined ? [] : kernelValues(parseKernelLine(line), key);
  return values.length === 0 ? null : values.map((value) => value ?? "").join(", ");
}

/** What is not given, or not as one of the words that this argument takes, stays out. */
export function observedCStateArguments(desired: Arguments, snapshot: HostSnapshot): Arguments {
  const found = names.flatMap((name) => {
    if (desired[name] === undefined) return [];
    const text = running(cStateKeys[name], snapshot);
    const value = name === "idle" || text === null ? text : Number(text);
    return value === null ? [] : [[name, value] as const];
  });
  const parsed = cStateArguments.safeParse(Object.fromEntries(found));
  return parsed.success ? parsed.data : desired;
}
