import { DomainXmlError } from "./domain-xml/error";
import { splicesFor } from "./domain-xml/edit";
import { factsOf } from "./domain-xml/facts";
import { devicesKiB } from "./domain-xml/memory-facts";
import { maximumVcpus } from "./domain-xml/parts";
import { textKiB } from "./domain-xml/sizes";
import { spliced } from "./domain-xml/splice";
import { childrenNamed, parseDomainTree, type XmlElement } from "./domain-xml/tree";
import { unmanagedText } from "./domain-xml/unmanaged";
import { kibOf, sameFacts, withChanges, type FactChanges, type Facts } from "./facts";

/** What is taken from a domain document. */
export interface DomainDocument {
  readonly name: string;
  readonly uuid: string;
  /** kvm, qemu (emulated), or another hypervisor's. */
  readonly type: string;
  readonly maximumVcpus: number;
  /** `<vcpu cpuset>`: where threads without a pin run. */
  readonly cpuset: string | undefined;
  /** Threads of a core that the guest sees. */
  readonly threadsPerCore: number;
  /** With memory modules. */
  readonly memoryKiB: number | undefined;
  /** Of memory modules alone: not in the guest's cells. */
  readonly devicesMemoryKiB: number;
  /** Each vCPU has an element of its own (`<vcpus>`), which says whether it is there. */
  readonly listsVcpus: boolean;
  /** What emulation keeps of translated code, at most (`<tb-cache>`); undefined: not said. */
  readonly tcgCacheKiB: number | undefined;
  readonly emulator: string | undefined;
  readonly arch: string | undefined;
  readonly machine: string | undefined;
  readonly facts: Facts;
}

/** Throws `DomainXmlError` with line and reason for a document that is not well-formed or not a domain. */
export function readDomain(xml: string): DomainDocument {
  const domain = parseDomainTree(xml);
  const facts = factsOf(domain);
  const at = (...path: readonly string[]): XmlElement | undefined =>
    path.reduce<readonly XmlElement[]>((all, name) => all.flatMap((one) => childrenNamed(one, name)), [domain])[0];
  const tcgCache = textKiB(at("features", "tcg", "tb-cache"));
  const type = at("os", "type")?.attributes;
  return {
    name: decoded(at("name")?.text ?? ""),
    uuid: at("uuid")?.text.trim() ?? "",
    type: domain.attributes.get("type") ?? "",
    maximumVcpus: maximumVcpus(domain),
    threadsPerCore: Math.max(1, Number(facts.get("cpu.topology.threads") ?? "1")),
    cpuset: facts.get("vcpuCpuset"),
    memoryKiB: kibOf(facts.get("memory")),
    devicesMemoryKiB: Number(devicesKiB(domain)),
    listsVcpus: at("vcpus", "vcpu") !== undefined,
    tcgCacheKiB: tcgCache === undefined ? undefined : Number(tcgCache),
    emulator: at("devices", "emulator")?.text.trim(),
    arch: type?.get("arch"),
    machine: type?.get("machine"),
    facts,
  };
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
  const after = withChanges(facts, real);
  const edited = spliced(xml, splicesFor(xml, { domain, changes: real, after }));
  // Who places the vCPUs may follow from what places the memory (domain-xml/facts.ts).
  const follows = real.has("vcpus.placement") ? [] : [["vcpus.placement", null] as const];
  const asked = (all: Facts): Facts => withChanges(all, new Map(follows));
  if (!sameFacts(asked(readDomain(edited).facts), asked(after))) {
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
