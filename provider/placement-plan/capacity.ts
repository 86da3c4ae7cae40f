/* Memory by node: what the host has, less what it keeps and what domains outside the plan have. Never what is free now. */
import type { CpuSet } from "../linux/cpu-set";
import type { PlannedHost } from "./planned-host";

export interface NodeMemory {
  readonly id: number;
  readonly totalMiB: number;
  readonly reservedMiB: number;
  readonly claims: readonly NodeClaim[];
  /** Never below 0. */
  readonly plannableMiB: number;
}

/** What a domain outside the plan has of a node. */
export interface NodeClaim {
  readonly domain: string;
  /** Undefined: ordinary pages. */
  readonly pageKiB: number | undefined;
  readonly mib: number;
}

export function nodeMemory(host: PlannedHost): readonly NodeMemory[] {
  const claims = host.claims.flatMap((claim) => claim.memory.map((memory) => ({ ...memory, domain: claim.domain })));
  const memories = host.nodes.map(({ id, cpus, memoryKiB }) => ({
    id,
    cpus,
    totalMiB: Math.floor((memoryKiB ?? 0) / 1024),
  }));
  return memories.map(({ id, cpus, totalMiB }) => {
    const reservedMiB = Math.min(totalMiB, reserved(host, { id, totalMiB, hasCpus: !cpus.isEmpty }));
    const own = claims.flatMap(({ domain, pageKiB, nodes, kib }): readonly NodeClaim[] => {
      const mib = Math.ceil(share(memories, { id, nodes, kib }) / 1024);
      return mib === 0 ? [] : [{ domain, pageKiB, mib }];
    });
    const claimedMiB = own.reduce((sum, { mib }) => sum + mib, 0);
    return { id, totalMiB, reservedMiB, claims: own, plannableMiB: Math.max(0, totalMiB - reservedMiB - claimedMiB) };
  });
}

/** As HostTuning's huge pages leave it. A node of memory alone has nothing of the host's own to keep. */
function reserved({ args }: PlannedHost, node: { id: number; totalMiB: number; hasCpus: boolean }): number {
  const given = args.reservedMemoryMiB;
  if (typeof given === "number") return given;
  return given?.[node.id] ?? (node.hasCpus ? Math.max(1024, Math.ceil(node.totalMiB / 20)) : 0);
}

interface Share {
  readonly id: number;
  readonly nodes: CpuSet | undefined;
  readonly kib: number;
}

/** Memory that may lie on several nodes is counted on each by the node's size. */
function share(all: readonly { readonly id: number; readonly totalMiB: number }[], { id, nodes, kib }: Share): number {
  const within = all.filter((node) => nodes === undefined || nodes.has(node.id));
  const total = within.reduce((sum, { totalMiB }) => sum + totalMiB, 0);
  const own = within.find((node) => node.id === id)?.totalMiB ?? 0;
  return total === 0 ? 0 : (kib * own) / total;
}
