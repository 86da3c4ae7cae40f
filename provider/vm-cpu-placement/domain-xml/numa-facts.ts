import { canonicalSet, kibText } from "../facts";
import { CpuSet } from "../../linux/cpu-set";
import { cellsOf, childrenOf, keyOf, maximumVcpus, numbersIn, setOf, type Cell } from "./parts";
import { kibIn } from "./sizes";
import { childrenNamed, type XmlElement } from "./tree";

type Found = readonly (readonly [setting: string, value: string])[];

/** Where memory comes from (`<numatune>`), and the guest's own nodes (`<cpu><numa>`). */
export function numaFacts(domain: XmlElement): Found {
  const cells = isImplied(domain) ? [] : cellsOf(domain);
  return [...memoryPolicy(domain), ...cells.flatMap((cell) => cellFacts(domain, cell, cells)), ...memnodes(domain)];
}

/**
 * One cell of everything, in a domain that can be given more memory while it runs: libvirt adds it by itself
 * (qemuDomainDefNumaAutoAdd), so it says nothing.
 */
export function isImplied(domain: XmlElement): boolean {
  const [cell, second] = cellsOf(domain);
  if (cell === undefined || second !== undefined || childrenNamed(domain, "maxMemory").length === 0) return false;
  const plain = [...cell.element.attributes.keys()].every((name) => ["id", "cpus", "memory", "unit"].includes(name));
  return plain && cell.element.children.length === 0 && childrenOf(domain, "numatune", "memnode").length === 0;
}

function memoryPolicy(domain: XmlElement): Found {
  const memory = childrenOf(domain, "numatune", "memory").at(0);
  const auto = childrenNamed(domain, "vcpu").at(0)?.attributes.get("placement") === "auto";
  if (memory === undefined) {
    // With vCPUs placed by numad libvirt places the memory so too, and writes it down.
    return auto
      ? [
          ["numa.mode", "strict"],
          ["numa.placement", "auto"],
        ]
      : [];
  }
  const nodeset = memory.attributes.get("nodeset");
  const placement = memory.attributes.get("placement") ?? (nodeset === undefined && auto ? "auto" : "static");
  return [
    ["numa.mode", memory.attributes.get("mode") ?? "strict"],
    ...(placement === "auto" ? [["numa.placement", placement] as const] : []),
    // libvirt drops the nodeset of an automatic placement.
    ...(nodeset !== undefined && placement !== "auto" ? [["numa.nodeset", canonicalSet(nodeset)] as const] : []),
  ];
}

function memnodes(domain: XmlElement): Found {
  return childrenOf(domain, "numatune", "memnode")
    .toSorted((one, other) => keyOf(one, "cellid") - keyOf(other, "cellid"))
    .flatMap((node) => {
      const cell = `numa.cells.${keyOf(node, "cellid")}`;
      return Number.isNaN(keyOf(node, "cellid"))
        ? []
        : [
            [`${cell}.mode`, node.attributes.get("mode") ?? "strict"],
            [`${cell}.nodeset`, setOf(node, "nodeset")],
          ];
    });
}

function cellFacts(domain: XmlElement, { id, element }: Cell, all: readonly Cell[]): Found {
  if (Number.isNaN(id)) return [];
  const cell = `numa.cells.${id}`;
  const { attributes } = element;
  const vcpus = cellVcpus(domain, { id, element }, all);
  const kib = kibIn(attributes.get("memory"), attributes.get("unit"));
  const memAccess = attributes.get("memAccess");
  return [
    ...(vcpus.isEmpty ? [] : [[`${cell}.vcpus`, vcpus.toString()] as const]),
    ...(kib === undefined ? [] : [[`${cell}.memory`, kibText(kib)] as const]),
    ...(memAccess === undefined ? [] : [[`${cell}.memAccess`, memAccess] as const]),
    ...distances(cell, id, all),
    ...childrenNamed(element, "cache").map(
      (cache) => [`${cell}.caches.${keyOf(cache, "level")}`, cellCacheText(cache)] as const,
    ),
  ];
}

/** vCPUs that no cell names are the first cell's (qemuDomainDefNumaCPUsRectify). */
function cellVcpus(domain: XmlElement, { id, element }: Cell, all: readonly Cell[]): CpuSet {
  const own = CpuSet.from(numbersIn(element, "cpus"));
  if (id !== 0) return own;
  const maximum = maximumVcpus(domain);
  const named = CpuSet.union(all.map((cell) => CpuSet.from(numbersIn(cell.element, "cpus"))));
  // Without any there is nothing to fill up: a document that libvirt has not looked at.
  if (named.isEmpty || maximum > 8192) return own;
  return own.union(CpuSet.range(0, maximum - 1).minus(named));
}

/**
 * libvirt writes all distances as soon as one is given: 10 to itself and 20 to others say nothing, and the way back is
 * as long as the way there (virDomainNumaDefNodeDistanceParseXML).
 */
function distances(cell: string, id: number, all: readonly Cell[]): Found {
  return all.flatMap((other): Found => {
    const value = distance(all, id, other.id) ?? distance(all, other.id, id);
    const nothing = value === undefined || value === (other.id === id ? 10 : 20);
    return nothing ? [] : [[`${cell}.distances.${other.id}`, String(value)]];
  });
}

function distance(all: readonly Cell[], from: number, to: number): number | undefined {
  const element = all.find(({ id }) => id === from)?.element;
  const siblings = element === undefined ? [] : childrenNamed(element, "distances");
  const found = siblings.flatMap((one) => childrenNamed(one, "sibling")).find((one) => keyOf(one, "id") === to);
  const value = found === undefined ? Number.NaN : keyOf(found, "value");
  return Number.isNaN(value) ? undefined : value;
}

export function cellCacheText(cache: XmlElement): string {
  const { attributes } = cache;
  const [size, line] = ["size", "line"].map((name) => childrenNamed(cache, name).at(0)?.attributes);
  const kib = kibIn(size?.get("value"), size?.get("unit")) ?? 0n;
  const lineUnit = line?.get("unit") ?? "KiB";
  const value = line?.get("value")?.trim() ?? "0";
  const bytes = /^(b|bytes?)$/i.test(lineUnit) ? value : String((kibIn(value, lineUnit) ?? 0n) * 1024n);
  return `${attributes.get("associativity") ?? ""} ${attributes.get("policy") ?? ""} ${kib} KiB line ${bytes} B`;
}
