#!/usr/bin/env node
// npm run bench:planner: what a plan costs by size, and the league table of placement rules.
import { runMain } from "./bootstrap.mjs";

await runMain("bench/planner/main.ts");
