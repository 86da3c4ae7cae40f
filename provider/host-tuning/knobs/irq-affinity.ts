/*
 * CPUs that take interrupts. `default`: for interrupts that a driver requests from now on. Running:
 * /proc/irq/default_smp_affinity. `irqs`: for an interrupt by its number. Running: /proc/irq/N/smp_affinity_list; it
 * moves when it next arrives. Persistent: both written at every boot by kvm-tuning.service. A number is not kept over a
 * boot: `default` with `irqbalance.bannedCpus`, or isolation.irqAffinity on the kernel's command line, is what lasts.
 * Managed interrupts (the queues of NVMe, virtio-blk and others) are spread by the kernel, which refuses to move them
 * (EIO, since Linux 6.12 EPERM) and shows them nowhere: the first try tells, and is noted in the journal.
 * Source: https://docs.kernel.org/core-api/irq/irq-affinity.html, write_irq_affinity() in kernel/irq/proc.c
 */
import { z } from "zod";
import type { HostSnapshot } from "../../host/snapshot";
import { CpuSet } from "../../linux/cpu-set";
import { kernelValues, parseKernelLine } from "../../linux/kernel-args";
import { defineKnob, type Setting } from "../knob";
import { cpusProblem, listOf, maskOf, maskRow } from "./cpu-mask-file";
import { presentCpus } from "./isolation-checks";
import { cpuList, isCpuList } from "./per-cpu";

const number = z.string().regex(/^(0|[1-9]\d{0,8})$/, "must be the number of an interrupt, as in /proc/interrupts");
const defaultPath = "/proc/irq/default_smp_affinity";

export const irqAffinity = defineKnob({
  schema: z
    .strictObject({ default: cpuList.optional(), irqs: z.record(number, cpuList).optional() })
    .refine((given) => given.default !== undefined || Object.keys(given.irqs ?? {}).length > 0, {
      message: "sets nothing: give default or irqs",
    }),
  settings: (desired, snapshot, others) => [
    ...(desired.default === undefined ? [] : [defaultRow(CpuSet.parse(desired.default), snapshot, others)]),
    ...Object.entries(desired.irqs ?? {}).map(([irq, cpus], index) =>
      irqRow({ irq, cpus: CpuSet.parse(cpus), first: index === 0 }, snapshot),
    ),
  ],
  observe: (desired, snapshot) => {
    const shown = (wanted: string, actual: CpuSet | undefined) =>
      actual === undefined || actual.isEmpty || actual.equals(CpuSet.parse(wanted)) ? wanted : actual.toString();
    const irqs = Object.entries(desired.irqs ?? {}).map(([irq, wanted]) => {
      const actual = isRefused(irq, snapshot) ? undefined : listOf(irqPath(irq), snapshot);
      return [irq, shown(wanted, actual)] as const;
    });
    return {
      ...(desired.default !== undefined && { default: shown(desired.default, maskOf(defaultPath, snapshot)) }),
      ...(desired.irqs !== undefined && { irqs: Object.fromEntries(irqs) }),
    };
  },
});

const irqPath = (irq: string): string => `/proc/irq/${irq}/smp_affinity_list`;

function defaultRow(cpus: CpuSet, snapshot: HostSnapshot, others?: Readonly<Record<string, unknown>>): Setting {
  const notApplicable = `the kernel has no ${defaultPath}: it runs one CPU only`;
  const row = maskRow({ name: "irqAffinity.default", path: defaultPath, cpus, notApplicable }, snapshot);
  const wanted = byIsolation(others?.["isolation"], snapshot);
  const given = kernelValues(parseKernelLine(snapshot.files.text("/proc/cmdline") ?? ""), "irqaffinity").at(-1);
  // What the program wants of the command line counts from the next boot on, before what is there now.
  const list = wanted?.toString() ?? given;
  if (list === undefined || list === null || (isCpuList(list) && CpuSet.parse(list).equals(cpus))) return row;
  const source = wanted === undefined ? "the kernel's command line" : "isolation.irqAffinity";
  return {
    ...row,
    warning: `irqaffinity=${list} (${source}) says otherwise: interrupts of drivers that start before kvm-tuning.service follow that`,
  };
}

