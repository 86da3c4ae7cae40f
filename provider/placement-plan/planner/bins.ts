/* CPUs of a host gathered into bins: one a node, kind of core and partition. */
import { CpuSet } from "../../linux/cpu-set";
import { coresByNode, type CpuPools } from "./cpu-pools";
import type { PlannerCpu, PlannerHost } from "./model";
import type { Bin, Core, Node } from "./problem";

export function makeBins(spec: PlannerHost, nodes: readonly Node[], pools: CpuPools): Bin[] {
  const byId = new Map(spec.cpus.map((cpu) => [cpu.id, cpu]));
  const cores = coresByNode(spec.cpus);
  const bins: Bin[] = [];
  for (const node of nodes) {
    for (const partition of [...pools.dedicated.keys()].sort()) {
      const cpus = pools.dedicated.get(partition) ?? CpuSet.empty;
      for (const [kind, group] of byKind(cores.get(node.id) ?? [], byId)) {
        const usable = usableCores(group, { cpus, byId });
        if (usable.length > 0) bins.push(makeBin({ index: bins.length, node, kind, partition, cores: usable }));
      }
    }
  }
  return bins;
}

type Cpus = ReadonlyMap<number, PlannerCpu>;

function byKind(cores: readonly CpuSet[], cpus: Cpus): ReadonlyMap<string, readonly CpuSet[]> {
  const kinds = new Map<string, CpuSet[]>();
  for (const core of cores) {
    const kind = cpus.get(core.first ?? -1)?.kind ?? "";
    kinds.set(kind, [...(kinds.get(kind) ?? []), core]);
  }
  return kinds;
}

function usableCores(cores: readonly CpuSet[], { cpus, byId }: { cpus: CpuSet; byId: Cpus }): Core[] {
  const llcs = new Map<number, number>();
  return cores.flatMap((core) => {
    const usable = core.intersect(cpus);
    if (usable.isEmpty) return [];
    const cache = byId.get(usable.first ?? -1)?.llc ?? -1;
    const llc = llcs.get(cache) ?? llcs.size;
    llcs.set(cache, llc);
    return [{ cpus: [...usable], whole: usable.equals(core), llc }];
  });
}

function makeBin(bin: Pick<Bin, "index" | "node" | "kind" | "partition" | "cores">): Bin {
  const sizes = bin.cores.filter((core) => core.whole).map((core) => core.cpus.length);
  return {
    ...bin,
    threads: bin.cores.reduce((sum, core) => sum + core.cpus.length, 0),
    wholeCores: sizes.length,
    threadsPerCore: Math.max(1, ...sizes),
    uniform: new Set(sizes).size <= 1,
    structure: bin.cores.map((core) => `${core.cpus.length}${core.whole ? "w" : "b"}${core.llc}`).join(","),
    usedWhole: 0,
    usedLoose: 0,
    items: [],
    arrangements: [],
  };
}
