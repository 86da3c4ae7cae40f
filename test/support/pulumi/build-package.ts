import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import path from "node:path";

export const checkout = path.resolve(__dirname, "../../..");
const cache = path.join(checkout, "node_modules/.cache/pulumi-kvm-tuning");
const toyProvider = "test/support/pulumi/toy-provider.ts";

/**
 * The package as it is published (package.json and dist/ made by tsc with the build's settings), plus the test's own
 * toy provider in dist/test. Built once per content of the sources, in a folder inside the checkout so that its
 * dependencies resolve. Safe to call from several Jest workers: the first complete build wins.
 */
export function buildPackage(): string {
  const sources = [...fs.globSync(["sdk/**/*.ts", "provider/**/*.ts"], { cwd: checkout }).sort(), toyProvider];
  const folder = path.join(cache, digest([...sources, "tsconfig.json", "tsconfig.build.json", "package.json"]));
  if (fs.existsSync(folder)) return folder;
  fs.mkdirSync(cache, { recursive: true });
  removeOldBuilds();
  const unfinished = fs.mkdtempSync(path.join(cache, "building-"));
  try {
    compile(unfinished);
    fs.copyFileSync(path.join(checkout, "package.json"), path.join(unfinished, "package.json"));
    fs.renameSync(unfinished, folder);
  } catch (error) {
    fs.rmSync(unfinished, { recursive: true });
    if (!fs.existsSync(folder)) throw error;
  }
  return folder;
}

/** The module that holds the compiled toy provider (`toy`), in the folder that `buildPackage` returned. */
export function toyProviderModule(packageFolder: string): string {
  return path.join(packageFolder, "dist", toyProvider.replace(/\.ts$/, ".js"));
}

/** Types are checked by `tsc` over the whole checkout, so that a build for tests takes a second and not ten. */
function compile(folder: string): void {
  const project = path.join(folder, "tsconfig.json");
  const include = ["sdk", "provider", toyProvider].map((source) => path.join(checkout, source));
  const compilerOptions = {
    rootDir: checkout,
    outDir: path.join(folder, "dist"),
    noCheck: true,
    declaration: false,
    typeRoots: [path.join(checkout, "node_modules/@types")],
  };
  fs.writeFileSync(
    project,
    JSON.stringify({ extends: path.join(checkout, "tsconfig.build.json"), compilerOptions, include }),
  );
  const tsc = spawnSync(process.execPath, [require.resolve("typescript/bin/tsc"), "-p", project], { encoding: "utf8" });
  if (tsc.status !== 0) throw new Error(`cannot build the package for tests:\n${tsc.stdout}${tsc.stderr}`);
}

function digest(files: readonly string[]): string {
  const hash = createHash("sha256");
  for (const file of files)
    hash
      .update(`${file}\0`)
      .update(fs.readFileSync(path.join(checkout, file)))
      .update("\0");
  return hash.digest("hex").slice(0, 16);
}

/** Another test process may still use a build of the last day. */
function removeOldBuilds(): void {
  for (const name of fs.readdirSync(cache)) {
    const folder = path.join(cache, name);
    if (Date.now() - fs.statSync(folder).mtimeMs > 86_400_000) fs.rmSync(folder, { recursive: true, force: true });
  }
}
