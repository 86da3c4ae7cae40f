import { DomainXmlError } from "./domain-xml-error";
import { splicesFor } from "./domain-xml-edit";
import { childrenOf, factsOf, keyOf, maximumVcpus } from "./domain-xml-facts";
import { removal, spliced } from "./domain-xml-splice";
import { childrenNamed, parseDomainTree, type XmlElement } from "./domain-xml-tree";
import { canonicalSet, sameFacts, withChanges, type FactChanges, type Facts } from "./facts";

/** What is taken from a domain document. */
export interface DomainDocument {
  readonly name: string;
  readonly uuid: string;
  readonly maximumVcpus: number;
  /** `<vcpu cpuset>`: where threads without a pin run. */
  readonly cpuset: string | undefined;
  /** Threads of a core that the guest sees. */
  readonly threadsPerCore: number;
  readonly facts: Facts;
}

/** Throws `DomainXmlError` with line and reason for a document that is not well-formed or not a domain. */
export function readDomain(xml: string): DomainDocument {
  const domain = parseDomainTree(xml);
  const cpuset = childrenNamed(domain, "vcpu").at(0)?.attributes.get("cpuset");
  return {
    name: decoded(childrenNamed(domain, "name").at(0)?.text ?? ""),
    uuid: childrenNamed(domain, "uuid").at(0)?.text.trim() ?? "",
    maximumVcpus: maximumVcpus(domain),
    threadsPerCore: threadsPerCore(domain),
    cpuset: cpuset === undefined ? undefined : canonicalSet(cpuset),
    facts: factsOf(domain),
  };
}

function threadsPerCore(domain: XmlElement): number {
  const topology = childrenOf(domain, "cpu", "topology").at(0);
  const threads = topology === undefined ? 1 : keyOf(topology, "threads");
  return Number.isInteger(threads) && threads > 0 ? threads : 1;
}

/**
 * The document with the changed facts; every character outside the managed elements stays. Checked before it is
 * given back: it must read as asked, and without the managed elements be what it was.
 */
export function editDomain(xml: string, changes: FactChanges): string {
  const domain = parseDomainTree(xml);
  const facts = factsOf(domain);
  const real = new Map([...changes].filter(([setting, value]) => (facts.get(setting) ?? null) !== value));
  if (real.size === 0) return xml;
  const edited = spliced(xml, splicesFor(xml, domain, real));
  const after = readDomain(edited);
  if (!sameFacts(after.facts, withChanges(facts, real))) {
    throw new DomainXmlError(
      1,
      `this document cannot hold ${[...real.keys()].join(", ")}: it would not read back as asked`,
    );
  }
  if (unmanagedText(edited) !== unmanagedText(xml)) {
    throw new DomainXmlError(1, "the edit would touch more than the managed elements: not done");
  }
  return edited;
}

/** The document without its managed elements and the white space between elements: what an edit must not change. */
export function unmanagedText(xml: string): string {
  const domain = parseDomainTree(xml);
  const inside = [
    ...childrenOf(domain, "cputune", "vcpupin"),
    ...childrenOf(domain, "cputune", "emulatorpin"),
    ...childrenOf(domain, "cputune", "iothreadpin"),
    ...childrenOf(domain, "iothreadids", "iothread"),
    ...childrenOf(domain, "numatune", "memory"),
    ...childrenNamed(domain, "iothreads"),
  ];
  const bare = spliced(
    xml,
    inside.map((one) => removal(xml, one)),
  );
  return withoutEmptyContainers(bare).replaceAll(/>\s+</g, "><");
}

function withoutEmptyContainers(xml: string): string {
  const domain = parseDomainTree(xml);
  const isEmpty = (one: XmlElement): boolean =>
    one.attributes.size === 0 && xml.slice(one.contentStart, one.contentEnd).trim() === "";
  const empty = ["cputune", "numatune", "iothreadids"].flatMap((name) => childrenNamed(domain, name)).filter(isEmpty);
  return spliced(
    xml,
    empty.map((one) => removal(xml, one)),
  );
}

const entities: ReadonlyMap<string, string> = new Map([
  ["lt", "<"],
  ["gt", ">"],
  ["amp", "&"],
  ["quot", '"'],
  ["apos", "'"],
]);

/** The text that a reference such as `&amp;` or `&#xe9;` stands for. */
function decoded(text: string): string {
  return text.replaceAll(/&(?:#x[0-9a-fA-F]{1,6}|#\d{1,7}|\w+);/g, (reference) => {
    const name = reference.slice(1, -1);
    if (!name.startsWith("#")) return entities.get(name) ?? reference;
    const code = name.startsWith("#x") ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    return code <= 0x10ffff ? String.fromCodePoint(code) : reference;
  });
}
