/*
 * Huge pages per NUMA node and size, from the kernel's pools. Running: nodeN/hugepages/hugepages-SIZEkB/nr_hugepages.
 * Up to 512M: takes effect at once, and is written again at every boot by kvm-tuning.service, before libvirt starts.
 * From 1G on: more pages need memory that only a boot still has in one piece, so they are reserved on the kernel's
 * command line (hugepagesz=1G hugepages=0:16,1:16) and a growing pool needs a reboot; a shrinking one does not, nor one
 * that this boot was asked for and that is short since: that is tried at once, so that no reboot follows every run.
 * Never through vm.nr_hugepages, which spreads pages over the nodes again and so destroys a per-node layout. The
 * kernel grants what it can without an error: the count is written again after memory compaction, then read back. A
 * total is divided over the nodes by us (hugepage-pools.ts); what cannot be is in hugepage-checks.ts.
 * Source: https://docs.kernel.org/admin-guide/mm/hugetlbpage.html
 */
import { z } from "zod";
import type { HostSnapshot } from "../../host/snapshot";
import { kernelValues, parseKernelLine } from "../../linux/kernel-args";
import { supportsPerNodeHugepages } from "../../linux/kernel-release";
import { formatPageSize, parsePageSizeKiB } from "../../linux/units";
import type { BootArguments } from "../boot/boot-arguments";
import { hasArguments } from "../boot/boot-loader";
import { managedKeys } from "../boot/managed-keys";
import { defineKnob, type Setting } from "../knob";
import { refusePool, shortfallRemedy } from "./hugepage-checks";
import { count, nodesWithMemory, poolFile, poolsOf, type Pool } from "./hugepage-pools";

const nodeId = z.string().regex(/^(0|[1-9]\d{0,3})$/, "must be the number of a NUMA node");
const size = z.string().refine(isPageSize, 'must be a page size such as "2M" or "1G"');
const pages = z
  .int()
  .min(0)
  .max(2 ** 31 - 1);
const pool = z
  .strictObject({
    size,
    nodes: z.record(nodeId, pages).optional(),
    total: pages.optional(),
    reserveMiB: pages.optional(),
  })
  .refine(({ nodes, total }) => (nodes === undefined) !== (total === undefined), "give one of nodes and total");

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
  settings: (desired, snapshot) => {
    const all = poolsOf(desired, snapshot);
    return all.flatMap((one) => Object.keys(one.nodes).map((node) => row(one, node, { all, snapshot })));
  },
  observe: (desired, snapshot) =>
    desired.map((one) => {
      const pagesOn = (node: string) => count(poolFile(parsePageSizeKiB(one.size), node), snapshot);
      if (one.nodes === undefined) {
        const found = nodesWithMemory(snapshot).map(pagesOn);
        const known = found.filter((pages) => pages !== undefined);
        const all = found.length === 0 || known.length < found.length ? one.total : known.reduce((a, b) => a + b, 0);
        return { ...one, total: all };
      }
      const nodes = Object.entries(one.nodes).map(([node, wanted]) => [node, pagesOn(node) ?? wanted] as const);
      return { ...one, nodes: Object.fromEntries(nodes) };
    }),
});

function isPageSize(text: string): boolean {
  try {
    return parsePageSizeKiB(text) > 0;
  } catch {
    return false;
  }
}

interface RowContext {
  readonly all: readonly Pool[];
  readonly snapshot: HostSnapshot;
}

