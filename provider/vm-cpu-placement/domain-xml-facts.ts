import { canonicalSet, unpinned, type Facts } from "./facts";
import { childrenNamed, type XmlElement } from "./domain-xml-tree";

/** The managed facts of a domain element, as libvirt understands it (virDomainDefParseXML in conf/domain_conf.c). */
export function factsOf(domain: XmlElement): Facts {
  const facts = new Map<string, string>();
  const pins = [...childrenOf(domain, "cputune", "vcpupin")].sort(
    (one, other) => keyOf(one, "vcpu") - keyOf(other, "vcpu"),
  );
  for (const pin of pins) {
    const vcpu = keyOf(pin, "vcpu");
    // libvirt drops the pin of a vCPU that the domain does not have, with no more than a line in its log.
    if (vcpu < maximumVcpus(domain)) facts.set(`vcpuPins.${vcpu}`, setOf(pin, "cpuset"));
  }
  const emulator = childrenOf(domain, "cputune", "emulatorpin").at(0);
  if (emulator !== undefined) facts.set("emulatorPin", setOf(emulator, "cpuset"));
  const iothreadPins = childrenOf(domain, "cputune", "iothreadpin");
  for (const id of iothreadIds(domain)) {
    const pin = iothreadPins.find((one) => keyOf(one, "iothread") === id);
    facts.set(`iothreads.${id}`, pin === undefined ? unpinned : setOf(pin, "cpuset"));
  }
  for (const [name, value] of numaFacts(domain)) facts.set(`numa.${name}`, value);
  return facts;
}

function numaFacts(domain: XmlElement): ReadonlyMap<string, string> {
  const memory = childrenOf(domain, "numatune", "memory").at(0);
  const auto = childrenNamed(domain, "vcpu").at(0)?.attributes.get("placement") === "auto";
  const facts = new Map<string, string>();
  if (memory === undefined) {
    // With vCPUs placed by numad libvirt places the memory so too, and writes it down.
    if (auto) facts.set("mode", "strict").set("placement", "auto");
    return facts;
  }
  const nodeset = memory.attributes.get("nodeset");
  const placement = memory.attributes.get("placement") ?? (nodeset === undefined && auto ? "auto" : "static");
  facts.set("mode", memory.attributes.get("mode") ?? "strict");
  if (placement === "auto") facts.set("placement", placement);
  // libvirt drops the nodeset of an automatic placement.
  if (nodeset !== undefined && placement !== "auto") facts.set("nodeset", canonicalSet(nodeset));
  return facts;
}

export function maximumVcpus(domain: XmlElement): number {
  const text = childrenNamed(domain, "vcpu").at(0)?.text.trim() ?? "";
  return /^\d+$/.test(text) ? Number(text) : 1;
}

/** Threads with an id of their own, then the lowest free numbers until there are `<iothreads>` of them. */
export function iothreadIds(domain: XmlElement): readonly number[] {
  const named = childrenOf(domain, "iothreadids", "iothread").map((one) => keyOf(one, "id"));
  return filledIds(named, iothreadCount(domain));
}

export function filledIds(named: readonly number[], count: number): readonly number[] {
  const ids = new Set(named);
  for (let id = 1; ids.size < count; id++) ids.add(id);
  return [...ids].sort((one, other) => one - other);
}

export function iothreadCount(domain: XmlElement): number {
  const text = childrenNamed(domain, "iothreads").at(0)?.text.trim() ?? "";
  return /^\d{1,5}$/.test(text) ? Number(text) : 0;
}

/** All `<container>` elements count: libvirt looks for `./cputune/vcpupin`. */
export function childrenOf(domain: XmlElement, container: string, name: string): readonly XmlElement[] {
  return childrenNamed(domain, container).flatMap((one) => childrenNamed(one, name));
}

/** NaN: not a number, so equal to none. */
export function keyOf(element: XmlElement, attribute: string): number {
  const text = element.attributes.get(attribute)?.trim() ?? "";
  return /^\d+$/.test(text) ? Number(text) : Number.NaN;
}

function setOf(element: XmlElement, attribute: string): string {
  return canonicalSet(element.attributes.get(attribute) ?? "");
}
