// Runs the test layers one after the other. A layer that runs no test, or whose jest fails, is a failure.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { delimiter, dirname, join, resolve } from "node:path";
import { makeOwnedFolder, removeOwnedFolder } from "./owned-folder";
import { diesWithUs, mustRun, run } from "./process";
import { elapsed, withProgress } from "./progress";
import { setUp } from "./set-up";
import { countCorpus, countJest, sum, summaryLine, type Counts, type JestReport } from "./test-summary";

const ROOT = join(__dirname, "..", "..");
const CORPUS = resolve(ROOT, "..", "shared", "data");
const LAYERS = ["unit", "integration", "e2e"] as const;
type Layer = (typeof LAYERS)[number];

const WORKERS: Readonly<Record<Layer, readonly string[]>> = {
  unit: ["--maxWorkers=2"],
  integration: ["--maxWorkers=2"],
  // Two hosts at a time: each waits for itself half of the time.
  e2e: ["--maxWorkers=2"],
};
const LIMIT_SECONDS: Readonly<Record<Layer, number>> = { unit: 900, integration: 2400, e2e: 4500 };
const CORPUS_LIMIT_SECONDS = 1200;

export async function main(args: readonly string[]): Promise<number> {
  const unknown = args.filter((name) => !LAYERS.includes(name as Layer));
  if (unknown.length > 0) throw new Error(`no such layer: ${unknown.join(", ")}; there are ${LAYERS.join(", ")}`);
  const everything = args.length === 0;
  const layers = everything ? LAYERS : LAYERS.filter((layer) => args.includes(layer));
  if (layers.includes("e2e")) await setUp();
  if (everything || layers.includes("integration")) await build();
  const counts: Counts[] = [];
  for (const layer of layers) counts.push(await runLayer(layer));
  if (everything) counts.push(await runCorpus());
  const total = sum(counts);
  for (const reason of total.skipped) process.stdout.write(`skipped: ${reason}\n`);
  process.stdout.write(`${summaryLine(total)}\n`);
  return total.failed === 0 ? 0 : 1;
}

async function build(): Promise<void> {
  const argv = ["npm", "run", "--silent", "build"];
  await withProgress("compiling", () => mustRun({ argv, cwd: ROOT, limitSeconds: 600 }));
}

async function runLayer(layer: Layer): Promise<Counts> {
  const started = Date.now();
  const folder = await makeOwnedFolder("report");
  try {
    const report = join(folder, "report.json");
    const jest = join(ROOT, "node_modules", "jest", "bin", "jest.js");
    const flags = ["--selectProjects", layer, ...WORKERS[layer], "--json", "--outputFile", report];
    const code = await runAloud([process.execPath, jest, ...flags], LIMIT_SECONDS[layer]);
    const counts = await readCounts(layer, { report, code });
    process.stderr.write(`${layer}: ${summaryLine(counts)} in ${elapsed(Date.now() - started)}\n`);
    return counts;
  } finally {
    await removeOwnedFolder(folder);
  }
}

async function readCounts(layer: Layer, { report, code }: { report: string; code: number }): Promise<Counts> {
  if (!existsSync(report)) return failure(`${layer}: jest ended with ${code} and no report`);
  const counts = countJest(layer, JSON.parse(await readFile(report, "utf8")) as JestReport);
  if (counts.passed + counts.failed === 0) return failure(`${layer}: no test ran`);
  if (code !== 0 && counts.failed === 0) return failure(`${layer}: jest ended with ${code}`, counts);
  return counts;
}

function failure(what: string, counts: Counts = { passed: 0, failed: 0, skipped: [] }): Counts {
  process.stderr.write(`failed: ${what}\n`);
  return { ...counts, failed: counts.failed + 1 };
}

/** Runs with our own output, so that jest shows its progress; ends with 124 at the limit. */
function runAloud(argv: readonly string[], limitSeconds: number): Promise<number> {
  const [file = "", ...args] = diesWithUs(argv);
  const PATH = [dirname(process.execPath), process.env["PATH"]].join(delimiter);
  return new Promise((done, reject) => {
    // jest's own report of results goes to stderr with --json; stdout is for the summary alone.
    const child = spawn(file, args, {
      cwd: ROOT,
      env: { ...process.env, PATH },
      stdio: ["ignore", "ignore", "inherit"],
    });
    const limit = setTimeout(() => {
      process.stderr.write(`killed after ${limitSeconds} s\n`);
      child.kill("SIGKILL");
    }, limitSeconds * 1000);
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      clearTimeout(limit);
      done(code ?? (signal === "SIGKILL" ? 124 : 1));
    });
  });
}

/** Reads every recorded host; the data is not part of the checkout. */
async function runCorpus(): Promise<Counts> {
  if (!existsSync(CORPUS)) return { passed: 0, failed: 0, skipped: [`corpus: no recorded hosts at ${CORPUS}`] };
  const argv = ["npm", "run", "--silent", "corpus"];
  const { code, stdout } = await run({ argv, cwd: ROOT, limitSeconds: CORPUS_LIMIT_SECONDS, onOutput: toLog });
  const counts = countCorpus(stdout);
  if (counts.passed + counts.failed === 0) return failure("corpus: no case ran", counts);
  return code !== 0 && counts.failed === 0 ? failure(`corpus: exit code ${code}`, counts) : counts;
}

function toLog(text: string): void {
  process.stderr.write(text);
}
