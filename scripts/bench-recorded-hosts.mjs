#!/usr/bin/env node
// The hosts of bench/many-hosts, in a process of their own.
import { runMain } from "./bootstrap.mjs";

await runMain("bench/many-hosts/recorded-hosts.ts");
