/* npm run bench:report: writes what bench/results.json holds into docs/costs.md, and draws its chart. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { costChart } from "../scripts/pictures/cost-chart";
import { withTables } from "./costs-page";
import { readResults } from "./record";

const docs = join(__dirname, "../docs");

export function main(): Promise<number> {
  const results = readResults();
  const page = join(docs, "costs.md");
  writeFileSync(page, withTables(readFileSync(page, "utf8"), results));
  writeFileSync(join(docs, "pictures/costs.svg"), costChart(results.manyHosts?.rows ?? []));
  process.stdout.write("docs/costs.md, docs/pictures/costs.svg\n");
  return Promise.resolve(0);
}
