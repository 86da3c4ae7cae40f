/* Documents before and after an edit: libvirt must understand each as we read it. */
import { editDomain, readDomain } from "../../provider/vm-cpu-placement/domain-xml";
import type { FactChanges, Facts } from "../../provider/vm-cpu-placement/facts";
import { asDomain, type BatchResult } from "./virsh-batch";

export interface Form {
  readonly id: string;
  /** The document that it comes from, for messages. */
  readonly source: string;
  readonly xml: string;
}

export interface Source {
  readonly name: string;
  readonly xml: string;
  readonly wanted: FactChanges;
}

/** As it was, edited, and edited back. */
type Kind = "before" | "after" | "back";

export function formsOf(
  sources: readonly Source[],
  { series, kinds }: { readonly series: string; readonly kinds: readonly Kind[] },
): readonly Form[] {
  return sources.flatMap(({ name, xml, wanted }, index) => {
    const { facts } = readDomain(xml);
    const after = editDomain(xml, wanted);
    const back = editDomain(after, new Map([...wanted.keys()].map((setting) => [setting, facts.get(setting) ?? null])));
    const texts = { before: xml, after, back };
    return kinds.map((kind) => {
      const id = `${series}-${index}-${kind}`;
      return { id, source: `${name}, ${kind}`, xml: asDomain(texts[kind], id) };
    });
  });
}

/** All that `to` has, and nothing else of what `from` has. */
function changesTo(from: Facts, to: Facts): FactChanges {
  return new Map([...[...from.keys()].map((setting) => [setting, null] as const), ...to]);
}

/** Each document, to become what the next one is. */
export function toNeighbours(documents: readonly string[], name: string): readonly Source[] {
  const facts = documents.map((xml) => readDomain(xml).facts);
  return documents.map((xml, index) => {
    const [own, other] = [facts[index], facts[(index + 1) % facts.length]];
    if (own === undefined || other === undefined) throw new Error("no such document");
    return { name: `${name} ${index}`, xml, wanted: changesTo(own, other) };
  });
}

export interface Verdict {
  /** Documents of which libvirt took the unedited form. */
  readonly taken: number;
  /** Reasons for not taking it, and of how many documents. */
  readonly refused: ReadonlyMap<string, number>;
  /** What libvirt has understood otherwise, or refused for our edit. */
  readonly problems: readonly string[];
}

/** `untold`: settings that this libvirt does not know. */
export function judge(forms: readonly Form[], { defined, refused }: BatchResult, untold: readonly string[]): Verdict {
  const unedited = forms.filter(({ id }) => id.endsWith("-before"));
  const reasons = unedited.flatMap(({ id }) => refused.get(id)?.replaceAll(/\d+/g, "N") ?? []);
  const counted = Map.groupBy(reasons, (reason) => reason);
  return {
    taken: unedited.length - reasons.length,
    refused: new Map([...counted].map(([reason, all]) => [reason, all.length])),
    problems: forms.flatMap((form) => {
      const original = form.id.replace(/-\w+$/, "-before");
      const understood = defined.get(form.id);
      if (understood !== undefined) return misunderstood(form, understood, untold);
      return refused.has(original) ? [] : [`${form.source}: refused: ${refused.get(form.id) ?? ""}`];
    }),
  };
}

function misunderstood({ source, xml }: Form, understood: string, untold: readonly string[]): readonly string[] {
  const [wanted, actual] = [xml, understood].map((document) => readDomain(document).facts);
  const settings = new Set([...(wanted ?? []), ...(actual ?? [])].map(([setting]) => setting));
  return [...settings]
    .filter((setting) => wanted?.get(setting) !== actual?.get(setting) && !untold.includes(setting))
    .map(
      (setting) => `${source}: ${setting} = ${wanted?.get(setting) ?? ""}, libvirt has ${actual?.get(setting) ?? ""}`,
    );
}
