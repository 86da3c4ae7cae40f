// This package as a user installs it: compiled, packed and installed by npm beside @pulumi/pulumi and typescript.
import { cp, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { artefact, contentKey } from "../../../scripts/lib/cache";
import { mustRun } from "../../../scripts/lib/process";
import { withProgress } from "../../../scripts/lib/progress";

const ROOT = join(__dirname, "..", "..", "..");
const SOURCES = ["sdk", "provider"];
const SHIPPED = ["package.json", "README.md", "LICENSE", "CHANGELOG.md"];
const BUILD_FILES = ["tsconfig.json", "tsconfig.build.json", "package-lock.json"];
const LIMIT_SECONDS = 600;
const TARBALL = "pulumi-kvm-tuning.tgz";

interface Manifest {
  readonly devDependencies: Readonly<Record<string, string>>;
}

let installed: Promise<string> | undefined;

/** Folder whose node_modules holds this package, as of the sources when it was first asked for: one for all of a test. */
export function installedPackage(): Promise<string> {
  installed ??= install();
  return installed;
}

async function install(): Promise<string> {
  const key = contentKey(...(await sources()));
  return artefact({
    kind: "program-packages",
    key,
    make: (folder) =>
      withProgress("packing this package and installing it for test programs, about 20 seconds", async (say) => {
        say("compiling and packing");
        await pack(folder);
        say("npm install");
        await npmInstall(folder);
      }),
  });
}

async function sources(): Promise<readonly (string | Buffer)[]> {
  const entries = await Promise.all(
    SOURCES.map((folder) => readdir(join(ROOT, folder), { recursive: true, withFileTypes: true })),
  );
  const files = entries
    .flat()
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const others = [...SHIPPED, ...BUILD_FILES].map((name) => join(ROOT, name));
  const parts = [...files.sort(), ...others].map(async (path) => {
    return [path.slice(ROOT.length), await readFile(path).catch(() => "")];
  });
  return (await Promise.all(parts)).flat();
}

async function pack(folder: string): Promise<void> {
  const staging = join(folder, "staging");
  const compile = ["--project", join(ROOT, "tsconfig.build.json"), "--outDir", join(staging, "dist")];
  const tsc = join(ROOT, "node_modules", "typescript", "bin", "tsc");
  await mustRun({ argv: [process.execPath, tsc, ...compile], limitSeconds: LIMIT_SECONDS, cwd: ROOT });
  for (const name of SHIPPED) await cp(join(ROOT, name), join(staging, name)).catch(() => undefined);
  const argv = ["npm", "pack", "--ignore-scripts", "--json", "--pack-destination", folder];
  const { stdout } = await mustRun({ argv, cwd: staging, limitSeconds: LIMIT_SECONDS });
  const [packed] = JSON.parse(stdout) as readonly { readonly filename: string }[];
  if (packed === undefined) throw new Error(`npm pack made nothing: ${stdout}`);
  await cp(join(folder, packed.filename), join(folder, TARBALL));
}

async function npmInstall(folder: string): Promise<void> {
  const { devDependencies } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as Manifest;
  const pinned = ["@pulumi/pulumi", "@types/node", "typescript"].map((name) => [name, devDependencies[name] ?? ""]);
  const dependencies = Object.fromEntries([["pulumi-kvm-tuning", `file:${TARBALL}`], ...pinned]) as Record<
    string,
    string
  >;
  await writeFile(
    join(folder, "package.json"),
    JSON.stringify({ name: "program", private: true, dependencies }, null, 2),
  );
  // Install scripts only build optional native parts of ssh2, which takes long and is not needed.
  const flags = ["--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  await mustRun({ argv: ["npm", "install", ...flags], cwd: folder, limitSeconds: LIMIT_SECONDS });
}
