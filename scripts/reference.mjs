#!/usr/bin/env node
// npm run reference: writes docs/reference/ from the documentation of the SDK's types.
import { runMain } from "./bootstrap.mjs";

await runMain("scripts/reference/main.ts");
