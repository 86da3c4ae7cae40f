#!/usr/bin/env node
// npm run bench:one-host: the same work on one host by this package, by Ansible, and the floor.
import { runMain } from "./bootstrap.mjs";

await runMain("bench/one-host/main.ts");
