/*
 * Many documents through libvirt in one virsh process: defined, and written out again as libvirt has understood them.
 */
import { removal, spliced } from "../../provider/vm-cpu-placement/domain-xml/splice";
import { childrenNamed, parseDomainTree } from "../../provider/vm-cpu-placement/domain-xml/tree";
import type { RunResult } from "../../scripts/lib/process";

/** The document as a domain of its own: named `id`, and with a UUID that libvirt chooses. */
export function asDomain(xml: string, id: string): string {
  const domain = parseDomainTree(xml);
  const names = childrenNamed(domain, "name").slice(0, 1);
  return spliced(xml, [
    ...names.map(({ contentStart: start, contentEnd: end }) => ({ start, end, text: id })),
    ...childrenNamed(domain, "uuid").map((one) => removal(xml, one)),
  ]);
}

export interface BatchResult {
  /** libvirt's form of each document that it took. */
  readonly defined: ReadonlyMap<string, string>;
  /** Why it did not take the others. */
  readonly refused: ReadonlyMap<string, string>;
}

/**
 * `virsh`: runs one in the folder of the files `<id>.xml`, with lines for its standard input. libvirt's parser has died
 * of documents: that one counts as refused, and another process goes on behind it.
 */
export async function defineAll(
  ids: readonly string[],
  virsh: (input: string) => Promise<RunResult>,
): Promise<BatchResult> {
  const result = await virsh(ids.map(lines).join(""));
  const { defined, refused } = readBatch(ids, result);
  if (result.code < 128) return { defined, refused };
  const last = ids.findLastIndex((id) => defined.has(id) || refused.get(id) !== unanswered);
  const [deadly, ...rest] = ids.slice(last + 1);
  if (deadly === undefined) return { defined, refused };
  const more = await defineAll(rest, virsh);
  return {
    defined: new Map([...defined, ...more.defined]),
    refused: new Map([
      ...[...refused].filter(([id]) => !ids.slice(last + 1).includes(id)),
      [deadly, "virsh has died of it"],
      ...more.refused,
    ]),
  };
}

function lines(id: string): string {
  return `define ${id}.xml\ndumpxml --inactive --security-info ${id}\nundefine ${id}\n`;
}

const unanswered = "not said why";

function readBatch(ids: readonly string[], { stdout, stderr }: RunResult): BatchResult {
  const documents = stdout.match(/^<domain [\s\S]*?^<\/domain>$/gm) ?? [];
  const defined = new Map(documents.map((xml) => [/^ {2}<name>(.*)<\/name>$/m.exec(xml)?.[1] ?? "", xml]));
  const complaints = stderr.matchAll(/^error: Failed to define domain from (\S+)\.xml\nerror: (.*)$/gm);
  const reasons = new Map([...complaints].map(([, id = "", reason = ""]) => [id, reason]));
  const refused = ids.filter((id) => !defined.has(id)).map((id) => [id, reasons.get(id) ?? unanswered] as const);
  return { defined, refused: new Map(refused) };
}
