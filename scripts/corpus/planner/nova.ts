/* Nova's NUMA fitting: host cells with dedicated and shared CPUs, guest cells with policies. */
import { CpuSet } from "../../../provider/linux/cpu-set";
import type { PlanRequest, PlannerNode, PlannerVm } from "../../../provider/placement-plan/planner/model";

interface NovaHostCell {
  readonly node: number;
  readonly dedicatedCpus: string;
  readonly sharedCpus: string;
  readonly pinned: string;
  readonly siblings: readonly string[];
  readonly memoryMiB: number;
  readonly pages: readonly { readonly sizeKiB: number; readonly total: number; readonly used: number }[];
}

interface NovaGuestCell {
  readonly dedicatedVcpus?: number;
  readonly sharedVcpus?: number;
  readonly memoryMiB: number;
  readonly policy: "dedicated" | "shared" | "mixed";
  readonly threadPolicy?: "prefer" | "require" | "isolate";
  readonly pageSize?: number | "small" | "large" | "any";
}

export interface NovaCase {
  readonly host: readonly NovaHostCell[];
  readonly request: { readonly guestNodes: readonly NovaGuestCell[]; readonly emulatorThreads?: "share" | "isolate" };
}

/** A text: why no planner would take the request. */
export function novaRequest({ host, request }: NovaCase): PlanRequest | string {
  const pageSizes = new Set(host.flatMap((cell) => cell.pages.map((page) => page.sizeKiB)));
  const candidates = request.guestNodes.map((cell) => pageSizeOf(cell, pageSizes));
  const [pageSizeKiB = 4] = candidates;
  if (candidates.some((size) => size !== pageSizeKiB)) return "guest cells of different page sizes";
  const remainder = request.guestNodes.find((cell) => pageSizeKiB > 4 && (cell.memoryMiB * 1024) % pageSizeKiB !== 0);
  if (remainder !== undefined) return `${remainder.memoryMiB} MiB are no multiple of ${pageSizeKiB} KiB`;
  const cpus = host.flatMap((cell) => cpusOf(cell));
  return {
    hosts: [
      {
        name: "host",
        nodes: host.map(nodeOf),
        distances: null,
        cpus,
        reservedCpus: CpuSet.empty,
        sharedCpus: CpuSet.union(host.map((cell) => CpuSet.parse(cell.sharedCpus))),
        claimedCpus: CpuSet.union(host.map((cell) => CpuSet.parse(cell.pinned))),
        hugepageSizesKiB: [...pageSizes],
        housekeepingCores: 0,
      },
    ],
    vms: [vmOf(request, pageSizeKiB)],
  };
}

/** CPUs of the host that the service may use at all; others are not its business. */
function cpusOf(cell: NovaHostCell): { id: number; node: number; core: number }[] {
  const usable = CpuSet.union([CpuSet.parse(cell.dedicatedCpus), CpuSet.parse(cell.sharedCpus)]);
  const cores = cell.siblings.map((core) => CpuSet.parse(core));
  return [...usable].map((id) => ({
    id,
    node: cell.node,
    core: cores.find((core) => core.has(id))?.first ?? id,
  }));
}

function nodeOf(cell: NovaHostCell): PlannerNode {
  const pools = cell.pages.map((page) => ({
    pageSizeKiB: page.sizeKiB,
    memoryMiB: ((page.total - page.used) * page.sizeKiB) / 1024,
  }));
  return { id: cell.node, memoryMiB: cell.memoryMiB, ...(pools.length > 0 && { pools }) };
}

function pageSizeOf(cell: NovaGuestCell, sizes: ReadonlySet<number>): number {
  const sorted = [...sizes].sort((left, right) => left - right);
  switch (cell.pageSize) {
    case undefined:
    case "small":
      return sorted[0] ?? 4;
    case "large":
    case "any":
      return sorted.reverse().find((size) => (cell.memoryMiB * 1024) % size === 0) ?? 4;
    default:
      return cell.pageSize;
  }
}

function vmOf(request: NovaCase["request"], pageSizeKiB: number): PlannerVm {
  const cells = request.guestNodes.map((cell) => ({
    vcpus: (cell.dedicatedVcpus ?? 0) + (cell.sharedVcpus ?? 0),
    dedicatedVcpus: cell.dedicatedVcpus ?? 0,
    memoryMiB: cell.memoryMiB,
  }));
  const sum = (of: (cell: (typeof cells)[number]) => number) => cells.reduce((all, cell) => all + of(cell), 0);
  const policies = new Set(request.guestNodes.map((cell) => cell.policy));
  const [policy = "dedicated"] = policies;
  return {
    name: "guest",
    vcpus: sum((cell) => cell.vcpus),
    memoryMiB: sum((cell) => cell.memoryMiB),
    pageSizeKiB,
    cpuPolicy: policies.size > 1 ? "mixed" : policy,
    dedicatedVcpus: sum((cell) => cell.dedicatedVcpus),
    threadPolicy: request.guestNodes.find((cell) => cell.threadPolicy !== undefined)?.threadPolicy ?? "prefer",
    emulatorThreads: request.emulatorThreads ?? "share",
    ioThreads: 0,
    nodes: cells,
    memoryLocality: "required",
    emulatorLocality: "required",
  };
}
