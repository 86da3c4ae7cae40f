/* Why a pool of huge pages cannot be as wanted: in the preview, and when the kernel has granted fewer. Pure. */
import type { HostSnapshot } from "../../host/snapshot";
import { formatPageSize, hugepagesFolder } from "../../linux/units";
import {
  count,
  memoryKiB,
  nodeFolder,
  nodesWithMemory,
  poolFile,
  sizesOf,
  toMiB,
  usedPages,
  type Pool,
} from "./hugepage-pools";

interface Wanted {
  readonly pool: Pool;
  readonly node: string;
  /** All that the program asks for. */
  readonly all: readonly Pool[];
}

export function refusePool(wanted: Wanted, snapshot: HostSnapshot): string | undefined {
  const { pool, node } = wanted;
  if (snapshot.files.paths(`${nodeFolder(node)}/`).length === 0) return `this host has no NUMA node ${node}`;
  if (snapshot.files.text(poolFile(pool.pageKiB, node)) === undefined) {
    const sizes = sizesOf(node, snapshot).map(formatPageSize);
    return `node ${node} has no huge pages of ${pool.label}; this host has ${sizes.join(", ") || "none"}`;
  }
  return refuseTooMany(wanted, snapshot) ?? refuseUsed(wanted, snapshot);
}

/** The kernel, QEMU's own memory and everything else on the node live from what is left. */
function refuseTooMany({ pool, node, all }: Wanted, snapshot: HostSnapshot): string | undefined {
  const pages = pool.nodes[node] ?? 0;
  const total = memoryKiB(node, "MemTotal", snapshot);
  if (total === undefined || pages === 0) return undefined;
  const others = otherPoolsKiB({ pool, node, all }, snapshot);
  const reserve = reserveKiB(node, all, total);
  const most = Math.max(0, Math.floor((total - reserve - others) / pool.pageKiB));
  if (pages <= most) return undefined;
  const beside = others === 0 ? "with" : `with ${toMiB(others)} MiB of other huge pages and`;
  return (
    `${pages} pages of ${pool.label} are ${toMiB(pages * pool.pageKiB)} MiB; ${beside} ${toMiB(reserve)} MiB in reserve that is more ` +
    `than the ${toMiB(total)} MiB of node ${node}: ask for at most ${most}, or set reserveMiB`
  );
}

/** Pages of other sizes on the node: as the program wants them, else as they are. */
function otherPoolsKiB({ pool, node, all }: Wanted, snapshot: HostSnapshot): number {
  const sizes = sizesOf(node, snapshot).filter((pageKiB) => pageKiB !== pool.pageKiB);
  const pages = (pageKiB: number): number =>
    all.find((one) => one.pageKiB === pageKiB)?.nodes[node] ?? count(poolFile(pageKiB, node), snapshot) ?? 0;
  return sizes.reduce((sum, pageKiB) => sum + pages(pageKiB) * pageKiB, 0);
}

function reserveKiB(node: string, all: readonly Pool[], total: number): number {
  const given = all.flatMap(({ nodes, reserveMiB }) =>
    nodes[node] === undefined || reserveMiB === undefined ? [] : [reserveMiB * 1024],
  );
  return given.length > 0 ? Math.max(...given) : Math.max(Math.ceil(total / 20), 1024 ** 2);
}

/**
 * Shrinking below what is in use is taken by the kernel, which then makes surplus pages of those: the pool would not
 * read back as written, and what is promised to a domain (HugePages_Rsvd) could be missing when it touches it.
 */
function refuseUsed({ pool, node, all }: Wanted, snapshot: HostSnapshot): string | undefined {
  const { pageKiB, label } = pool;
  const [pages, actual] = [pool.nodes[node] ?? 0, count(poolFile(pageKiB, node), snapshot) ?? 0];
  if (pages >= actual) return undefined;
  const used = usedPages(pageKiB, node, snapshot);
  const remedy = (least: number) => `stop the domains that have them, or ask for at least ${least}`;
  if (pages < used)
    return `${used} of the ${actual} pages of ${label} on node ${node} are in use, and ${pages} are wanted: ${remedy(used)}`;
  const promised = count(`/sys/kernel/mm/hugepages/${hugepagesFolder(pageKiB)}/resv_hugepages`, snapshot) ?? 0;
  if (promised === 0) return undefined;
  const sum = (of: (one: string) => number): number =>
    nodesWithMemory(snapshot).reduce((before, one) => before + of(one), 0);
  const wanted = all.find((one) => one.pageKiB === pageKiB)?.nodes ?? {};
  const left = sum((one) => wanted[one] ?? count(poolFile(pageKiB, one), snapshot) ?? 0);
  const needed = sum((one) => usedPages(pageKiB, one, snapshot)) + promised;
  if (left >= needed) return undefined;
  return `${promised} pages of ${label} are promised to domains that have not touched them yet (HugePages_Rsvd), so that ${needed} are needed on all nodes, and ${left} would be left: ${remedy(pages + needed - left)}`;
}

/** Wanted, got, why, and what may be done: for a run that ends with another count. */
export function shortfallRemedy(
  { pool, node, askedAtBoot }: Omit<Wanted, "all"> & { readonly askedAtBoot: boolean },
  snapshot: HostSnapshot,
): string {
  const { pageKiB, label } = pool;
  const [pages, got] = [pool.nodes[node] ?? 0, count(poolFile(pageKiB, node), snapshot) ?? 0];
  const missing = pages - got;
  if (missing <= 0) return `${usedPages(pageKiB, node, snapshot)} pages are in use: stop the domains that have them.`;
  const free = memoryKiB(node, "MemFree", snapshot);
  const why =
    free === undefined || free < missing * pageKiB
      ? `only ${free === undefined ? "little" : `${toMiB(free)} MiB`} of its memory is free`
      : `${toMiB(free)} MiB of its memory are free, but not in pieces of ${label}: it is fragmented`;
  const short = `Node ${node} has ${got} of ${pages} pages of ${label}, ${missing} too few: ${why}.`;
  if (askedAtBoot)
    return `${short} The kernel reserved fewer pages than its command line asks for (HugeTLB in dmesg): ask for fewer on node ${node}. If they were there after the boot, somebody has given them back since: the next boot reserves them again.`;
  return `${short} Now: stop what uses memory there, or ask for fewer. At boot: kvm-tuning.service reserves them before the domains start, while memory is in one piece, so a reboot may give them.`;
}
