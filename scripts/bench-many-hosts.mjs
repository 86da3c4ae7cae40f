#!/usr/bin/env node
// npm run bench:many-hosts: what a run costs by the number of hosts.
import { runMain } from "./bootstrap.mjs";

await runMain("bench/many-hosts/main.ts");
