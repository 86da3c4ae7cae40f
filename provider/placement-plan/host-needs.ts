/* What a host needs for the VMs that are planned there: isolated CPUs, and huge pages for them and for other domains. */
import { formatPageSize } from "../linux/units";
import { nodeMemory, type NodeMemory } from "./capacity";
import type { PlannedHostNeeds, PlannedVm } from "./model";
import type { PlannedHost } from "./planned-host";
import { pageSizeOf } from "./schema-values";
import type { PlanArgs } from "./schema";

export function hostNeeds(
  host: PlannedHost,
  placed: Readonly<Record<string, PlannedVm>>,
  vms: PlanArgs["vms"],
): PlannedHostNeeds {
  const here = Object.entries(placed).filter(([, { host: name }]) => name === host.name);
  const demands = here.flatMap(([name, { cells }]) => {
    const pageKiB = pageSizeOf(vms[name]?.pageSize);
    return pageKiB === undefined ? [] : cells.map(({ memoryNode, memoryMiB }) => ({ pageKiB, memoryNode, memoryMiB }));
  });
  const sizes = [...new Set(demands.map(({ pageKiB }) => pageKiB))].toSorted((one, other) => one - other);
  const memory = nodeMemory(host).filter(({ totalMiB }) => totalMiB > 0);
  return {
    isolatedCpus: isolatedCpus(host),
    hugepages: sizes.map((pageKiB) => ({
      size: formatPageSize(pageKiB),
      // A node without any is named too: a pool that is not named keeps what it has.
      nodes: Object.fromEntries(
        memory.map((node) => [
          String(node.id),
          pagesOf(pageKiB, {
            node,
            mib: sumOf(demands.filter((one) => one.pageKiB === pageKiB && one.memoryNode === node.id)),
          }),
        ]),
      ),
      reserveMiB: Math.min(...memory.map(({ reservedMiB }) => reservedMiB)),
    })),
  };
}

const sumOf = (demands: readonly { readonly memoryMiB: number }[]): number =>
  demands.reduce((sum, { memoryMiB }) => sum + memoryMiB, 0);

/** Pages of the plan's VMs, and of the other domains, which are not to lose theirs. */
function pagesOf(pageKiB: number, { node, mib }: { readonly node: NodeMemory; readonly mib: number }): number {
  const pages = (some: number): number => Math.ceil((some * 1024) / pageKiB);
  const others = node.claims.filter((claim) => claim.pageKiB === pageKiB);
  return pages(mib) + others.reduce((sum, claim) => sum + pages(claim.mib), 0);
}

/** All that domains may have, not only what is in use now: one more VM must not cost a reboot. */
function isolatedCpus({ args, topology, domainCpus, reserved, shared }: PlannedHost): string {
  const bounded = args.isolation === "partition" || !domainCpus.equals(topology.online);
  const forDomains = domainCpus.minus(reserved);
  return (bounded && args.isolation !== "boot" ? forDomains : forDomains.minus(shared)).toString();
}
