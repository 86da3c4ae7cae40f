#!/usr/bin/env node
// npm test: every layer and the corpus; with arguments (unit, integration, e2e) only those layers.
import { runMain } from "./bootstrap.mjs";

await runMain("scripts/lib/test.ts");
