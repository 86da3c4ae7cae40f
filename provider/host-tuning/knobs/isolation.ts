/*
 * CPUs kept free of the host's own work. Running: /sys/devices/system/cpu/isolated and nohz_full; what the kernel does
 * not show (managed interrupts, RCU callbacks, the default affinity of interrupts) follows from /proc/cmdline by the
 * kernel's own rules. Persistent: isolcpus=, nohz_full=, rcu_nocbs=, irqaffinity= on the kernel's command line.
 * Takes effect at the next boot. Nothing balances load on domain-isolated CPUs: pin one vCPU to one CPU.
 * Without a boot: mode "partition", isolation-partition.ts.
 * Source: https://docs.kernel.org/admin-guide/kernel-parameters.html, https://docs.kernel.org/timers/no_hz.html
 */
import { z } from "zod";
import type { HostSnapshot } from "../../host/snapshot";
import { CpuSet } from "../../linux/cpu-set";
import { kernelValues, parseKernelLine } from "../../linux/kernel-args";
import { kernelEffect, type KernelEffect } from "../../linux/kernel-effect";
import type { BootArguments } from "../boot/boot-arguments";
import { defineKnob, type Setting } from "../knob";
import { irqProblem, isolationProblem, isolationWarning, possibleCpus, presentCpus } from "./isolation-checks";
import { observePartition, partitionSchema, partitionSettings } from "./isolation-partition";
import { cpuList } from "./per-cpu";

const bootSchema = z.strictObject({
  mode: z.literal("boot").optional(),
  cpus: cpuList,
  domain: z.boolean().default(true),
  managedIrq: z.boolean().default(false),
  nohzFull: z.boolean().optional(),
  rcuNocbs: z.boolean().optional(),
  irqAffinity: z.union([z.boolean(), cpuList]).default(true),
  partition: z.never({ error: 'is only taken with mode: "partition"' }).optional(),
});

type Desired = z.output<typeof bootSchema>;

export const isolation = defineKnob({
  schema: z.discriminatedUnion("mode", [bootSchema, partitionSchema], { error: 'must be "boot" or "partition"' }),
  settings: (desired, snapshot) => {
    if (desired.mode === "partition") return partitionSettings(desired, snapshot);
    const parts = partsOf(desired, snapshot);
    const set = CpuSet.parse(desired.cpus);
    const problem = nothingAsked(desired) ?? isolationProblem(set, snapshot) ?? missingNohz(desired, snapshot);
    const warning = isolationWarning(set, snapshot);
    return parts.map((part, index) => ({
      ...row(part),
      ...(index === 0 && problem !== undefined && { problem }),
      ...(index === 0 && warning !== undefined && { warning }),
    }));
  },
  observe: (desired, snapshot) => {
    if (desired.mode === "partition") return observePartition(desired, snapshot);
    const parts = partsOf(desired, snapshot);
    const set = observedSet(desired, parts);
    const has = (name: FlagName) => observedFlag(desired, { part: parts.find((one) => one.name === name), name, set });
    return {
      ...(desired.mode !== undefined && { mode: desired.mode }),
      cpus: set.equals(CpuSet.parse(desired.cpus)) ? desired.cpus : set.toString(),
      domain: has("domain"),
      managedIrq: has("managedIrq"),
      ...(desired.nohzFull !== undefined && { nohzFull: has("nohzFull") }),
      ...(desired.rcuNocbs !== undefined && { rcuNocbs: has("rcuNocbs") }),
      irqAffinity: observedIrq(desired, parts.find((one) => one.name === "irqAffinity")?.actual, snapshot),
    };
  },
});

type FlagName = "domain" | "managedIrq" | "nohzFull" | "rcuNocbs";

interface Part {
  readonly name: FlagName | "irqAffinity";
  readonly desired: CpuSet;
  readonly actual: CpuSet | undefined;
  readonly source: string;
  readonly kernel: BootArguments;
  readonly problem?: string | undefined;
}

