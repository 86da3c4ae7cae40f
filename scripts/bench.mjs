#!/usr/bin/env node
// npm run bench: all parts, one after another, and then the page. Arguments belong to the parts (npm run bench:many-hosts -- --hosts 10).
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const scripts = [
  "set-up",
  "bench-weight",
  "bench-budget",
  "bench-one-host",
  "bench-many-hosts",
  "bench-planner",
  "bench-report",
];
for (const name of scripts) {
  process.stdout.write(`\n== ${name} ==\n`);
  const script = fileURLToPath(new URL(`./${name}.mjs`, import.meta.url));
  const { status } = spawnSync(process.execPath, [script], { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