function row(pool: Pool, node: string, { all, snapshot }: RowContext): Setting {
  const { pageKiB, label } = pool;
  const path = poolFile(pageKiB, node);
  const wanted = pool.nodes[node] ?? 0;
  const actual = count(path, snapshot);
  const atBoot = pageKiB >= gigantic;
  // Pages that the boot was asked for were there and have gone since, or never fitted: another boot is no remedy yet.
  const asked = atBoot && hasArguments(parseKernelLine(snapshot.files.text("/proc/cmdline") ?? ""), kernelPart(all));
  const grows = atBoot && actual !== undefined && wanted > actual && !asked;
  const problem = refusePool({ pool, node, all }, snapshot) ?? (atBoot ? refuseAtBoot(all, snapshot) : undefined);
  return {
    name: `hugepages.${label}.node${node}`,
    desired: String(wanted),
    actual: actual === undefined ? null : String(actual),
    impact: grows ? "host-reboot" : "live",
    source: path,
    remedy: shortfallRemedy({ pool, node, askedAtBoot: asked }, snapshot),
    ...(problem !== undefined && { problem }),
    // As wanted at first sight, a boot has filled it for others. One that grows is recorded before our boot fills it.
    write: !atBoot || (actual !== undefined && wanted !== actual) ? [{ path, value: String(wanted) }] : [],
    settle: { attempts },
    // The memory that a shrinking pool frees may be what another pool needs.
    ...(actual !== undefined && wanted < actual && { goesFirst: true }),
    boot: atBoot ? [] : [{ kind: "path", path, value: String(wanted) }],
    ...(atBoot && { kernel: kernelPart(all) }),
  };
}

const gigantic = 1024 ** 2;

/** All sizes from 1G on in one part: the order of hugepagesz= and hugepages= runs over the keys. */
function kernelPart(all: readonly Pool[]): BootArguments {
  const pools = all
    .map(({ pageKiB, nodes }) => ({ pageKiB, nodes: Object.entries(nodes) }))
    .filter(({ pageKiB }) => pageKiB >= gigantic)
    .sort((a, b) => a.pageKiB - b.pageKiB);
  return {
    keys: ["hugepagesz", "hugepages"],
    arguments: pools.flatMap(({ pageKiB, nodes }) => [
      { key: "hugepagesz", value: formatPageSize(pageKiB) },
      { key: "hugepages", value: nodes.map(([node, count]) => `${node}:${count}`).join(",") },
    ]),
  };
}

/** The command line of others may reserve pages that this argument does not name: taking the keys over would lose them. */
function refuseAtBoot(all: readonly Pool[], snapshot: HostSnapshot): string | undefined {
  if (!supportsPerNodeHugepages(snapshot.files.text("/proc/version") ?? ""))
    return "the kernel is older than 5.16 and takes no pages per node on its command line";
  // What is ours already has taken the others' place.
  if (managedKeys(snapshot).includes("hugepages")) return undefined;
  const reserved = reservedSizes(snapshot);
  const lost = reserved.filter((size) => !all.some((pool) => pool.pageKiB === sizeOrZero(size)));
  if (lost.length > 0)
    return `the kernel's command line reserves pages of ${lost.join(", ")} too: give that size here as well, or take it off there`;
  const nodes = reserved.flatMap((size) => unnamedNodes(size, all, snapshot));
  if (nodes.length === 0) return undefined;
  return `the kernel's command line reserves ${nodes.join(" and ")} too: give these nodes here as well, with 0 if nobody needs them`;
}

/** The size of each hugepages= on the running kernel's line: of the hugepagesz= before it, else the default size. */
function reservedSizes(snapshot: HostSnapshot): readonly string[] {
  const line = parseKernelLine(snapshot.files.text("/proc/cmdline") ?? "");
  let size = kernelValues(line, "default_hugepagesz").at(-1) ?? "2M";
  const sizes: string[] = [];
  for (const { key, value, forInit } of line) {
    if (forInit || value === null) continue;
    if (key === "hugepagesz") size = value;
    if (key === "hugepages") sizes.push(size);
  }
  return [...new Set(sizes)];
}

/** Nodes with pages of this size that the argument does not name, as "4 pages of 1G on node 1". */
function unnamedNodes(size: string, all: readonly Pool[], snapshot: HostSnapshot): readonly string[] {
  const pool = all.find(({ pageKiB }) => pageKiB === sizeOrZero(size));
  if (pool === undefined || pool.pageKiB < gigantic) return [];
  return snapshot.files.paths("/sys/devices/system/node/").flatMap((path) => {
    const node = /\/node(\d+)\/hugepages\//.exec(path)?.[1];
    if (node === undefined || path !== poolFile(pool.pageKiB, node) || pool.nodes[node] !== undefined) return [];
    const pages = count(path, snapshot) ?? 0;
    return pages === 0 ? [] : [`${pages} pages of ${pool.label} on node ${node}`];
  });
}

const sizeOrZero = (text: string): number => (isPageSize(text) ? parsePageSizeKiB(text) : 0);
