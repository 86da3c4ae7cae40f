#!/usr/bin/env node
// npm run bench:budget: where the time of a run goes.
import { runMain } from "./bootstrap.mjs";

await runMain("bench/budget.ts");
