#!/usr/bin/env node
// npm run demo: the package at work on a real NUMA host, from a drifted host to a tuned one and back.
import { runMain } from "./bootstrap.mjs";

await runMain("scripts/lib/demo.ts");
