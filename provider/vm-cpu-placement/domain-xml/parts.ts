import { CpuSet } from "../../linux/cpu-set";
import { canonicalSet } from "../facts";
import { childrenNamed, type XmlElement } from "./tree";

/* What several readers of a domain document ask of it. */

export function maximumVcpus(domain: XmlElement): number {
  const text = childrenNamed(domain, "vcpu").at(0)?.text.trim() ?? "";
  return /^\d{1,9}$/.test(text) ? Number(text) : 1;
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

export interface Cell {
  readonly id: number;
  readonly element: XmlElement;
}

/** The guest's NUMA cells by id; one without an id has that of its place (virDomainNumaDefParseXML). */
export function cellsOf(domain: XmlElement): readonly Cell[] {
  return childrenOf(domain, "cpu", "numa")
    .flatMap((numa) => childrenNamed(numa, "cell"))
    .map((element, index) => ({ id: element.attributes.has("id") ? keyOf(element, "id") : index, element }))
    .toSorted((one, other) => one.id - other.id);
}

/** NaN: not a number, so equal to none. */
export function keyOf(element: XmlElement, attribute: string): number {
  const text = element.attributes.get(attribute)?.trim() ?? "";
  return /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
}

export function setOf(element: XmlElement, attribute: string): string {
  return canonicalSet(element.attributes.get(attribute) ?? "");
}

/** The numbers of a set; none for one that libvirt would refuse. */
export function numbersIn(element: XmlElement, attribute: string): readonly number[] {
  try {
    return [...CpuSet.parseLibvirt(element.attributes.get(attribute) ?? "")];
  } catch {
    return [];
  }
}

/** The vCPUs of a group (resctrl), without those that the domain does not have: libvirt leaves them out. */
export function vcpusOf(domain: XmlElement, group: XmlElement): string {
  const maximum = maximumVcpus(domain);
  return CpuSet.from(numbersIn(group, "vcpus").filter((vcpu) => vcpu < maximum)).toString();
}
