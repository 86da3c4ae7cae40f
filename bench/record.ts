/* bench/results.json: one entry a part, with the machine and its load when it was measured. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { join } from "node:path";
import type { Results } from "./results-schema";

const file = join(__dirname, "results.json");

export const readResults = (): Results => (existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Results) : {});

export function record<Part extends keyof Results>(part: Part, values: NonNullable<Results[Part]>): void {
  const machine = {
    cpus: cpus().length,
    model: cpus()[0]?.model ?? "",
    memoryMiB: Math.round(totalmem() / 1024 ** 2),
    load: loadavg().map((one) => Number(one.toFixed(2))),
    node: process.version,
  };
  const entry = { machine, measured: new Date().toISOString().slice(0, 10), ...values };
  writeFileSync(file, `${JSON.stringify({ ...readResults(), [part]: entry }, null, 2)}\n`);
}
