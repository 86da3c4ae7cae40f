import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { hostTuningArguments, hostTuningSubject } from "./host-tuning";
import { page } from "./page";
import { placementArguments, placementSubject } from "./placement";
import { placementPlanArguments, placementPlanSubject } from "./placement-plan";

const folder = join(__dirname, "..", "..", "docs", "reference");

export const pages = [
  {
    path: join(folder, "host-tuning.md"),
    text: (): string => page(hostTuningSubject, hostTuningArguments()),
  },
  {
    path: join(folder, "vm-cpu-placement.md"),
    text: (): string => page(placementSubject, placementArguments()),
  },
  {
    path: join(folder, "placement-plan.md"),
    text: (): string => page(placementPlanSubject, placementPlanArguments()),
  },
] as const;

export function main(argv: readonly string[]): number {
  if (argv.length > 0) {
    process.stderr.write("usage: npm run reference\n");
    return 2;
  }
  mkdirSync(folder, { recursive: true });
  for (const { path, text } of pages) {
    writeFileSync(path, text());
    process.stdout.write(`docs/reference/${path.slice(folder.length + 1)}\n`);
  }
  return 0;
}
