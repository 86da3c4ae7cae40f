import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

import type { CaseResult, Corpus } from "./corpus";
import { bootcfg } from "./bootcfg";
import { cmdline } from "./cmdline";
import { cpulist } from "./cpulist";
import { domxml } from "./domxml";
import { machines } from "./machines";
import { planner } from "./planner";
import { sysctl } from "./sysctl";

const corpora: readonly Corpus[] = [bootcfg, cmdline, cpulist, domxml, machines, planner, sysctl];

const usage = `usage: npm run corpus -- [--data DIR] [--only NAME]...
  --data DIR   folder with the recorded data; default ../shared/data
  --only NAME  one of: ${corpora.map((corpus) => corpus.name).join(", ")}
`;

/** Exit code: 0 all passed, 1 a case failed or a source is missing, 2 wrong use. */
export async function main(argv: readonly string[]): Promise<number> {
  const given = readArguments(argv);
  if (typeof given === "string") {
    process.stderr.write(`${given}\n${usage}`);
    return 2;
  }
  let failed = false;
  for (const corpus of given.corpora) {
    const results = await runCorpus(corpus, given.data);
    const failures = results.filter((result) => result.problems.length > 0);
    const line = { corpus: corpus.name, passed: results.length - failures.length, total: results.length, failures };
    process.stdout.write(`${JSON.stringify(line)}\n`);
    failed ||= failures.length > 0 || results.length === 0;
  }
  return failed ? 1 : 0;
}

function readArguments(argv: readonly string[]): { data: string; corpora: readonly Corpus[] } | string {
  let values: { data?: string | undefined; only?: string[] | undefined };
  try {
    const options = { data: { type: "string" }, only: { type: "string", multiple: true } } as const;
    ({ values } = parseArgs({ args: [...argv], options }));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const data = resolve(values.data ?? join(__dirname, "../../../shared/data"));
  if (!existsSync(data)) return `no recorded data at ${data}: give its folder with --data`;
  const unknown = values.only?.find((name) => !corpora.some((corpus) => corpus.name === name));
  if (unknown !== undefined) return `no corpus is named ${unknown}`;
  return { data, corpora: corpora.filter((corpus) => values.only?.includes(corpus.name) ?? true) };
}

async function runCorpus(corpus: Corpus, data: string): Promise<readonly CaseResult[]> {
  const source = join(data, corpus.source);
  if (!existsSync(source)) return [{ case: corpus.source, problems: [`${source} is missing`] }];
  if (!source.endsWith(".tar.gz")) return corpus.run(source);
  const folder = mkdtempSync(join(tmpdir(), "kvm-tuning-corpus-"));
  try {
    execFileSync("tar", ["-xzf", source, "-C", folder]);
    return await corpus.run(onlyFolder(folder));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The archives hold one folder each. */
function onlyFolder(folder: string): string {
  const [name, ...more] = readdirSync(folder);
  return name === undefined || more.length > 0 ? folder : join(folder, name);
}
