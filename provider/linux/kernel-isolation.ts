/*
 * What isolcpus= and nohz_full= do, as kernel/sched/isolation.c and kernel/time/tick-sched.c of Linux 6.1 read them.
 * Both set "housekeeping" masks: the CPUs that are left to a kind of work. A type of mask is set once; a later
 * argument for the same type with another set fails as a whole and is handed to init as if it were unknown.
 */
import { CpuSet } from "./cpu-set";
import type { KernelArgument } from "./kernel-args";
import { canonicalKey } from "./kernel-args";

export interface BootCpus {
  /** Possible CPUs, numbered from 0. */
  readonly count: number;
  /** The CPU that boots, which the kernel keeps out of nohz_full=. 0 almost everywhere. */
  readonly bootCpu: number;
  /** maxcpus=, nosmp: CPUs from this number on are not brought up. */
  readonly startedCount: number;
}

export interface IgnoredArgument {
  readonly argument: string;
  readonly reason: string;
}

export interface Isolation {
  /** isolcpus=domain: /sys/devices/system/cpu/isolated. */
  readonly isolated: CpuSet;
  readonly managedIrq: CpuSet;
  /** /sys/devices/system/cpu/nohz_full. */
  readonly nohzFull: CpuSet;
  readonly ignored: readonly IgnoredArgument[];
}

type Type = "domain" | "managed_irq" | "nohz";

export function isolationOf(line: readonly KernelArgument[], cpus: BootCpus): Isolation {
  const masks = new Map<Type, CpuSet>();
  const ignored: IgnoredArgument[] = [];
  for (const argument of line) {
    const key = canonicalKey(argument.key);
    if ((key !== "isolcpus" && key !== "nohz_full") || argument.forInit) continue;
    const reason = apply(argument, masks, cpus);
    if (reason !== undefined) ignored.push({ argument: argument.text, reason });
  }
  const set = (type: Type) => masks.get(type) ?? CpuSet.empty;
  // tick_nohz_init(): the boot CPU keeps the time, except where suspend works on another CPU (not on x86, arm64).
  return {
    isolated: set("domain"),
    managedIrq: set("managed_irq"),
    nohzFull: set("nohz").minus(CpuSet.of(cpus.bootCpu)),
    ignored,
  };
}

/** Why the argument is ignored; undefined: it is taken. */
function apply(argument: KernelArgument, masks: Map<Type, CpuSet>, cpus: BootCpus): string | undefined {
  if (argument.value === null) return "it has no value";
  const given = readFlags(canonicalKey(argument.key), argument.value);
  if (typeof given === "string") return given;
  let set: CpuSet;
  try {
    set = CpuSet.parseKernel(given.list, cpus.count);
  } catch (error) {
    return `incorrect CPU range: ${error instanceof Error ? error.message : String(error)}`;
  }
  const left = CpuSet.range(0, cpus.count - 1).minus(set).first;
  if (left === undefined || left >= cpus.startedCount) set = set.minus(CpuSet.of(cpus.bootCpu));
  if (set.isEmpty) return "it names no CPU that can be isolated";
  const other = given.types.find((type) => masks.get(type)?.equals(set) === false);
  if (other !== undefined) {
    return `an earlier argument has set ${other} to ${masks.get(other)?.toString() ?? ""}, and the two must match`;
  }
  for (const type of given.types) masks.set(type, set);
  return undefined;
}

/** housekeeping_isolcpus_setup(): flags, each with its comma, then the list. Unknown flags are skipped. */
function readFlags(key: string, value: string): { types: readonly Type[]; list: string } | string {
  if (key === "nohz_full") return { types: ["nohz"], list: value };
  const types = new Set<Type>();
  let list = value;
  while (/^[A-Za-z]/.test(list)) {
    const comma = list.indexOf(",");
    const flag = comma < 0 ? list : list.slice(0, comma);
    if (comma >= 0 && (flag === "domain" || flag === "managed_irq" || flag === "nohz")) types.add(flag);
    else if (!/^[A-Za-z_]*$/.test(flag)) return `invalid flag ${JSON.stringify(flag)}`;
    // The kernel goes on behind the end of the text here: whatever it meets, it is no list of this argument's.
    if (comma < 0) return `no CPU list follows ${JSON.stringify(flag)}`;
    list = list.slice(comma + 1);
  }
  return { types: types.size === 0 ? ["domain"] : [...types], list };
}
