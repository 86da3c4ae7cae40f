/* Which CPUs of a host are for what: shared ones, and dedicated ones by partition. */
import { CpuSet } from "../../linux/cpu-set";
import type { PlannerCpu, PlannerHost } from "./model";

export interface CpuPools {
  readonly shared: CpuSet;
  /** By partition; "" is what belongs to none. */
  readonly dedicated: ReadonlyMap<string, CpuSet>;
}

/** `pinned`: CPUs that pins of the program hold. `kept`: CPUs of previous placements, best left in the plan. */
export function cpuPools(host: PlannerHost, pinned: CpuSet, kept: CpuSet): CpuPools {
  const online = CpuSet.from(host.cpus.map((cpu) => cpu.id));
  const shared = (host.sharedCpus ?? host.reservedCpus).intersect(online);
  const taken = CpuSet.union([host.reservedCpus, shared, host.claimedCpus ?? CpuSet.empty, pinned]);
  const partitions = host.partitions ?? [];
  const isolated = host.isolatedCpus ?? CpuSet.empty;
  const general = (isolated.isEmpty ? online : isolated.intersect(online))
    .minus(taken)
    .minus(CpuSet.union(partitions.map((partition) => partition.cpus)));
  const dedicated = new Map<string, CpuSet>();
  dedicated.set("", general.minus(housekeeping(host, { general, kept, busy: pinned })));
  for (const partition of partitions) {
    const before = dedicated.get(partition.name) ?? CpuSet.empty;
    dedicated.set(partition.name, before.union(partition.cpus.intersect(online).minus(taken)));
  }
  return { shared, dedicated };
}

/** Cores by node, both in order of their lowest CPU. */
export function coresByNode(cpus: readonly PlannerCpu[]): ReadonlyMap<number, readonly CpuSet[]> {
  const nodes = new Map<number, Map<number, number[]>>();
  for (const cpu of [...cpus].sort((left, right) => left.id - right.id)) {
    const cores = nodes.get(cpu.node) ?? new Map<number, number[]>();
    nodes.set(cpu.node, cores);
    cores.set(cpu.core, [...(cores.get(cpu.core) ?? []), cpu.id]);
  }
  return new Map([...nodes].map(([node, cores]) => [node, [...cores.values()].map((core) => CpuSet.from(core))]));
}

/**
 * Cores that the plan leaves to the kernel, on nodes that have too few without: whole ones, first those that no VM has
 * been on, then the lowest.
 */
function housekeeping(
  host: PlannerHost,
  { general, kept, busy }: { general: CpuSet; kept: CpuSet; busy: CpuSet },
): CpuSet {
  const wanted = host.housekeepingCores ?? 1;
  const dedicated = CpuSet.union([
    general,
    busy,
    host.claimedCpus ?? CpuSet.empty,
    ...(host.partitions ?? []).map((partition) => partition.cpus),
  ]);
  const withheld: CpuSet[] = [];
  for (const cores of coresByNode(host.cpus).values()) {
    const missing = wanted - cores.filter((core) => !core.intersects(dedicated)).length;
    const free = cores.filter((core) => core.isSubsetOf(general));
    const ordered = [...free.filter((core) => !core.intersects(kept)), ...free.filter((core) => core.intersects(kept))];
    withheld.push(...ordered.slice(0, Math.max(0, missing)));
  }
  return CpuSet.union(withheld);
}
