import { join } from "node:path";

import { editDomain, readDomain, type DomainDocument } from "../../provider/vm-cpu-placement/domain-xml";
import { unmanagedText } from "../../provider/vm-cpu-placement/domain-xml/unmanaged";
import type { Facts } from "../../provider/vm-cpu-placement/facts";
import { difference, type CaseResult, type Corpus } from "./corpus";
import { unmanagedPart } from "./domxml/canonical";
import { changesByDescription } from "./domxml/described-plan";
import { attempt, isEditable, readDocument, readManifest, type Document } from "./domxml/documents";
import { wantedOf } from "./domxml/wanted";
import { libxml, type Libxml } from "./domxml/xmllint";

/**
 * Domain documents: read, left alone, edited and edited back, described by arguments; documents that are not safe to
 * edit refused. libxml2 is asked for a second opinion of what was edited.
 */
export const domxml: Corpus = {
  name: "domxml",
  source: "domxml.tar.gz",
  async run(folder) {
    const documents = readManifest(folder);
    const byPath = new Map(documents.map((one) => [one.path, one]));
    const results = documents.map((one) => runDocument(folder, one));
    const pairs = documents
      .filter(isEditable)
      .flatMap((one) => (one.canonical ?? []).map((path) => [one, byPath.get(path) ?? { ...one, path }] as const));
    return [
      ...(await judged(folder, results)),
      ...pairs.map(([input, canonical]) => runPair(folder, input, canonical)),
    ];
  },
};

interface Result {
  readonly document: Document;
  readonly problems: readonly string[];
  readonly xml: string;
  /** Undefined: not edited. */
  readonly edited?: string;
}

function runDocument(folder: string, document: Document): Result {
  const xml = readDocument(folder, document);
  const parsed = attempt(() => readDomain(xml));
  if (!isEditable(document))
    return { document, xml, problems: isRefused(parsed) ? [] : ["not refused with line and reason"] };
  if (parsed instanceof Error) return { document, xml, problems: [parsed.message] };
  const edited = attempt(() => editDomain(xml, wantedOf(parsed)));
  if (edited instanceof Error) return { document, xml, problems: [edited.message] };
  const problems = attempt(() => [
    ...checkEdits(xml, { document: parsed, edited }),
    ...changesByDescription(parsed.facts, parsed),
  ]);
  return { document, xml, edited, problems: problems instanceof Error ? [problems.message] : problems };
}

function isRefused(parsed: unknown): boolean {
  return parsed instanceof Error && parsed.name === "DomainXmlError" && /line \d+: ./.test(parsed.message);
}

interface Edit {
  readonly document: DomainDocument;
  readonly edited: string;
}

function checkEdits(xml: string, { document: { facts, ...document }, edited }: Edit): readonly string[] {
  const wanted = wantedOf({ ...document, facts });
  const before = new Map([...wanted.keys()].map((setting) => [setting, facts.get(setting) ?? null]));
  const back = editDomain(edited, before);
  const cut = xml.slice(0, xml.lastIndexOf("</"));
  return [
    ...(isRefused(attempt(() => readDomain(cut))) ? [] : ["without its end, not refused with line and reason"]),
    ...(editDomain(xml, facts) === xml ? [] : ["without a change the bytes differ"]),
    ...(editDomain(edited, wanted) === edited ? [] : ["applied twice it differs from once"]),
    ...(unmanagedText(edited) === unmanagedText(xml) ? [] : ["set: more than the managed elements differ"]),
    ...(unmanagedText(back) === unmanagedText(xml) ? [] : ["set and removed: more than the managed elements differ"]),
    ...difference("facts after set and removed", sorted(readDomain(back).facts), sorted(facts)),
  ];
}

/** With what libxml2 says of the edited documents; where it cannot be asked, that is a failure of its own. */
async function judged(folder: string, results: readonly Result[]): Promise<readonly CaseResult[]> {
  const documents = results.flatMap(({ xml, edited }, index) =>
    edited === undefined ? [] : [[`before${index}`, xml] as const, [`after${index}`, edited] as const],
  );
  const judge = await libxml(new Map(documents), join(folder, "schemas", "domain.rng")).catch((error: unknown) => {
    return error instanceof Error ? error : new Error(String(error));
  });
  const plain = results.map(({ document, problems }) => ({ case: document.path, problems }));
  if (judge instanceof Error) {
    const reason = `validity and canonical form were not checked: ${judge.message}`;
    return [...plain, { case: "xmllint", problems: [reason] }];
  }
  return results.map((one, index) => ({
    case: one.document.path,
    problems: [...one.problems, ...(one.edited === undefined ? [] : secondOpinion(judge, one.document, index))],
  }));
}

function secondOpinion(judge: Libxml, { schemaValid }: Document, index: number): readonly string[] {
  const invalid = schemaValid === true ? judge.invalid(`after${index}`) : undefined;
  const [before, after] = ["before", "after"].map((which) => judge.canonical(`${which}${index}`));
  const forms =
    before === undefined || after === undefined
      ? ["libxml2 does not read it"]
      : difference("canonical form without what is managed", unmanagedPart(after), unmanagedPart(before));
  return [...(invalid === undefined ? [] : [`edited, it is not valid: ${invalid}`]), ...forms];
}

const sorted = (facts: Facts): unknown => Object.fromEntries([...facts].sort());

/** libvirt's own form of the document says the same, and a program that describes the one changes nothing of the other. */
function runPair(folder: string, input: Document, canonical: Document): CaseResult {
  const name = `${input.path} = ${canonical.path}`;
  const problems = attempt(() => {
    const [one, other] = [input, canonical].map((path) => readDomain(readDocument(folder, path)));
    if (one === undefined || other === undefined) return [];
    return [...difference("facts", sorted(one.facts), sorted(other.facts)), ...changesByDescription(one.facts, other)];
  });
  return { case: name, problems: problems instanceof Error ? [problems.message] : problems };
}