/** The list that `isolation` of the same program gives to the kernel, if it does. */
function byIsolation(isolation: unknown, snapshot: HostSnapshot): CpuSet | undefined {
  const { cpus, mode, irqAffinity: irqs } = (isolation ?? {}) as Readonly<Record<string, unknown>>;
  if (mode === "partition" || typeof cpus !== "string") return undefined;
  if (typeof irqs === "string") return CpuSet.parse(irqs);
  return irqs === true ? presentCpus(snapshot).minus(CpuSet.parse(cpus)) : undefined;
}

interface Irq {
  readonly irq: string;
  readonly cpus: CpuSet;
  /** What is true of all is said once. */
  readonly first: boolean;
}

function irqRow({ irq, cpus, first }: Irq, snapshot: HostSnapshot): Setting {
  const path = irqPath(irq);
  const actual = listOf(path, snapshot);
  const value = cpus.toString();
  const row: Setting = {
    name: `irqAffinity.irqs.${irq}`,
    desired: value,
    actual: actual?.toString() ?? null,
    impact: "live",
    source: path,
    remedy: "Another service may move it: look for irqbalance and tuned.",
    write: [{ path, value }],
    boot: [{ kind: "path", path, value }],
    refusal: refusalOf(irq, snapshot),
  };
  if (actual === undefined) return { ...row, notApplicable: `this host has no interrupt ${irq} now` };
  const problem = cpusProblem(cpus, snapshot);
  if (problem !== undefined) return { ...row, problem };
  if (isRefused(irq, snapshot) && !actual.equals(cpus)) return asKernelHasIt(row, { irq, actual, snapshot });
  const warning = [...(first ? [numbered] : []), ...arrival({ irq, cpus, actual }, snapshot)].join("; ");
  return warning === "" ? row : { ...row, warning };
}

/** Not inapplicable: its line for the boot stays, where the number may be another interrupt's. */
function asKernelHasIt(
  row: Setting,
  { irq, actual, snapshot }: { irq: string; actual: CpuSet; snapshot: HostSnapshot },
): Setting {
  return {
    ...row,
    desired: actual.toString(),
    unseen: true,
    write: [],
    warning: `the kernel refuses to move interrupt ${irq}${called(irq, snapshot)} to ${row.desired}: it is a managed one, whose driver spreads its queues over the CPUs, or one that cannot move. isolation.managedIrq keeps managed ones off isolated CPUs; leave ${irq} out here`,
  };
}

const numbered =
  "an interrupt may have another number after the next boot: irqAffinity.default with irqbalance.bannedCpus is what lasts";

/** The kernel moves most interrupts only when they next arrive. */
function arrival(
  { irq, cpus, actual }: { irq: string; cpus: CpuSet; actual: CpuSet },
  snapshot: HostSnapshot,
): readonly string[] {
  const effective = listOf(`/proc/irq/${irq}/effective_affinity_list`, snapshot);
  if (effective === undefined || !actual.equals(cpus) || effective.isSubsetOf(cpus)) return [];
  return [`it still arrives at CPU ${effective.toString()} (effective_affinity_list), and moves when it next does`];
}

/** By the name too: the number may be another interrupt's by now. */
function refusalOf(irq: string, snapshot: HostSnapshot): string {
  return `(refused${called(irq, snapshot)})`;
}

function called(irq: string, snapshot: HostSnapshot): string {
  const name = snapshot.files.text(`/sys/kernel/irq/${irq}/actions`)?.trim() ?? "";
  return name === "" || name === "(null)" ? "" : ` ${name}`;
}

function isRefused(irq: string, snapshot: HostSnapshot): boolean {
  const line = `${irqPath(irq)}:${refusalOf(irq, snapshot)}`;
  return snapshot.journal.some((entry) => entry.wrote.includes(line));
}
