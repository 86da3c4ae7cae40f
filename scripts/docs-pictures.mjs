#!/usr/bin/env node
// npm run docs:pictures: draws docs/pictures/, and photographs the drawings in a real browser to be looked at.
import { runMain } from "./bootstrap.mjs";

await runMain("scripts/pictures/main.ts");
