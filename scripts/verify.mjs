// `npm run verify`: everything that can be said of the code without a host. Runs all checks, then says which failed.
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const bin = (name) => join(root, "node_modules", ".bin", name);
const env = { ...process.env, PATH: `${join(root, "node_modules", ".bin")}:${process.env.PATH}` };

const work = mkdtempSync(join(tmpdir(), "kvm-tuning-verify-"));
process.on("exit", () => rmSync(work, { recursive: true, force: true }));

let tarball;
const checks = [
  ["format", () => run(bin("prettier"), ["--check", "--log-level", "warn", "."])],
  ["lint", () => run(bin("eslint"), ["."])],
  ["types", () => run(bin("tsc"), ["-p", "tsconfig.json"])],
  ["unused files, exports and dependencies", () => run(bin("knip"), [])],
  ["cycles and borders", () => run(bin("depcruise"), ["sdk", "provider", "--output-type", "err-long"])],
  ["unit tests", () => run(bin("jest"), ["--selectProjects", "unit", "--silent"])],
  ["build", () => run(process.execPath, [join(root, "scripts", "build.mjs")])],
  ["pack", pack],
  ["the packed package in the example", example],
  ["publint", () => run(bin("publint"), ["--strict", tarball])],
  ["are the types wrong", () => run(bin("attw"), [tarball, "--profile", "node16"])],
];

const failed = [];
for (const [name, check] of checks) {
  const start = Date.now();
  console.log(`\n== ${name}`);
  const ok = check();
  console.log(`${ok ? "ok" : "FAILED"}: ${name} (${((Date.now() - start) / 1000).toFixed(1)} s)`);
  if (!ok) failed.push(name);
}
console.log(failed.length === 0 ? "\nverify: all checks passed" : `\nverify: failed: ${failed.join(", ")}`);
process.exit(failed.length === 0 ? 0 : 1);

function run(command, args, cwd = root) {
  return spawnSync(command, args, { cwd, env, stdio: "inherit" }).status === 0;
}

function pack() {
  const packed = spawnSync("npm", ["pack", "--json", "--pack-destination", work], { cwd: root, env, encoding: "utf8" });
  if (packed.status !== 0) {
    console.error(packed.stderr);
    return false;
  }
  tarball = join(work, JSON.parse(packed.stdout)[0].filename);
  return true;
}

/** Installs the tarball as a user would (a link would hide what is missing from it), then compiles and loads. */
function example() {
  const folder = join(work, "quick-start");
  cpSync(join(root, "examples", "quick-start"), folder, {
    recursive: true,
    filter: (path) => !path.includes("node_modules"),
  });
  const load = 'const { v1 } = require("pulumi-kvm-tuning/provider"); if (!v1.hostTuning.create) process.exit(1);';
  return (
    run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error", tarball], folder) &&
    run(join(folder, "node_modules", ".bin", "tsc"), ["-p", "."], folder) &&
    run(bin("node"), ["-e", load], folder)
  );
}
