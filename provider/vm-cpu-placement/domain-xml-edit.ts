import { DomainXmlError, lineAt } from "./domain-xml-error";
import { childrenOf, keyOf } from "./domain-xml-facts";
import { iothreadSplices } from "./domain-xml-iothreads";
import {
  appended,
  attributeSplice,
  indentation,
  placed,
  removal,
  type ElementEdit,
  type Splice,
} from "./domain-xml-splice";
import { childrenNamed, type XmlElement } from "./domain-xml-tree";
import { parseSetting, unpinned, type FactChanges } from "./facts";

/** What has to be replaced in the document so that it holds `changes`. */
export function splicesFor(xml: string, domain: XmlElement, changes: FactChanges): readonly Splice[] {
  const iothreads = iothreadSplices(xml, domain, changes);
  const edits = [...pinEdits(changes), ...numaEdits(domain, changes), ...iothreads.edits];
  return [...iothreads.splices, ...containerSplices(xml, domain, edits)];
}

function pinEdits(changes: FactChanges): readonly ElementEdit[] {
  const container = "cputune";
  return [...changes].flatMap(([setting, value]): readonly ElementEdit[] => {
    const attributes = value === null || value === unpinned ? null : new Map([["cpuset", value]]);
    const one = parseSetting(setting);
    switch (one.kind) {
      case "vcpuPin":
        return [{ container, name: "vcpupin", key: { attribute: "vcpu", value: one.vcpu }, attributes }];
      case "emulatorPin":
        return [{ container, name: "emulatorpin", attributes }];
      case "iothread":
        return [{ container, name: "iothreadpin", key: { attribute: "iothread", value: one.id }, attributes }];
      case "numa":
        return [];
    }
  });
}

function numaEdits(domain: XmlElement, changes: FactChanges): readonly ElementEdit[] {
  const given = ["mode", "nodeset", "placement"].flatMap((name) => {
    const value = changes.get(`numa.${name}`);
    return value === undefined ? [] : [[name, value] as const];
  });
  if (given.length === 0) return [];
  const memory = childrenOf(domain, "numatune", "memory").at(0);
  const attributes = new Map(given);
  const left = ["mode", "nodeset", "placement"].some((name) =>
    attributes.has(name) ? attributes.get(name) !== null : memory?.attributes.has(name),
  );
  return [{ container: "numatune", name: "memory", attributes: left ? attributes : null }];
}

/** Behind these an absent container goes: the order in which libvirt writes them. */
const order = [
  "memory",
  "currentMemory",
  "memoryBacking",
  "vcpu",
  "vcpus",
  "iothreads",
  "iothreadids",
  "cputune",
  "numatune",
];

function containerSplices(xml: string, domain: XmlElement, edits: readonly ElementEdit[]): readonly Splice[] {
  const names = ["iothreadids", "cputune", "numatune"] as const;
  return names.flatMap((name) => {
    const mine = edits.filter((edit) => edit.container === name);
    if (mine.length === 0) return [];
    const containers = childrenNamed(domain, name);
    const changed = mine.map((edit) => elementSplices(xml, containers, edit));
    const added = changed.flatMap((one) => one.added);
    const removed = changed.flatMap((one) => one.removed);
    const first = containers[0];
    if (first === undefined) {
      return added.length === 0
        ? []
        : [placed(xml, domain, { behind: before(name), text: whole(xml, { domain, name, added }) })];
    }
    const emptied = containers.filter(
      (one) => added.length === 0 && removed.length > 0 && isEmptied(xml, one, removed),
    );
    return [
      ...changed.flatMap((one) => one.replaced),
      ...removed.filter((one) => !emptied.includes(parentOf(containers, one))).map((one) => removal(xml, one)),
      ...emptied.map((one) => removal(xml, one)),
      ...(added.length === 0 ? [] : [appended(xml, first, added)]),
    ];
  });
}

const before = (name: string): readonly string[] => order.slice(0, order.indexOf(name));

function whole(
  xml: string,
  { domain, name, added }: { domain: XmlElement; name: string; added: readonly string[] },
): string {
  const first = domain.children[0];
  const outer = first === undefined ? "" : indentation(xml, first);
  const inner = outer === "" ? "" : `${outer}  `;
  return `<${name}>${added.map((one) => inner + one).join("")}${outer}</${name}>`;
}

interface Changed {
  readonly replaced: readonly Splice[];
  readonly added: readonly string[];
  readonly removed: readonly XmlElement[];
}

function elementSplices(xml: string, containers: readonly XmlElement[], edit: ElementEdit): Changed {
  const { key, name, attributes } = edit;
  const all = containers.flatMap((one) => childrenNamed(one, name));
  const mine = all.filter((one) => key === undefined || keyOf(one, key.attribute) === key.value);
  // libvirt refuses two of a kind: the second cannot have been read from it.
  const second = mine[1];
  if (second !== undefined)
    throw new DomainXmlError(lineAt(xml, second.start), `a second <${name}> for the same purpose`);
  const element = mine[0];
  if (attributes === null) return { replaced: [], added: [], removed: mine };
  if (element !== undefined) {
    const replaced = [...attributes].flatMap(
      ([one, value]) => attributeSplice(xml, element, { name: one, value }) ?? [],
    );
    return { replaced, added: [], removed: [] };
  }
  const keyText = key === undefined ? "" : ` ${key.attribute}='${key.value}'`;
  const rest = [...attributes].map(([one, value]) => (value === null ? "" : ` ${one}='${value}'`)).join("");
  return { replaced: [], added: [`<${name}${keyText}${rest}/>`], removed: [] };
}

function parentOf(containers: readonly XmlElement[], element: XmlElement): XmlElement {
  const parent = containers.find((one) => one.children.includes(element));
  if (parent === undefined) throw new Error("an element without its container");
  return parent;
}

/** Whether nothing but white space is left in it: comments and foreign elements keep their container. */
function isEmptied(xml: string, container: XmlElement, removed: readonly XmlElement[]): boolean {
  let [rest, at] = ["", container.contentStart];
  for (const child of container.children.filter((one) => removed.includes(one))) {
    rest += xml.slice(at, child.start);
    at = child.end;
  }
  return (rest + xml.slice(at, container.contentEnd)).trim() === "" && container.attributes.size === 0;
}
