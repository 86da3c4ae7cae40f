import { DomainXmlError, lineAt } from "./error";
import { childrenOf, filledIds, iothreadCount, iothreadIds, keyOf } from "./parts";
import type { ElementEdit } from "./element-edit";
import { placed, removal, type Splice } from "./splice";
import { named as steps, numbered } from "./steps";
import { childrenNamed, type XmlElement } from "./tree";
import { parseSetting, type FactChanges } from "../facts";

/**
 * `<iothreads>` counts the threads and `<iothreadids>` names some or all of them; both stand beside `<cputune>`, not
 * in it (libvirt: "Cannot find 'iothread'"). Threads without a name get the lowest free numbers, so that a new named
 * one could move them: then all are named.
 */
export function iothreadSplices(
  xml: string,
  domain: XmlElement,
  changes: FactChanges,
): { readonly edits: readonly ElementEdit[]; readonly splices: readonly Splice[] } {
  const now = iothreadIds(domain);
  const wanted = wantedIds(now, changes);
  if (String(now) === String(wanted)) return { edits: [], splices: [] };
  const named = childrenOf(domain, "iothreadids", "iothread").map((one) => keyOf(one, "id"));
  const added = wanted.filter((id) => !now.includes(id));
  const kept = [...named.filter((id) => wanted.includes(id)), ...added];
  const enough = String(filledIds(kept, wanted.length)) === String(wanted);
  const inDocument = enough ? kept : wanted;
  const path = (id: number): ElementEdit["path"] => [...steps("iothreadids"), numbered("iothread", "id", id)];
  return {
    edits: [
      ...named.filter((id) => !inDocument.includes(id)).map((id) => ({ path: path(id), remove: true })),
      ...inDocument.filter((id) => !named.includes(id)).map((id) => ({ path: path(id), attributes: new Map() })),
    ],
    splices: countSplices(xml, domain, wanted.length),
  };
}

function wantedIds(now: readonly number[], changes: FactChanges): readonly number[] {
  const ids = new Set(now);
  for (const [setting, value] of changes) {
    const one = parseSetting(setting);
    if (one.kind !== "iothread") continue;
    if (value === null) ids.delete(one.id);
    else ids.add(one.id);
  }
  return [...ids].sort((one, other) => one - other);
}

function countSplices(xml: string, domain: XmlElement, count: number): readonly Splice[] {
  const element = childrenNamed(domain, "iothreads").at(0);
  if (element === undefined) {
    const behind = ["memory", "currentMemory", "memoryBacking", "vcpu", "vcpus"];
    return count === 0 ? [] : [placed(xml, domain, { behind, text: `<iothreads>${count}</iothreads>` })];
  }
  if (count === 0) return [removal(xml, element)];
  if (count === iothreadCount(domain)) return [];
  const content = xml.slice(element.contentStart, element.contentEnd);
  const digits = /^\s*(\d+)\s*$/.exec(content)?.[1];
  if (digits === undefined)
    throw new DomainXmlError(lineAt(xml, element.start), "<iothreads> holds more than a number");
  const start = element.contentStart + content.indexOf(digits);
  return [{ start, end: start + digits.length, text: String(count) }];
}
