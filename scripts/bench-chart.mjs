#!/usr/bin/env node
// Draws docs/pictures/costs.svg from bench/results.json, without a browser.
import { runMain } from "./bootstrap.mjs";

await runMain("bench/draw-chart.ts");
