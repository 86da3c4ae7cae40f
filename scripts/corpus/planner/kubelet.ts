/* kubelet's CPU manager: one container, CPUs that are free, a strategy. */
import { CpuSet } from "../../../provider/linux/cpu-set";
import type { PlanRequest, PlannerVm } from "../../../provider/placement-plan/planner/model";
import type { PlannerTopology } from "./properties";

export interface KubeletCase {
  readonly topology: string;
  readonly available: string;
  readonly request: {
    readonly vcpus: number;
    readonly strategy: "packed" | "distribute" | "spread-cores";
    readonly groupSize?: number;
    readonly fullCoresOnly?: boolean;
    readonly preferL3?: boolean;
    readonly allowedNodes?: readonly number[];
    readonly preferredNodes?: readonly number[];
  };
}

/** A text: why no planner would take the request. */
export function kubeletRequest(
  one: KubeletCase,
  topologies: Readonly<Record<string, PlannerTopology>>,
): PlanRequest | string {
  const topology = topologies[one.topology] ?? [];
  const { request } = one;
  const nodes = [...new Set(topology.map((cpu) => cpu.node))].sort((left, right) => left - right);
  const free = CpuSet.parse(one.available);
  const online = CpuSet.from(topology.map((cpu) => cpu.cpu));
  if (request.vcpus < 1) return "no CPUs are asked for";
  const threads = topology.filter((cpu) => cpu.core === topology[0]?.core).length;
  if (request.fullCoresOnly === true && request.vcpus % threads !== 0)
    return `${request.vcpus} CPUs are no whole number of cores`;
  const socketOf = new Map(topology.map((cpu) => [cpu.node, cpu.socket]));
  const host = {
    name: "host",
    cpus: topology.map((cpu) => ({ id: cpu.cpu, node: cpu.node, core: cpu.core, llc: cpu.l3 })),
    nodes: nodes.map((id) => ({ id, memoryMiB: request.vcpus })),
    distances: nodes.map((row) =>
      nodes.map((column) => (row === column ? 10 : socketOf.get(row) === socketOf.get(column) ? 11 : 21)),
    ),
    reservedCpus: CpuSet.empty,
    claimedCpus: online.minus(free),
    housekeepingCores: 0,
    devices: request.preferredNodes?.map((node) => ({ address: "preferred", node })) ?? [],
  };
  return { hosts: [host], vms: [vmOf(request)] };
}

function vmOf(request: KubeletCase["request"]): PlannerVm {
  return {
    name: "container",
    vcpus: request.vcpus,
    memoryMiB: request.vcpus,
    pageSizeKiB: 4,
    cpuPolicy: "dedicated",
    threadPolicy:
      request.strategy === "spread-cores" ? "spread" : request.fullCoresOnly === true ? "require" : "prefer",
    emulatorThreads: "share",
    ioThreads: 0,
    // A hint of several nodes means all of them.
    nodes: request.allowedNodes?.length ?? "fit",
    split: request.strategy === "packed" ? "packed" : (request.groupSize ?? 1) > 1 ? "cores" : "threads",
    ...(request.allowedNodes !== undefined && { allowedNodes: request.allowedNodes }),
    ...(request.preferredNodes !== undefined && { nearDevice: { address: "preferred", policy: "preferred" as const } }),
  };
}
