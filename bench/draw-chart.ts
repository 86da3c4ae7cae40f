import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { costChart, readRows } from "../scripts/pictures/cost-chart";

export function main(): Promise<number> {
  writeFileSync(join(__dirname, "../docs/pictures/costs.svg"), costChart(readRows()));
  process.stdout.write("docs/pictures/costs.svg\n");
  return Promise.resolve(0);
}
