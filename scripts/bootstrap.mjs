// First part of every script here; runs on Node 20 and needs no package. Installs the packages when they are missing or
// the lockfile changed, goes on in npm's Node where this one is too old, and lets the rest be TypeScript.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const OLDEST_NODE = 22; // what @pulumi/pulumi asks for
const INSTALL_LIMIT_SECONDS = 900;

export const checkout = dirname(dirname(fileURLToPath(import.meta.url)));

const npmNode = join(checkout, "node_modules", "node", "bin", "node");

const lockedPackages = (file) => JSON.parse(readFileSync(join(checkout, file), "utf8")).packages;

/** Whether node_modules is what the lockfile asks for, by npm's own record of what it installed. */
function packagesAreInstalled() {
  const record = join("node_modules", ".package-lock.json");
  if (!existsSync(npmNode) || !existsSync(join(checkout, record))) return false;
  const installed = lockedPackages(record);
  const { "": _root, ...wanted } = lockedPackages("package-lock.json");
  // Optional packages for another platform are locked and not installed.
  const matches = ([path, { version, optional, devOptional }]) =>
    path in installed ? installed[path].version === version : optional || devOptional;
  return Object.entries(wanted).every(matches) && Object.keys(installed).every((path) => path in wanted);
}

function npmCi() {
  return new Promise((resolve, reject) => {
    const started = Date.now();
    const say = () => process.stderr.write(`npm ci, about 1 minute: ${Math.round((Date.now() - started) / 1000)}s\n`);
    say();
    const ticker = setInterval(say, 10_000);
    const child = spawn("npm", ["ci", "--loglevel=error"], { cwd: checkout, stdio: ["ignore", "ignore", "inherit"] });
    const limit = setTimeout(() => child.kill("SIGKILL"), INSTALL_LIMIT_SECONDS * 1000);
    const done = (settle) => {
      clearInterval(ticker);
      clearTimeout(limit);
      settle();
    };
    child.once("error", (error) => done(() => reject(new Error(`cannot start npm: ${error.message}`))));
    child.once("exit", (code, signal) =>
      done(() => (code === 0 ? resolve() : reject(new Error(`npm ci failed (${code ?? signal}); see above`)))),
    );
  });
}

/** Runs this same script again in npm's Node, which ends when we do, and ends with its exit code. */
function goOnInNpmNode() {
  const setpriv = "/usr/bin/setpriv"; // prctl(2) PR_SET_PDEATHSIG
  const prefix = existsSync(setpriv) ? [setpriv, "--pdeathsig", "TERM", "--"] : [];
  const [file, ...args] = [...prefix, npmNode, ...process.argv.slice(1)];
  const child = spawn(file, args, { stdio: "inherit" });
  // Ctrl-C reaches both; it is the child that cleans up and decides on the exit code.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => signal === "SIGINT" || child.kill(signal));
  }
  return new Promise((_, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 143)));
  });
}

function registerTypeScript(requireHere) {
  const typescript = requireHere("typescript");
  requireHere.extensions[".ts"] = (module, file) => {
    const { outputText } = typescript.transpileModule(readFileSync(file, "utf8"), {
      fileName: file,
      compilerOptions: {
        target: typescript.ScriptTarget.ES2022,
        module: typescript.ModuleKind.CommonJS,
        esModuleInterop: true,
        inlineSourceMap: true,
      },
    });
    module._compile(outputText, file);
  };
}

/** Loads `path` (TypeScript, from the checkout's root) after everything it needs is there. */
export async function load(path) {
  if (!packagesAreInstalled()) {
    await npmCi();
  }
  if (Number(process.versions.node.split(".")[0]) < OLDEST_NODE) await goOnInNpmNode();
  const requireHere = createRequire(import.meta.url);
  registerTypeScript(requireHere);
  return requireHere(join(checkout, path));
}

/** Runs `main` of a TypeScript module; its number is the exit code, its error one line unless DEBUG is set. */
export async function runMain(path) {
  try {
    const { main } = await load(path);
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    const text = error instanceof Error ? error : new Error(String(error));
    process.stderr.write(`${process.env.DEBUG ? text.stack : text.message}\n`);
    process.exitCode = 1;
  }
}
