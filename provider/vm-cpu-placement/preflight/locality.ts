/* Whether vCPUs lie where their memory lies. */
import { CpuSet } from "../../linux/cpu-set";
import { problem, warning, type Finding } from "./finding";
import { firstOf, vcpuPinsOf, type Judged, type Pin } from "./judged";
import { isBound, localCpus, regionsOf, type Region } from "./regions";
import { counted, isOrAre, named } from "./wording";

export function localityFindings(judged: Judged): readonly Finding[] {
  const path = firstOf(judged, "vcpuPins", "numa");
  if (path === undefined) return [];
  const regions = regionsOf(judged.facts);
  return [
    ...regions.flatMap((region) => distanceFindings(judged, region)),
    ...(regions[0]?.cell === undefined ? spreadFindings(judged) : []),
  ];
}

const vcpusOf = (pins: readonly Pin[]): CpuSet => CpuSet.from(pins.map(({ id }) => id));
const cpusOf = (pins: readonly Pin[]): CpuSet => CpuSet.union(pins.map(({ cpus }) => cpus));

function distanceFindings(judged: Judged, region: Region): readonly Finding[] {
  const { nodeset, cell, vcpus } = region;
  if (nodeset === undefined) return [];
  const local = localCpus(judged.host, nodeset);
  // Nodes that are missing are named by themselves, and so are CPUs.
  if (local.isEmpty) return [];
  const pins = vcpuPinsOf(judged.facts).filter(
    ({ id, cpus }) => vcpus?.has(id) !== false && cpus.intersects(judged.host.online),
  );
  const off = pins.filter(({ cpus }) => !cpus.intersects(local));
  const partly = pins.filter(({ cpus }) => cpus.intersects(local) && !cpus.isSubsetOf(local));
  const path = firstOf(judged, "vcpuPins") === undefined ? region.setting : "vcpuPins";
  const where = `${named("NUMA node", nodeset)} (CPUs ${String(local)})`;
  const memoryOf = (some: readonly Pin[]): string =>
    cell === undefined ? (some.length === 1 ? "its memory" : "their memory") : `the memory of guest cell ${cell}`;
  const say = isBound(region) ? problem : warning;
  return [
    ...(off.length === 0
      ? []
      : [
          say(
            path,
            `${pinned(off)}, and ${memoryOf(off)} is on ${where}: each access would cross the nodes. Pin them there, or move the memory (${region.setting})`,
          ),
        ]),
    ...(partly.length === 0
      ? []
      : [
          warning(
            path,
            `${pinned(partly)}, of which ${outsideOf(partly, local)} not on ${where}, where ${memoryOf(partly)} is`,
          ),
        ]),
  ];
}

function pinned(pins: readonly Pin[]): string {
  const vcpus = vcpusOf(pins);
  return `${named("vCPU", vcpus)} ${isOrAre(vcpus)} pinned to ${named("CPU", cpusOf(pins))}`;
}

function outsideOf(pins: readonly Pin[], local: CpuSet): string {
  const off = cpusOf(pins).minus(local);
  return `${String(off)} ${isOrAre(off)}`;
}

/** A guest without cells believes that all its vCPUs are equally near to each other. */
function spreadFindings(judged: Judged): readonly Finding[] {
  if (firstOf(judged, "vcpuPins") === undefined) return [];
  const pins = vcpuPinsOf(judged.facts);
  const cpus = cpusOf(pins);
  const nodes = judged.host.nodes.filter((node) => node.cpus.intersects(cpus));
  const fits = nodes.some((node) => pins.every((pin) => pin.cpus.intersects(node.cpus)));
  if (nodes.length < 2 || fits) return [];
  const sizes = nodes.map(
    ({ id, cpus: all }) => `node ${id} with ${counted(all.size, "CPU")}: ${String(cpus.intersect(all))}`,
  );
  const reason =
    `the pins of ${counted(pins.length, "vCPU")} lie on more than one NUMA node (${sizes.join("; ")}), and the guest sees a ` +
    "single one: pin them to one node, or give the guest cells (numa.cells)";
  return [warning("vcpuPins", reason)];
}
