#!/usr/bin/env node
// npm run build: compiles sdk/ and provider/ into dist/, from nothing, so that no file of an older build is packed.
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const checkout = dirname(dirname(fileURLToPath(import.meta.url)));

rmSync(join(checkout, "dist"), { recursive: true, force: true });
const tsc = join(checkout, "node_modules", "typescript", "bin", "tsc");
const { status } = spawnSync(process.execPath, [tsc, "--project", join(checkout, "tsconfig.build.json")], {
  stdio: "inherit",
});
process.exit(status ?? 1);
