#!/usr/bin/env node
// npm run bench:weight: what the package weighs.
import { runMain } from "./bootstrap.mjs";

await runMain("bench/weight.ts");
