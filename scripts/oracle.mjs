#!/usr/bin/env node
// npm run test:oracle -- --seed N: the planner against every arrangement of small instances, and against a MILP solver.
import { runMain } from "./bootstrap.mjs";

await runMain("test/oracle/main.ts");
