/* Host NUMA nodes that memory is bound to, and the rules of numatune that libvirt keeps to itself until the start. */
import { CpuSet } from "../../linux/cpu-set";
import { problem, warning, type Finding } from "./finding";
import { firstOf, readSet, type Judged } from "./judged";
import { isOrAre, named } from "./wording";

export function nodeFindings(judged: Judged): readonly Finding[] {
  return [
    ...nodesets(judged).flatMap((one) => presence(judged, one)),
    ...modeFindings(judged),
    ...restrictiveFindings(judged),
    ...preferredFindings(judged),
    ...automaticFindings(judged),
  ];
}

interface Nodeset {
  readonly setting: string;
  readonly nodes: CpuSet;
}

const nodesets = ({ wanted }: Judged): readonly Nodeset[] =>
  [...wanted].flatMap(([setting, value]) =>
    value !== null && /^numa\.(cells\.\d+\.)?nodeset$/.test(setting) ? [{ setting, nodes: readSet(value) }] : [],
  );

function presence({ host }: Judged, { setting, nodes }: Nodeset): readonly Finding[] {
  const known = CpuSet.from(host.nodes.map(({ id }) => id));
  const missing = nodes.minus(known);
  if (!missing.isEmpty) {
    const reason = `${named("NUMA node", missing)} ${isOrAre(missing)} not on this host: it has nodes ${String(known)}`;
    return [problem(setting, reason)];
  }
  const empty = nodes.intersect(CpuSet.from(host.nodes.flatMap((node) => (node.memoryKiB === 0 ? [node.id] : []))));
  if (empty.isEmpty) return [];
  const full = String(known.minus(CpuSet.from(host.nodes.flatMap((node) => (node.memoryKiB === 0 ? [node.id] : [])))));
  return [
    problem(
      setting,
      `${named("NUMA node", empty)} ${empty.size === 1 ? "has" : "have"} no memory: choose of nodes ${full}`,
    ),
  ];
}

function modeFindings(judged: Judged): readonly Finding[] {
  const { facts, document, name } = judged;
  const incomplete = facts.has("numa.mode") && !facts.has("numa.nodeset") && !facts.has("numa.placement");
  const touched = [...judged.targets.config.keys(), ...judged.targets.live.keys()].some((setting) =>
    /^numa\.(mode|nodeset|placement)$/.test(setting),
  );
  if (document === undefined || !incomplete || !touched) return [];
  return [problem("numa.nodeset", `is needed: ${name} has none, and libvirt takes no mode without it`)];
}

/** Restrictive is kept by the cgroup alone, the other modes by QEMU: libvirt takes no mixture. */
function restrictiveFindings(judged: Judged): readonly Finding[] {
  const { facts } = judged;
  const mode = facts.get("numa.mode");
  if (mode === undefined || firstOf(judged, "numa.mode", "numa.cells") === undefined) return [];
  return [...facts].flatMap(([setting]) => {
    const cell = /^numa\.cells\.(\d+)\.nodeset$/.exec(setting)?.[1];
    if (cell === undefined) return [];
    const own = facts.get(`numa.cells.${cell}.mode`) ?? "strict";
    if ((own === "restrictive") === (mode === "restrictive")) return [];
    const reason =
      `is ${own}, and the domain's own numa.mode is ${mode}: libvirt takes restrictive for both or for neither. ` +
      `Set ${own === "restrictive" ? 'numa.mode: "restrictive"' : "restrictive here"}, or another mode in both places`;
    return [problem(`numa.cells.${cell}.mode`, reason)];
  });
}

function preferredFindings({ wanted }: Judged): readonly Finding[] {
  const nodeset = wanted.get("numa.nodeset");
  if (wanted.get("numa.mode") !== "preferred" || nodeset == null || readSet(nodeset).size === 1) return [];
  const reason = `mode preferred with more than one node (${nodeset}) is refused by older libvirt when the domain starts`;
  return [warning("numa.nodeset", reason)];
}

function automaticFindings(judged: Judged): readonly Finding[] {
  const { facts, host } = judged;
  const path = firstOf(judged, "numa.placement", "vcpus.placement");
  const automatic = facts.get("numa.placement") === "auto" || facts.get("vcpus.placement") === "auto";
  if (path === undefined || !automatic) return [];
  if (!host.numad) {
    const reason =
      '"auto" asks numad for nodes when the domain starts, and this host has no numad: the start would fail ("Failed to ' +
      'query numad for the advisory nodeset"). Install numad, or name the nodes (numa.nodeset)';
    return [problem(path, reason)];
  }
  const reason =
    '"auto" is not stable: numad chooses the nodes anew at each start, by what is free at that moment, and knows ' +
    "nothing of domains that are pinned but shut off. Name the nodes (numa.nodeset), or let a placement plan choose them once";
  return [warning(path, reason)];
}
