/*
 * Huge pages per NUMA node and size, from the kernel's pools. Running: nodeN/hugepages/hugepages-SIZEkB/nr_hugepages.
 * Persistent: written again at every boot by kvm-tuning.service, before libvirt starts. Takes effect at once.
 * Never through vm.nr_hugepages, which spreads pages over the nodes again and so destroys a per-node layout. The
 * kernel grants what it can without an error: the count is written again after memory compaction, then read back.
 * Source: https://docs.kernel.org/admin-guide/mm/hugetlbpage.html
 */
import { z } from "zod";
import type { HostSnapshot } from "../../host/snapshot";
import { formatPageSize, hugepagesFolder, parsePageSizeKiB } from "../../linux/units";
import { defineKnob, type Setting } from "../knob";

const nodeId = z.string().regex(/^(0|[1-9]\d{0,3})$/, "must be the number of a NUMA node");
const size = z.string().refine(isPageSize, 'must be a page size such as "2M" or "1G"');
const pool = z.strictObject({
  size,
  nodes: z.record(
    nodeId,
    z
      .int()
      .min(0)
      .max(2 ** 31 - 1),
  ),
});
type Pool = z.output<typeof pool>;

/** Attempts to get all pages, with memory compaction and one second between. */
const attempts = 5;

export const hugepages = defineKnob({
  schema: z.array(pool).superRefine((pools, context) => {
    const seen = new Set<string>();
    pools.forEach(({ size: text }, index) => {
      if (!isPageSize(text)) return;
      const label = formatPageSize(parsePageSizeKiB(text));
      if (seen.has(label))
        context.addIssue({
          code: "custom",
          path: [index, "size"],
          message: `${label} is given twice: put its nodes into one entry`,
        });
      seen.add(label);
    });
  }),
  settings: (desired, snapshot) =>
    desired.flatMap((one) => Object.keys(one.nodes).map((node) => row(one, node, snapshot))),
  observe: (desired, snapshot) =>
    desired.map((one) => ({
      ...one,
      nodes: Object.fromEntries(
        Object.entries(one.nodes).map(([node, wanted]) => [node, count(pathOf(one.size, node), snapshot) ?? wanted]),
      ),
    })),
});

function isPageSize(text: string): boolean {
  try {
    return parsePageSizeKiB(text) > 0;
  } catch {
    return false;
  }
}

function pathOf(sizeText: string, node: string): string {
  return `/sys/devices/system/node/node${node}/hugepages/${hugepagesFolder(parsePageSizeKiB(sizeText))}/nr_hugepages`;
}

function count(path: string, snapshot: HostSnapshot): number | undefined {
  const text = snapshot.files.text(path)?.trim();
  return text === undefined || !/^\d+$/.test(text) ? undefined : Number(text);
}

function row(one: Pool, node: string, snapshot: HostSnapshot): Setting {
  const path = pathOf(one.size, node);
  const label = formatPageSize(parsePageSizeKiB(one.size));
  const wanted = one.nodes[node] ?? 0;
  const actual = count(path, snapshot);
  const problem = refuse({ path, node, label, wanted, pageKiB: parsePageSizeKiB(one.size) }, snapshot);
  return {
    name: `hugepages.${label}.node${node}`,
    desired: String(wanted),
    actual: actual === undefined ? null : String(actual),
    impact: "live",
    source: path,
    remedy: `The memory of node ${node} is in use or fragmented: stop what uses it, ask for fewer pages, or reserve them at boot (hugepagesz=${label} hugepages=${node}:${wanted} on the kernel command line).`,
    ...(problem !== undefined && { problem }),
    write: [{ path, value: String(wanted) }],
    settle: { attempts },
    // The memory that a shrinking pool frees may be what another pool needs.
    ...(actual !== undefined && wanted < actual && { goesFirst: true }),
    boot: [{ kind: "path", path, value: String(wanted) }],
  };
}

interface Wanted {
  readonly path: string;
  readonly node: string;
  readonly label: string;
  readonly wanted: number;
  readonly pageKiB: number;
}

function refuse({ path, node, label, wanted, pageKiB }: Wanted, snapshot: HostSnapshot): string | undefined {
  const folder = `/sys/devices/system/node/node${node}`;
  if (snapshot.files.paths(`${folder}/`).length === 0) return `this host has no NUMA node ${node}`;
  if (snapshot.files.text(path) === undefined) {
    const sizes = snapshot.files.paths(`${folder}/hugepages/`).flatMap((one) => {
      const found = /hugepages-(\d+)kB\/nr_hugepages$/.exec(one)?.[1];
      return found === undefined ? [] : [formatPageSize(Number(found))];
    });
    return `node ${node} has no huge pages of ${label}; this host has ${sizes.join(", ") || "none"}`;
  }
  const total = /MemTotal:\s+(\d+) kB/.exec(snapshot.files.text(`${folder}/meminfo`) ?? "")?.[1];
  if (total === undefined || wanted * pageKiB < Number(total)) return undefined;
  return `${wanted} pages of ${label} are ${toMiB(wanted * pageKiB)} MiB; node ${node} has ${toMiB(Number(total))} MiB in all`;
}

const toMiB = (kib: number): number => Math.floor(kib / 1024);
