/* Hosts of a request as the search wants them. */
import { CpuSet } from "../../linux/cpu-set";
import { makeBins } from "./bins";
import { makeContents } from "./contents";
import { cpuPools } from "./cpu-pools";
import type { PlanRequest, PlannerHost } from "./model";
import { pinnedCpus, previousCpus } from "./named-cpus";
import { compareText, type Host, type Node, type SharedPool } from "./problem";
import { hostClass, twinsOf } from "./symmetry";

export function prepareHosts(request: PlanRequest): Host[] {
  const named = [...request.hosts].sort((left, right) => compareText(left.name, right.name));
  const classes = new Map<string, number>();
  return named.map((spec, index) => {
    const host = prepareHost(request, { spec, index });
    const text = hostClass(host, request);
    const number = classes.get(text) ?? classes.size;
    classes.set(text, number);
    return Object.assign(host, { symmetryClass: `class ${number}` });
  });
}

function prepareHost(request: PlanRequest, { spec, index }: { spec: PlannerHost; index: number }): Host {
  const pools = cpuPools(spec, pinnedCpus(request, spec), previousCpus(request, spec));
  const order = [...spec.nodes.entries()].sort((left, right) => left[1].id - right[1].id);
  const distances = order.map(([row], place) =>
    order.map(([column], other) => spec.distances?.[row]?.[column] ?? (place === other ? 10 : 20)),
  );
  const nodes: Node[] = [];
  const bins: Host["bins"][number][] = [];
  const sharedPools: SharedPool[] = [];
  const host: Host = {
    ...{ spec, index, nodes, bins, sharedPools, distances },
    leastApart: nearestNodes(distances),
    symmetryClass: "",
    twins: [],
    vmCount: 0,
    contents: makeContents(),
    groups: new Set(),
  };
  nodes.push(
    ...order.map(([, node], place) => ({
      host,
      index: place,
      id: node.id,
      memoryMiB: Math.max(0, node.memoryMiB),
      memoryLeft: Math.max(0, node.memoryMiB),
      pools: (node.pools ?? []).map((pool) => ({ pageSizeKiB: pool.pageSizeKiB, left: pool.memoryMiB })),
      contents: makeContents(),
    })),
  );
  bins.push(...makeBins(spec, nodes, pools));
  sharedPools.push(...makeSharedPools(host, pools.shared));
  return Object.assign(host, { twins: twinsOf(host, request) });
}

function nearestNodes(distances: readonly (readonly number[])[]): number {
  const apart = distances.flatMap((row, index) => row.filter((_, column) => column !== index));
  return apart.length === 0 ? 0 : Math.max(0, Math.min(...apart) - 10);
}

function makeSharedPools(host: Host, shared: CpuSet): SharedPool[] {
  const { spec } = host;
  const partitions = spec.partitions ?? [];
  const ratio = spec.sharedVcpusPerCpu ?? 16;
  const scopes = [
    ["", shared.minus(CpuSet.union(partitions.map((each) => each.cpus)))] as const,
    ...partitions.map((each) => [each.name, shared.intersect(each.cpus)] as const),
  ];
  return host.nodes.flatMap((node) => {
    const own = CpuSet.from(spec.cpus.filter((cpu) => cpu.node === node.id).map((cpu) => cpu.id));
    return scopes.flatMap(([partition, scope]) => {
      const cpus = scope.intersect(own);
      return cpus.isEmpty ? [] : [{ node, partition, cpus, left: Math.floor(cpus.size * ratio) }];
    });
  });
}