const files = { isolated: "/sys/devices/system/cpu/isolated", nohzFull: "/sys/devices/system/cpu/nohz_full" };

/**
 * isolcpus= is one argument: who owns it owns all its flags, so domain and managedIrq are always rows, and so is
 * nohzFull where the running kernel has it from an isolcpus=nohz,... that will go.
 */
function partsOf(desired: Desired, snapshot: HostSnapshot): readonly Part[] {
  const set = CpuSet.parse(desired.cpus);
  const wanted = (on: boolean | undefined) => (on === true ? set : CpuSet.empty);
  const shownBy = (source: string) => ({ source, actual: readSet(source, snapshot) });
  const isolcpus = isolcpusOf(desired);
  const known = snapshot.files.text(files.nohzFull) !== undefined;
  const nohz = known && (desired.nohzFull !== undefined || hasNohzFlag(snapshot));
  return [
    { name: "domain", desired: wanted(desired.domain), kernel: isolcpus, ...shownBy(files.isolated) },
    ...(nohz ? [nohzPart(wanted(desired.nohzFull), shownBy(files.nohzFull))] : []),
    ...derivedParts(desired, snapshot),
  ];
}

/** Not the schema's to refuse: it is what `observe` says of a host that was booted without our arguments. */
function nothingAsked({ domain, managedIrq, nohzFull, rcuNocbs }: Desired): string | undefined {
  if (domain || managedIrq || nohzFull === true || rcuNocbs === true) return undefined;
  return "isolates nothing: leave domain as it is, or set managedIrq, nohzFull or rcuNocbs";
}

/** Such a kernel takes nohz_full= without a word, so that each run would find it missing and reboot once more. */
function missingNohz(desired: Desired, snapshot: HostSnapshot): string | undefined {
  if (desired.nohzFull !== true || snapshot.files.text(files.nohzFull) !== undefined) return undefined;
  return "the kernel was built without CONFIG_NO_HZ_FULL: leave nohzFull out";
}

const nohzPart = (desired: CpuSet, shown: Pick<Part, "source" | "actual">): Part => ({
  name: "nohzFull",
  desired,
  kernel: listArgument("nohz_full", desired),
  ...shown,
});

/** What the kernel shows nowhere: by its own rules from the command line that it was given. */
function derivedParts(desired: Desired, snapshot: HostSnapshot): readonly Part[] {
  const set = CpuSet.parse(desired.cpus);
  const effect = runningEffect(snapshot);
  const source = "/proc/cmdline";
  const irq = irqSet(desired, snapshot);
  const rcu = desired.rcuNocbs === true ? set : CpuSet.empty;
  // Those of nohz_full= are always offloaded, also where others have given it and it stays.
  const kept = desired.nohzFull === undefined && !hasNohzFlag(snapshot) ? effect?.nohzFull : undefined;
  const tickless = desired.nohzFull === true ? set : (kept ?? CpuSet.empty);
  return [
    {
      name: "managedIrq",
      desired: desired.managedIrq ? set : CpuSet.empty,
      actual: effect?.managedIrq,
      source,
      kernel: isolcpusOf(desired),
    },
    ...(desired.rcuNocbs === undefined
      ? []
      : [
          {
            name: "rcuNocbs" as const,
            desired: rcu.union(tickless),
            actual: effect?.rcuOffloaded,
            source,
            kernel: listArgument("rcu_nocbs", rcu),
          },
        ]),
    {
      name: "irqAffinity",
      desired: irq,
      actual: effect === undefined ? undefined : (effect.irqAffinity ?? CpuSet.empty),
      source,
      kernel: listArgument("irqaffinity", irq),
      problem: typeof desired.irqAffinity === "string" ? irqProblem(irq, { isolated: set, snapshot }) : undefined,
    },
  ];
}

function listArgument(key: string, cpus: CpuSet): BootArguments {
  return { keys: [key], arguments: cpus.isEmpty ? [] : [{ key, value: cpus.toString() }] };
}

