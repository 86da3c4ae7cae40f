import { attributeSplice, removal, spliced, type Splice } from "./splice";
import { childrenNamed, parseDomainTree, type XmlElement } from "./tree";

/*
 * What an edit must not change: the document without what this package manages. Made from a list of its own, not by the
 * edit's code, so that it can tell on that.
 */

/** Elements that are managed whole, and what may stand around them. */
const whole: readonly (readonly string[])[] = [
  ["iothreads"],
  ["iothreadids", "iothread"],
  ...[
    "vcpupin",
    "emulatorpin",
    "iothreadpin",
    "vcpusched",
    "iothreadsched",
    "emulatorsched",
    "shares",
    "period",
    "quota",
  ].map((name) => ["cputune", name]),
  ["cputune", "cachetune", "cache"],
  ["cputune", "memorytune", "node"],
  ["numatune", "memory"],
  ["numatune", "memnode"],
  ["memtune", "hard_limit"],
  ...["hugepages", "locked", "nosharepages"].map((name) => ["memoryBacking", name]),
  ["cpu", "numa", "cell"],
  ...["vendor", "feature", "topology", "cache"].map((name) => ["cpu", name]),
];

/** Elements of which only these attributes, and the text, are managed. */
const partly: readonly { readonly path: readonly string[]; readonly attributes: readonly string[]; text?: true }[] = [
  { path: ["vcpu"], attributes: ["current", "placement", "cpuset"], text: true },
  { path: ["memory"], attributes: ["unit"], text: true },
  { path: ["currentMemory"], attributes: ["unit"], text: true },
  { path: ["memoryBacking", "source"], attributes: ["type"] },
  { path: ["memoryBacking", "access"], attributes: ["mode"] },
  { path: ["memoryBacking", "allocation"], attributes: ["mode"] },
  { path: ["cpu"], attributes: ["mode", "match", "check", "migratable"] },
  { path: ["cpu", "model"], attributes: ["fallback"], text: true },
];

/** Go when nothing is left in them. */
const containers: readonly (readonly string[])[] = [
  ["cputune", "cachetune"],
  ["cputune", "memorytune"],
  ["cpu", "numa"],
  ["cpu", "model"],
  ["memoryBacking", "source"],
  ["memoryBacking", "access"],
  ["memoryBacking", "allocation"],
  ["iothreadids"],
  ["cputune"],
  ["numatune"],
  ["memtune"],
  ["memoryBacking"],
  ["cpu"],
  ["vcpu"],
  ["memory"],
  ["currentMemory"],
];

export function unmanagedText(xml: string): string {
  const domain = parseDomainTree(xml);
  const removals = whole.flatMap((path) => elementsAt(domain, path)).map((one) => removal(xml, one));
  const stripped = partly.flatMap(({ path, attributes, text }) =>
    elementsAt(domain, path).flatMap((element) => [
      ...attributes.flatMap((name) => attributeSplice(xml, element, { name, value: null }) ?? []),
      ...(text === true ? [withoutText(element)] : []),
    ]),
  );
  return withoutEmpty(spliced(xml, [...removals, ...stripped])).replaceAll(/>\s+</g, "><");
}

function elementsAt(domain: XmlElement, path: readonly string[]): readonly XmlElement[] {
  return path.reduce<readonly XmlElement[]>(
    (all, name) => all.flatMap((element) => childrenNamed(element, name)),
    [domain],
  );
}

function withoutText({ contentStart, contentEnd }: XmlElement): Splice {
  return { start: contentStart, end: contentEnd, text: "" };
}

/** A set of vCPUs stands for nothing once its caches are gone. */
const keys: Readonly<Record<string, string>> = { cachetune: "vcpus", memorytune: "vcpus" };

function withoutEmpty(xml: string): string {
  const domain = parseDomainTree(xml);
  const gone = new Set<XmlElement>();
  for (const path of containers) for (const one of elementsAt(domain, path)) if (isEmpty(xml, one, gone)) gone.add(one);
  const inside = new Set([...gone].flatMap(({ children }) => children));
  const removals = [...gone].filter((one) => !inside.has(one)).map((one) => removal(xml, one));
  return spliced(xml, removals);
}

/** `gone`: what does not count any more. */
function isEmpty(xml: string, element: XmlElement, gone: ReadonlySet<XmlElement>): boolean {
  const attributes = [...element.attributes.keys()].filter((name) => name !== keys[element.name]);
  if (attributes.length > 0) return false;
  let at = element.contentStart;
  for (const child of element.children) {
    if (!gone.has(child) || xml.slice(at, child.start).trim() !== "") return false;
    at = child.end;
  }
  return xml.slice(at, element.contentEnd).trim() === "";
}
