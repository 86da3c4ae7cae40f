#!/usr/bin/env node
// npm run bench:report: the tables of docs/costs.md and its chart, from bench/results.json.
import { runMain } from "./bootstrap.mjs";

await runMain("bench/report.ts");
