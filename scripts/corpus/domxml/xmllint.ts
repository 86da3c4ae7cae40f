import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ensureXmllint } from "../../lib/host-tools";
import { lastLines, run, type RunResult } from "../../lib/process";
import { encodingOf } from "./documents";

/** libxml2's judgement of many documents, by one process each for all of them. */
export interface Libxml {
  /** Why a document is not valid by the schema; undefined: it is. */
  invalid(id: string): string | undefined;
  /** Canonical XML with comments; undefined: libxml2 does not read the document. */
  canonical(id: string): string | undefined;
}

const limitSeconds = 300;

/** `documents`: by an id of letters and digits. */
export async function libxml(documents: ReadonlyMap<string, string>, schema: string): Promise<Libxml> {
  await ensureXmllint();
  const folder = mkdtempSync(join(tmpdir(), "kvm-tuning-xmllint-"));
  try {
    for (const [id, xml] of documents) {
      // The comment tells where one document ends in the output of all.
      writeFileSync(join(folder, `${id}.xml`), `${xml}\n<!--end of ${id}-->`, encodingOf(xml));
    }
    const files = [...documents.keys()].map((id) => `${id}.xml`);
    const lint = (...options: string[]): Promise<RunResult> =>
      run({ argv: ["xmllint", "--nonet", ...options, ...files], cwd: folder, limitSeconds });
    const [validity, canonical] = await Promise.all([lint("--noout", "--relaxng", schema), lint("--c14n")]);
    const verdicts = verdictsIn(validity);
    const forms = formsIn(canonical.stdout);
    return { invalid: (id) => invalid(verdicts, id), canonical: (id) => forms.get(id) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** `FILE validates`, or what is wrong and `FILE fails to validate`. */
function verdictsIn({ code, stderr }: RunResult): ReadonlyMap<string, string> {
  const verdicts = new Map<string, string>();
  let said: string[] = [];
  for (const line of stderr.split("\n")) {
    const [, id, verdict] = /^(\w+)\.xml (validates|fails to validate)$/.exec(line) ?? [];
    if (id === undefined || verdict === undefined) said.push(line);
    else {
      verdicts.set(id, verdict === "validates" ? "" : said.join(" "));
      said = [];
    }
  }
  if (verdicts.size === 0) throw new Error(`xmllint, exit code ${code}: ${lastLines(stderr, 3)}`);
  return verdicts;
}

function invalid(verdicts: ReadonlyMap<string, string>, id: string): string | undefined {
  const said = verdicts.get(id);
  return said === undefined ? "libxml2 gives no verdict" : said || undefined;
}

function formsIn(stdout: string): ReadonlyMap<string, string> {
  const forms = new Map<string, string>();
  let at = 0;
  for (const mark of stdout.matchAll(/\n<!--end of (\w+)-->/g)) {
    forms.set(mark[1] ?? "", stdout.slice(at, mark.index));
    at = mark.index + mark[0].length;
  }
  return forms;
}
