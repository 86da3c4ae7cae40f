#!/usr/bin/env node
// npm run corpus -- --data DIR: recorded machines and case files, read by the provider's own code; one JSON line a corpus.
import { runMain } from "./bootstrap.mjs";

await runMain("scripts/corpus/main.ts");
