/* Sizes of memory against those of the nodes and limits that it shall lie in. */
import { kibOf } from "../facts";
import { problem, warning, type Finding } from "./finding";
import { hugeMemory } from "./huge-memory";
import { firstOf, type Judged } from "./judged";
import { byNodeset, isBound, memoryOf, memoryOfNodes, nodesOf, regionName, regionsOf, type Region } from "./regions";
import { memoryText, named } from "./wording";

export function memoryFindings(judged: Judged): readonly Finding[] {
  const regions = regionsOf(judged.facts);
  return [
    ...boundFindings(judged, regions),
    ...lockedFindings(judged, regions),
    ...limitFindings(judged, regions),
    ...oneNodeFindings(judged, regions),
  ];
}

function boundFindings(judged: Judged, regions: readonly Region[]): readonly Finding[] {
  if (firstOf(judged, "numa", "memory") === undefined) return [];
  return byNodeset(regions.filter(isBound)).flatMap(({ nodeset, within, setting }) => {
    const nodes = nodesOf(judged.host, nodeset);
    const wanted = memoryOf(within);
    const there = memoryOfNodes(nodes);
    // Nodes that are missing or empty are named by themselves.
    if (nodeset === undefined || wanted === undefined || there === undefined || there === 0 || wanted <= there)
      return [];
    const what =
      within.length === 1 ? within.map(regionName).join() : `guest cells ${within.map(({ cell }) => cell).join(", ")}`;
    const has = nodeset.size === 1 ? "has" : "have";
    const mode = within[0]?.mode ?? "strict";
    const reason =
      `${what} of ${memoryText(wanted)} cannot lie on ${named("NUMA node", nodeset)} alone (mode ${mode}), which ` +
      `${has} ${memoryText(there)}: name more nodes, spread guest cells over them, or give less memory`;
    return [problem(setting, reason)];
  });
}

/** Locked memory is taken whole when the domain starts. */
function lockedFindings(judged: Judged, regions: readonly Region[]): readonly Finding[] {
  const path = firstOf(judged, "memoryBacking.locked", "memoryBacking.hardLimit");
  if (path === undefined || judged.facts.get("memoryBacking.locked") !== "yes") return [];
  return byNodeset(regions.filter((region) => !isBound(region))).flatMap(({ nodeset, within }) => {
    const wanted = memoryOf(within);
    const there = memoryOfNodes(nodesOf(judged.host, nodeset));
    if (wanted === undefined || there === undefined || there === 0 || wanted <= there) return [];
    const where = nodeset === undefined ? "this host" : named("NUMA node", nodeset);
    const reason = `${memoryText(wanted)} cannot be locked: ${where} ${(nodeset?.size ?? 1) === 1 ? "has" : "have"} ${memoryText(there)}. Give the domain less memory, or do not lock it`;
    return [problem(path, reason)];
  });
}

/** What QEMU needs beside the guest's memory, at the least: its own tables, video memory, stacks. */
const overheadKiB = 256 * 1024;

/** The limit counts locked memory; huge pages that are not locked it does not (Documentation/admin-guide/cgroup-v2.rst). */
function limitFindings(judged: Judged, regions: readonly Region[]): readonly Finding[] {
  const { facts, host } = judged;
  const path = firstOf(judged, "memoryBacking.hardLimit", "memory", "numa.cells");
  const limit = kibOf(facts.get("memoryBacking.hardLimit"));
  const wanted = memoryOf(regions);
  if (path === undefined || limit === undefined || wanted === undefined) return [];
  const huge = facts.get("memoryBacking.locked") === "yes" ? [] : hugeMemory(facts, host.defaultPageKiB);
  const counted = wanted - (memoryOf(huge.flatMap((one) => one.regions)) ?? 0);
  if (limit >= counted + overheadKiB) return [];
  const reason =
    `${memoryText(limit)} are too little: ${memoryText(counted)} of the guest and QEMU's own need (${memoryText(overheadKiB)} at the ` +
    `least) must lie inside, or the kernel kills the domain. Set memoryBacking.hardLimitMiB to ${Math.ceil((counted + overheadKiB) / 1024)} or more`;
  return [problem(path, reason)];
}

/** A guest without cells believes that all its memory is equally near. */
function oneNodeFindings(judged: Judged, regions: readonly Region[]): readonly Finding[] {
  const path = firstOf(judged, "numa.nodeset", "memory");
  const [whole] = regions;
  if (path === undefined || whole?.cell !== undefined || whole?.memoryKiB === undefined) return [];
  const nodes = nodesOf(judged.host, whole.nodeset);
  const largest = Math.max(...nodes.map(({ memoryKiB }) => memoryKiB ?? Number.POSITIVE_INFINITY));
  if (nodes.length < 2 || whole.memoryKiB <= largest) return [];
  const sizes = nodes.map(({ id, memoryKiB }) => `node ${id} has ${memoryText(memoryKiB ?? 0)}`).join(", ");
  const reason = `the memory of ${memoryText(whole.memoryKiB)} exceeds one NUMA node (${sizes}), and the guest sees a single one: give it cells (numa.cells)`;
  return [warning(path, reason)];
}
