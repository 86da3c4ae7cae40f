/*
 * What a command line makes of a machine, before anybody boots it: as Linux 6.1 does. A token on the command line is
 * no effect yet: isolcpus=2-99 on eight CPUs is dropped as a whole, and of two isolcpus= that differ the first holds.
 */
import { CpuSet } from "./cpu-set";
import { canonicalKey, parseKernelLine, type KernelArgument } from "./kernel-args";
import { hugepagesOf, type BootMemory, type BootPools } from "./kernel-hugepages";
import { isolationOf, type BootCpus, type IgnoredArgument, type Isolation } from "./kernel-isolation";

export interface BootMachine extends BootMemory {
  /** Possible CPUs, numbered from 0. */
  readonly cpuCount: number;
  /** @default 0 */
  readonly bootCpu?: number;
}

export interface KernelEffect extends Isolation {
  /** CPUs whose RCU callbacks run elsewhere: rcu_nocbs= and those of nohz_full=. */
  readonly rcuOffloaded: CpuSet;
  /** Default affinity of interrupts; undefined: all CPUs. */
  readonly irqAffinity: CpuSet | undefined;
  readonly hugepages: BootPools;
  /** Arguments that the kernel does not take, and why. */
  readonly ignored: readonly IgnoredArgument[];
}

export function kernelEffect(line: string | readonly KernelArgument[], machine: BootMachine): KernelEffect {
  const given = typeof line === "string" ? parseKernelLine(line) : line;
  const cpus = bootCpus(given, machine);
  const isolation = isolationOf(given, cpus);
  const { pools, ignored } = hugepagesOf(given, bootMemory(given, machine));
  return {
    ...isolation,
    rcuOffloaded: rcuOffloaded(given, cpus).union(isolation.nohzFull),
    irqAffinity: irqAffinity(given, cpus),
    hugepages: pools,
    ignored: [...isolation.ignored, ...ignored],
  };
}

/** Early parameters hold wherever they stand; of several the last. */
function bootCpus(line: readonly KernelArgument[], machine: BootMachine): BootCpus {
  const limits = ["nr_cpus", "possible_cpus"].map((key) => lastNumber(line, key) ?? 0);
  const count = Math.min(machine.cpuCount, ...limits.filter((limit) => limit > 0));
  const alone = line.some((one) => canonicalKey(one.key) === "nosmp" && !one.forInit);
  const started = alone ? 0 : (lastNumber(line, "maxcpus") ?? Number.POSITIVE_INFINITY);
  // Without SMP the boot CPU is the only possible one (prefill_possible_map() in arch/x86/kernel/smpboot.c).
  return { count: started === 0 ? 1 : count, bootCpu: machine.bootCpu ?? 0, startedCount: started };
}

/** numa=off: all memory is one node. */
function bootMemory(line: readonly KernelArgument[], machine: BootMachine): BootMemory {
  const { nodes, giganticRoom } = machine;
  if (lastValue(line, "numa") !== "off" || nodes[0] === undefined) return machine;
  const room = giganticRoom && [...giganticRoom.values()].reduce((sum, pages) => sum + pages, 0);
  return {
    ...machine,
    nodes: [nodes[0]],
    ...(room !== undefined && { giganticRoom: new Map([[nodes[0], room]]) }),
  };
}

function lastNumber(line: readonly KernelArgument[], key: string): number | undefined {
  const text = lastValue(line, key);
  const found = /^(0x[0-9a-f]+|\d+)/i.exec(text ?? "")?.[1];
  if (found === undefined) return undefined;
  return /^0[0-7]+$/.test(found) ? Number.parseInt(found, 8) : Number(found);
}

function lastValue(line: readonly KernelArgument[], key: string): string | null | undefined {
  return line.findLast((one) => canonicalKey(one.key) === key && !one.forInit)?.value;
}

/** rcu_nocb_setup() in kernel/rcu/tree_nocb.h: a list that cannot be read means all CPUs. */
function rcuOffloaded(line: readonly KernelArgument[], cpus: BootCpus): CpuSet {
  const text = lastValue(line, "rcu_nocbs");
  if (text === undefined || text === null) return CpuSet.empty;
  return readList(text, cpus) ?? CpuSet.range(0, cpus.count - 1);
}

/** irq_affinity_setup() in kernel/irq/irqdesc.c: the boot CPU always belongs to it. */
function irqAffinity(line: readonly KernelArgument[], cpus: BootCpus): CpuSet | undefined {
  const text = lastValue(line, "irqaffinity");
  if (text === undefined || text === null) return undefined;
  return (readList(text, cpus) ?? CpuSet.empty).union(CpuSet.of(cpus.bootCpu));
}

function readList(text: string, cpus: BootCpus): CpuSet | undefined {
  try {
    return CpuSet.parseKernel(text, cpus.count);
  } catch {
    return undefined;
  }
}
