/* What a program asks of the pools of huge pages, as counts per node; and what the host's pools hold. Pure. */
import type { HostSnapshot } from "../../host/snapshot";
import { formatPageSize, hugepagesFolder, meminfoKiB, parsePageSizeKiB } from "../../linux/units";

/** One entry of the argument. */
export interface PoolArgs {
  readonly size: string;
  readonly nodes?: Readonly<Record<string, number>> | undefined;
  readonly total?: number | undefined;
  readonly reserveMiB?: number | undefined;
}

export interface Pool {
  readonly pageKiB: number;
  /** `2M` */
  readonly label: string;
  /** Wanted pages by the node's number. */
  readonly nodes: Readonly<Record<string, number>>;
  readonly reserveMiB: number | undefined;
}

const nodeRoot = "/sys/devices/system/node/";

export const nodeFolder = (node: string): string => `${nodeRoot}node${node}`;

export function poolFolder(pageKiB: number, node: string): string {
  return `${nodeFolder(node)}/hugepages/${hugepagesFolder(pageKiB)}`;
}

export const poolFile = (pageKiB: number, node: string): string => `${poolFolder(pageKiB, node)}/nr_hugepages`;

export function poolsOf(all: readonly PoolArgs[], snapshot: HostSnapshot): readonly Pool[] {
  return all.map(({ size, nodes, total = 0, reserveMiB }) => {
    const pageKiB = parsePageSizeKiB(size);
    return { pageKiB, label: formatPageSize(pageKiB), nodes: nodes ?? spread(total, snapshot), reserveMiB };
  });
}

/**
 * Divided by us and not by vm.nr_hugepages: the kernel gives to one node what another lacks, and a later write moves
 * pages between them. Lower numbers first where it does not come out even.
 */
function spread(total: number, snapshot: HostSnapshot): Readonly<Record<string, number>> {
  const found = nodesWithMemory(snapshot);
  // Refused as a node that is not there.
  const nodes = found.length === 0 ? ["0"] : found;
  return Object.fromEntries(
    nodes.map((node, index) => [node, Math.floor((total + nodes.length - 1 - index) / nodes.length)]),
  );
}

export function nodesWithMemory(snapshot: HostSnapshot): readonly string[] {
  const all = snapshot.files.paths(nodeRoot).flatMap((path) => {
    const node = /\/node(\d+)\/meminfo$/.exec(path)?.[1];
    return node !== undefined && (memoryKiB(node, "MemTotal", snapshot) ?? 0) > 0 ? [node] : [];
  });
  return all.sort((a, b) => Number(a) - Number(b));
}

export function memoryKiB(node: string, key: "MemTotal" | "MemFree", snapshot: HostSnapshot): number | undefined {
  return meminfoKiB(snapshot.files.text(`${nodeFolder(node)}/meminfo`) ?? "", key);
}

/** Page sizes that a node has pools of, in KiB. */
export function sizesOf(node: string, snapshot: HostSnapshot): readonly number[] {
  return snapshot.files.paths(`${nodeFolder(node)}/hugepages/`).flatMap((path) => {
    const found = /hugepages-(\d+)kB\/nr_hugepages$/.exec(path)?.[1];
    return found === undefined ? [] : [Number(found)];
  });
}

export function count(path: string, snapshot: HostSnapshot): number | undefined {
  const text = snapshot.files.text(path)?.trim();
  return text === undefined || !/^\d+$/.test(text) ? undefined : Number(text);
}

/** Pages of a node that somebody has: those of the pool that are not free. */
export function usedPages(pageKiB: number, node: string, snapshot: HostSnapshot): number {
  const [all, free] = ["nr_hugepages", "free_hugepages"].map((name) =>
    count(`${poolFolder(pageKiB, node)}/${name}`, snapshot),
  );
  return all === undefined || free === undefined ? 0 : Math.max(0, all - free);
}

export const toMiB = (kib: number): number => Math.floor(kib / 1024);
