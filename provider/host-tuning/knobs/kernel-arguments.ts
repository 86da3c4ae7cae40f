/*
 * Kernel arguments by name. Running: /proc/cmdline, which shows what the kernel was given, not what it made of it.
 * Persistent: the boot loader's configuration, where each key of ours replaces every argument of that name, whoever
 * wrote it. Takes effect at the next boot.
 * Source: https://docs.kernel.org/admin-guide/kernel-parameters.html
 */
import { z } from "zod";
import type { HostSnapshot } from "../../host/snapshot";
import {
  canonicalKey,
  formatKernelArgument,
  isKernelKey,
  kernelValues,
  parseKernelLine,
} from "../../linux/kernel-args";
import { defineKnob, type Setting } from "../knob";
import { idleArgumentWarning } from "./idle-arguments";

const text = z
  .string()
  .regex(/^[\x20-\x7e]*$/, "must be one line of printable ASCII")
  .refine((value) => !/["'\\]/.test(value), "cannot hold a quote or a backslash: GRUB cannot pass them to the kernel");

const argument = z.union([text, z.array(text).min(1), z.literal(true), z.null()]);
type Argument = z.output<typeof argument>;

/** GRUB writes these itself, from the disks that it finds. */
const written = new Set(["root", "ro", "rw", "initrd", "BOOT_IMAGE"]);

const key = z
  .string()
  .refine(isKernelKey, 'must be the name of a kernel parameter, such as "mitigations" or "kvm_intel.nested"')
  .refine((name) => !written.has(name), "is written by the boot loader itself");

export const kernelArguments = defineKnob({
  schema: z.record(key, argument).superRefine((given, context) => {
    const seen = new Map<string, string>();
    for (const name of Object.keys(given)) {
      const other = seen.get(canonicalKey(name));
      if (other !== undefined)
        context.addIssue({ code: "custom", path: [name], message: `is the same kernel parameter as ${other}` });
      seen.set(canonicalKey(name), name);
    }
  }),
  settings: (desired, snapshot) =>
    Object.entries(desired)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, wanted]) => row(name, wanted, snapshot)),
  observe: (desired, snapshot) =>
    Object.fromEntries(Object.entries(desired).map(([name, wanted]) => [name, observed(name, wanted, snapshot)])),
});

const source = "/proc/cmdline";

function running(name: string, snapshot: HostSnapshot): readonly (string | null)[] | undefined {
  const line = snapshot.files.text(source);
  return line === undefined ? undefined : kernelValues(parseKernelLine(line), name);
}

function valuesOf(wanted: Argument): readonly (string | null)[] {
  if (wanted === null) return [];
  if (wanted === true) return [null];
  return typeof wanted === "string" ? [wanted] : wanted;
}

function observed(name: string, wanted: Argument, snapshot: HostSnapshot): Argument {
  const values = running(name, snapshot);
  if (values === undefined) return wanted;
  const [first, ...more] = values;
  if (first === undefined) return null;
  if (values.every((value) => value === null)) return true;
  const texts = values.map((value) => value ?? "");
  return more.length === 0 && !Array.isArray(wanted) ? (first ?? "") : texts;
}

function row(name: string, wanted: Argument, snapshot: HostSnapshot): Setting {
  const values = valuesOf(wanted);
  const actual = running(name, snapshot);
  const warnings = values.flatMap((value) => {
    const warning = idleArgumentWarning(name, value, snapshot);
    return warning === undefined ? [] : [`${shown(name, [value])} ${warning}`];
  });
  return {
    name: `kernelArguments.${name}`,
    desired: shown(name, values),
    actual: actual === undefined ? null : shown(name, actual),
    impact: "host-reboot",
    source,
    remedy: "The kernel was started with other arguments: see which menu entry the boot loader chose.",
    ...(warnings.length > 0 && { warning: warnings.join("; ") }),
    write: [],
    boot: [],
    kernel: { keys: [name], arguments: values.map((value) => ({ key: name, value })) },
  };
}

/** As on the command line, under the name that the program uses; values of others may hold anything. */
function shown(name: string, values: readonly (string | null)[]): string {
  if (values.length === 0) return "(not given)";
  const one = (value: string | null) =>
    value !== null && /["\\]|[^\x20-\x7e]/.test(value)
      ? `${name}=${JSON.stringify(value)}`
      : formatKernelArgument(name, value);
  return values.map(one).join(" ");
}
