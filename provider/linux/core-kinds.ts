/*
 * Cores that are not alike. The kernel says so in two ways: x86 hybrids have one PMU for each kind of core, with its
 * CPUs in /sys/devices/cpu_core|cpu_atom|cpu_lowpower/cpus (Documentation/ABI/testing/sysfs-devices-hybrid_pmu); ARM and
 * RISC-V show cpuN/cpu_capacity, the speed relative to the fastest, 1024 (Documentation/scheduler/sched-capacity.rst).
 * A kernel with neither still shows first-level caches, whose sizes are a property of the core's design.
 */
import { CpuSet } from "./cpu-set";
import type { Cache } from "./topology-caches";
import { cpuRoot, readNumber, readSet, type Reading } from "./topology-reading";

export interface CoreKind {
  readonly kind: "uniform" | "performance" | "intermediate" | "efficiency" | "low-power";
  /** Online CPUs; never empty. */
  readonly cpus: CpuSet;
  /** cpu_capacity: 1024 is the fastest of the host; null: the kernel does not say. */
  readonly capacity: number | null;
}

interface Host {
  readonly online: CpuSet;
  readonly caches: readonly Cache[];
}

/** Every online CPU is in one kind; the fastest first. One kind, "uniform", where all are alike. */
export function readCoreKinds(reading: Reading, host: Host): readonly CoreKind[] {
  // No placement fails for an odd file here.
  const lenient: Reading = { ...reading, problems: reading.doubts };
  const found = byPmu(lenient, host.online) ?? byCapacity(lenient, host.online) ?? byFirstLevel(host);
  return found ?? [{ kind: "uniform", cpus: host.online, capacity: null }];
}

const pmus = [
  ["cpu_core", "performance"],
  ["cpu_atom", "efficiency"],
  ["cpu_lowpower", "low-power"],
] as const;

function byPmu(reading: Reading, online: CpuSet): readonly CoreKind[] | undefined {
  const kinds = pmus.flatMap(([pmu, kind]) => {
    const cpus = readSet(reading, { list: `/sys/devices/${pmu}/cpus` })?.intersect(online) ?? CpuSet.empty;
    return cpus.isEmpty ? [] : [{ kind, cpus, capacity: null }];
  });
  const sets = kinds.map(({ cpus }) => cpus);
  return divides(sets, online) ? kinds : undefined;
}

function byCapacity(reading: Reading, online: CpuSet): readonly CoreKind[] | undefined {
  const tiers = grouped(online, (cpu) => readNumber(reading, `${cpuRoot}cpu${cpu}/cpu_capacity`));
  if (tiers === undefined) return undefined;
  return ranked(tiers).map(({ value, ...kind }) => ({ ...kind, capacity: value }));
}

/** Larger data caches belong to faster cores; equal ones are told apart by the instruction cache. */
function byFirstLevel({ online, caches }: Host): readonly CoreKind[] | undefined {
  const sizes = (type: Cache["type"]): ReadonlyMap<number, number> =>
    new Map(
      caches.flatMap(({ level, type: its, sizeKiB, cpus }) =>
        level === 1 && its === type && sizeKiB !== null ? [...cpus].map((cpu): [number, number] => [cpu, sizeKiB]) : [],
      ),
    );
  const [data, instruction] = [sizes("data"), sizes("instruction")];
  const tiers = grouped(online, (cpu) => {
    const [first, second] = [data.get(cpu), instruction.get(cpu)];
    return first === undefined || second === undefined ? undefined : first * 2 ** 20 + second;
  });
  return tiers === undefined ? undefined : ranked(tiers).map(({ kind, cpus }) => ({ kind, cpus, capacity: null }));
}

interface Ranked {
  readonly kind: CoreKind["kind"];
  readonly cpus: CpuSet;
  readonly value: number;
}

function ranked(tiers: ReadonlyMap<number, CpuSet>): readonly Ranked[] {
  const sorted = [...tiers].sort(([one], [other]) => other - one);
  return sorted.map(([value, cpus], rank) => ({ kind: nameOf(rank, sorted.length), cpus, value }));
}

/** The CPUs of each value; undefined where a CPU has none. */
function grouped(
  online: CpuSet,
  valueOf: (cpu: number) => number | undefined,
): ReadonlyMap<number, CpuSet> | undefined {
  const groups = new Map<number, number[]>();
  for (const cpu of online) {
    const value = valueOf(cpu);
    if (value === undefined) return undefined;
    groups.set(value, [...(groups.get(value) ?? []), cpu]);
  }
  return new Map([...groups].map(([value, cpus]) => [value, CpuSet.from(cpus)]));
}

function nameOf(rank: number, count: number): CoreKind["kind"] {
  if (count === 1) return "uniform";
  if (rank === 0) return "performance";
  return rank === count - 1 ? "efficiency" : "intermediate";
}

/** Whether the sets hold every CPU, and each once. */
function divides(sets: readonly CpuSet[], online: CpuSet): boolean {
  const members = sets.reduce((sum, set) => sum + set.size, 0);
  return sets.length > 0 && members === online.size && CpuSet.union(sets).equals(online);
}
