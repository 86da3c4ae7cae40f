#!/usr/bin/env node
// Makes everything ready that tests and the demo need: packages, the pulumi CLI, the test host.
import { runMain } from "./bootstrap.mjs";

await runMain("scripts/lib/set-up.ts");
