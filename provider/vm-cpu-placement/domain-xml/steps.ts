import type { ElementEdit, Step } from "./element-edit";
import { cellsOf, keyOf, vcpusOf } from "./parts";
import type { XmlElement } from "./tree";

/* Ways to the elements that are edited, and the simplest edits. */

/** An element with a number of its own: `<vcpupin vcpu='3'>`. */
export function numbered(name: string, attribute: string, value: number): Step {
  return { name, keys: new Map([[attribute, String(value)]]), is: (element) => keyOf(element, attribute) === value };
}

/** An element that is there for a set of vCPUs. */
export function forVcpus(domain: XmlElement, name: string, vcpus: string): Step {
  return { name, keys: new Map([["vcpus", vcpus]]), is: (element) => vcpusOf(domain, element) === vcpus };
}

export const named = (...names: readonly string[]): readonly Step[] => names.map((name) => ({ name }));

export function cellPath(domain: XmlElement, id: number): readonly Step[] {
  const cell = cellsOf(domain).find((one) => one.id === id)?.element;
  return [
    ...named("cpu", "numa"),
    { name: "cell", keys: new Map([["id", String(id)]]), is: (element) => element === cell },
  ];
}

export function attribute(path: readonly Step[], name: string, value: string | null): ElementEdit {
  return { path, attributes: new Map([[name, value]]) };
}

/** An element that holds one text, or is not there. */
export function text(path: readonly Step[], value: string | null): ElementEdit {
  return value === null ? { path, remove: true } : { path, text: value };
}

/** An element whose being there is all it says. */
export function presence(path: readonly Step[], value: string | null): ElementEdit {
  return value === null ? { path, remove: true } : { path, attributes: new Map() };
}
