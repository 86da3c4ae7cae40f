/*
 * Huge pages: known to the host, mounted, and enough of them free where the memory shall lie. QEMU takes them when the
 * domain starts, and libvirt's message then names neither node nor number.
 */
import type { CpuSet } from "../../linux/cpu-set";
import { formatPageSize } from "../../linux/units";
import type { HostFacts, HostNode } from "../host-facts";
import { problem, type Finding } from "./finding";
import { hugeMemory, type HugeMemory } from "./huge-memory";
import { firstOf, type Judged } from "./judged";
import { byNodeset, memoryOf, nodesOf, regionName, type Region } from "./regions";
import { memoryText, named } from "./wording";

export function hugepageFindings(judged: Judged): readonly Finding[] {
  const path = firstOf(judged, "memoryBacking.hugepages", "numa.nodeset", "numa.cells", "memory");
  if (path === undefined) return [];
  const { facts, domain, host } = judged;
  const demands = hugeMemory(facts, host.defaultPageKiB);
  const held = domain?.live === undefined ? [] : hugeMemory(domain.live.facts, host.defaultPageKiB);
  return demands.flatMap((demand) => {
    const own = held.filter(({ pageKiB }) => pageKiB === demand.pageKiB).flatMap(({ regions }) => regions);
    return [
      ...mountFindings(judged, demand),
      ...divisionFindings(demand, path),
      ...byNodeset(demand.regions).flatMap((need) => roomFindings(host, { ...need, ...demand, own, path })),
    ];
  });
}

function mountFindings(judged: Judged, { pageKiB }: HugeMemory): readonly Finding[] {
  const path = firstOf(judged, "memoryBacking");
  const mounted = judged.host.hugetlbfsKiB.includes(pageKiB);
  if (path === undefined || mounted || judged.facts.get("memoryBacking.source") === "memfd") return [];
  const size = formatPageSize(pageKiB);
  const folder = `/dev/hugepages${size}`;
  const reason =
    `no hugetlbfs for pages of ${size} is mounted, and QEMU takes its pages from one: ` +
    `mkdir -p ${folder} && mount -t hugetlbfs -o pagesize=${size} hugetlbfs ${folder} (and a line in /etc/fstab), then restart ` +
    'libvirt\'s daemon (libvirtd or virtqemud): it looks for mounts when it starts. Or set memoryBacking.source: "memfd"';
  return [problem("memoryBacking.hugepages", reason)];
}

function divisionFindings({ regions, pageKiB }: HugeMemory, path: string): readonly Finding[] {
  return regions.flatMap((region) => {
    const { memoryKiB, cell } = region;
    if (memoryKiB === undefined || memoryKiB % pageKiB === 0) return [];
    const size = formatPageSize(pageKiB);
    const reason =
      `${regionName(region)} of ${memoryText(memoryKiB)} is no whole number of pages of ${size}: make it ` +
      memoryText(Math.ceil(memoryKiB / pageKiB) * pageKiB);
    return [problem(cell === undefined ? path : `numa.cells.${cell}.memory`, reason)];
  });
}

interface Need extends HugeMemory {
  readonly nodeset: CpuSet | undefined;
  /** Those that must find their pages inside the nodeset. */
  readonly within: readonly Region[];
  /** What the running domain itself holds: free when it starts again. */
  readonly own: readonly Region[];
  readonly path: string;
}

function roomFindings(host: HostFacts, need: Need): readonly Finding[] {
  const { nodeset, pageKiB, path } = need;
  const nodes = nodesOf(host, nodeset);
  // Missing nodes are named by themselves.
  if (nodes.length === 0) return [];
  const size = formatPageSize(pageKiB);
  const where = nodeset === undefined ? "this host" : named("NUMA node", nodeset);
  const pools = nodes.flatMap((node) => node.hugepages.filter((pool) => pool.pageSizeKiB === pageKiB));
  if (pools.length === 0) return [problem(path, `${where} has no pages of ${size}: ${sizesOf(nodes)}`)];
  const memoryKiB = memoryOf(need.within);
  if (memoryKiB === undefined) return [];
  const wanted = Math.ceil(memoryKiB / pageKiB);
  const total = pools.reduce((sum, pool) => sum + pool.total, 0);
  const unused = pools.reduce((sum, pool) => sum + pool.free, 0);
  const free = Math.min(total, unused + ownPages(need));
  if (wanted <= free) return [];
  const other = nodeset === undefined ? "give the domain less memory" : "place the memory on another node";
  const reason = `${wanted} pages of ${size} are needed on ${where}, and ${free} of ${total} are free`;
  return [problem(path, `${reason}: reserve more (${reservation(need, wanted + total - free)}), or ${other}`)];
}

function sizesOf(nodes: readonly HostNode[]): string {
  const sizes = new Set(nodes.flatMap((node) => node.hugepages.map((pool) => pool.pageSizeKiB)));
  if (sizes.size === 0) return "its kernel has no huge pages";
  return `choose a size of ${[...sizes].map(formatPageSize).join(", ")}`;
}

/** Where a region without one node holds its pages nobody can say: they count for each node that they may lie on. */
function ownPages({ own, nodeset, pageKiB }: Need): number {
  const here = own.filter(
    (region) => nodeset === undefined || region.nodeset === undefined || region.nodeset.intersects(nodeset),
  );
  return here.reduce((sum, { memoryKiB }) => sum + Math.ceil((memoryKiB ?? 0) / pageKiB), 0);
}

/** As an argument of HostTuning, where there is one node to name. */
function reservation({ nodeset, pageKiB }: Need, pages: number): string {
  const size = formatPageSize(pageKiB);
  if (nodeset?.size !== 1) return `HostTuning hugepages of ${size}: ${pages} in all`;
  return `HostTuning: hugepages: [{ size: "${size}", nodes: { ${String(nodeset)}: ${pages} } }]`;
}