function isolcpusOf(desired: Desired): BootArguments {
  const flags = [...(desired.managedIrq ? ["managed_irq"] : []), ...(desired.domain ? ["domain"] : [])];
  const value = [...flags, CpuSet.parse(desired.cpus).toString()].join(",");
  return { keys: ["isolcpus"], arguments: flags.length === 0 ? [] : [{ key: "isolcpus", value }] };
}

/** `true`: the CPUs that are left to the host. Empty: the argument is not to be given. */
function irqSet({ irqAffinity, cpus }: Desired, snapshot: HostSnapshot): CpuSet {
  if (typeof irqAffinity === "string") return CpuSet.parse(irqAffinity);
  return irqAffinity ? presentCpus(snapshot).minus(CpuSet.parse(cpus)) : CpuSet.empty;
}

/** Set by others, a part may have CPUs of its own: only those of a part that is not as declared are drift. */
function observedSet(desired: Desired, parts: readonly Part[]): CpuSet {
  const set = CpuSet.parse(desired.cpus);
  const flags = parts.filter((part) => part.name !== "irqAffinity");
  if (flags.some((part) => part.desired.equals(set) && asDeclared(part))) return set;
  return flags.find((part) => !asDeclared(part) && part.actual?.isEmpty === false)?.actual ?? set;
}

function observedFlag(
  desired: Desired,
  { part, name, set }: { part: Part | undefined; name: FlagName; set: CpuSet },
): boolean {
  const wanted = desired[name] ?? false;
  if (part?.actual === undefined || asDeclared(part)) return wanted;
  // Unwanted, it is on whatever its CPUs are.
  return wanted ? part.actual.equals(set) : !part.actual.isEmpty;
}

const asDeclared = ({ actual, desired }: Part): boolean => actual?.equals(desired) ?? false;

function observedIrq(desired: Desired, actual: CpuSet | undefined, snapshot: HostSnapshot): boolean | string {
  if (actual === undefined) return desired.irqAffinity;
  if (actual.equals(irqSet(desired, snapshot))) return desired.irqAffinity;
  return actual.isEmpty ? false : actual.toString();
}

function readSet(path: string, snapshot: HostSnapshot): CpuSet | undefined {
  const text = snapshot.files.text(path)?.trim();
  // Without nohz_full= the file reads "  (null)".
  return text === undefined ? undefined : text === "(null)" ? CpuSet.empty : CpuSet.parse(text);
}

function runningEffect(snapshot: HostSnapshot): KernelEffect | undefined {
  const line = snapshot.files.text("/proc/cmdline");
  const last = possibleCpus(snapshot).last;
  if (line === undefined || last === undefined) return undefined;
  return kernelEffect(line, { cpuCount: last + 1, nodes: [], pageSizesKiB: [] });
}

function hasNohzFlag(snapshot: HostSnapshot): boolean {
  const values = kernelValues(parseKernelLine(snapshot.files.text("/proc/cmdline") ?? ""), "isolcpus");
  return values.some((value) => /^([a-z_]+,)*nohz,/i.test(value ?? ""));
}

const shown = (set: CpuSet): string => (set.isEmpty ? "none" : set.toString());

/** That the argument is missing is proof enough; that it is there shows neither that it was built in nor that it works. */
const isUnseen = ({ name, desired }: Part): boolean =>
  (name === "managedIrq" || name === "rcuNocbs") && !desired.isEmpty;

function row(part: Part): Setting {
  const { name, desired, actual, source, kernel, problem } = part;
  return {
    name: `isolation.${name}`,
    desired: shown(desired),
    actual: actual === undefined ? null : shown(actual),
    impact: "host-reboot",
    source,
    remedy: "The kernel reads this when it boots: look for what it says of isolcpus and nohz_full in dmesg.",
    write: [],
    boot: [],
    kernel,
    ...(isUnseen(part) && { unseen: true }),
    ...(problem !== undefined && { problem }),
  };
}
