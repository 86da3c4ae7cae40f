import { readFileSync } from "node:fs";
import { join } from "node:path";

import { editDomain, readDomain, unmanagedText, type DomainDocument } from "../../provider/vm-cpu-placement/domain-xml";
import { difference, type CaseResult, type Corpus } from "./corpus";

interface Document {
  readonly path: string;
  readonly group: string;
  readonly role?: string;
  readonly canonical?: readonly string[];
  readonly root?: string;
  readonly wellFormed: boolean;
  readonly features: readonly string[];
}

/** Domain documents: read, left alone, edited and edited back; documents that are not safe to edit refused. */
export const domxml: Corpus = {
  name: "domxml",
  source: "domxml.tar.gz",
  run(folder) {
    const documents = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as readonly Document[];
    const byPath = new Map(documents.map((one) => [one.path, one]));
    return Promise.resolve([
      ...documents.map((one) => runDocument(folder, one)),
      ...documents
        .filter(isEditable)
        .flatMap((one) =>
          (one.canonical ?? []).map((path) => runPair(folder, one, byPath.get(path) ?? { ...one, path })),
        ),
    ]);
  },
};

function runDocument(folder: string, one: Document): CaseResult {
  const xml = read(folder, one);
  const parsed = attempt(() => readDomain(xml));
  if (!isEditable(one)) {
    const refused = parsed instanceof Error && parsed.name === "DomainXmlError" && /line \d+: ./.test(parsed.message);
    return { case: one.path, problems: refused ? [] : ["not refused with line and reason"] };
  }
  if (parsed instanceof Error) return { case: one.path, problems: [parsed.message] };
  const problems = attempt(() => checkEdits(xml, parsed));
  return { case: one.path, problems: problems instanceof Error ? [problems.message] : problems };
}

function isEditable({ root, wellFormed, features }: Document): boolean {
  return root === "domain" && wellFormed && !features.includes("doctype");
}

function checkEdits(xml: string, { facts, maximumVcpus }: DomainDocument): readonly string[] {
  const freeId = Array.from({ length: 64 }, (_, index) => index + 1).find((id) => !facts.has(`iothreads.${id}`)) ?? 65;
  const wanted = new Map<string, string | null>([
    ["vcpuPins.0", "3"],
    [`vcpuPins.${maximumVcpus - 1}`, "5-6"],
    ["emulatorPin", "0-1"],
    [`iothreads.${freeId}`, "2"],
    ["numa.mode", "preferred"],
    ["numa.nodeset", "1"],
    ["numa.placement", null],
  ]);
  const before = new Map([...wanted.keys()].map((setting) => [setting, facts.get(setting) ?? null]));
  const edited = editDomain(xml, wanted);
  const back = editDomain(edited, before);
  return [
    ...(editDomain(xml, facts) === xml ? [] : ["without a change the bytes differ"]),
    ...(editDomain(edited, wanted) === edited ? [] : ["applied twice it differs from once"]),
    ...(unmanagedText(edited) === unmanagedText(xml) ? [] : ["set: more than the managed elements differ"]),
    ...(unmanagedText(back) === unmanagedText(xml) ? [] : ["set and removed: more than the managed elements differ"]),
    ...difference("facts after set and removed", [...readDomain(back).facts], [...facts]),
  ];
}

/** libvirt's own form of the document says the same. */
function runPair(folder: string, input: Document, canonical: Document): CaseResult {
  const name = `${input.path} = ${canonical.path}`;
  const facts = attempt(() => [input, canonical].map((one) => [...readDomain(read(folder, one)).facts]));
  if (facts instanceof Error) return { case: name, problems: [facts.message] };
  return { case: name, problems: difference("facts", facts[0], facts[1]) };
}

function attempt<T>(work: () => T): T | Error {
  try {
    return work();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** One document is in ISO 8859-1: any one-byte encoding keeps its bytes. */
function read(folder: string, { path }: Document): string {
  const bytes = readFileSync(join(folder, path));
  const latin = /^<\?xml[^>]*encoding=["']ISO-8859-1/i.test(bytes.subarray(0, 200).toString("latin1"));
  return bytes.toString(latin ? "latin1" : "utf8");
}
