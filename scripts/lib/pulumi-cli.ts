// The real pulumi CLI for tests: the installed one, or one built by Go from the pinned modules in test/pulumi-cli.
import { chmod, copyFile, link, readFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { artefact, contentKey } from "./cache";
import { mustRun, run } from "./process";
import { withProgress } from "./progress";

export interface PulumiCli {
  readonly pulumi: string;
  readonly version: string;
  /** Folders to put first on PATH: with the CLI, its Node language host and the launcher of dynamic providers. */
  readonly path: readonly string[];
}

interface GoTool {
  readonly name: string;
  /** Folder with go.mod and go.sum. */
  readonly module: string;
  /** Module whose version is the tool's. */
  readonly versionOf: string;
  readonly target: string;
  readonly about: string;
}

const ROOT = join(__dirname, "..", "..");
const LANGUAGE_HOST = "pulumi-language-nodejs";
/** Dynamic providers' read can return inputs since 3.216.0 (pulumi#21315). */
const OLDEST = [3, 216] as const;
const BUILD_LIMIT_SECONDS = 3600;
const INSTALL_PAGE = "https://www.pulumi.com/docs/install/";

const CLI: GoTool = {
  name: "pulumi",
  module: join(ROOT, "test", "pulumi-cli", "cli"),
  versionOf: "github.com/pulumi/pulumi/pkg/v3",
  target: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
  about: "building the pulumi CLI with Go, about 5 minutes, once",
};
const LANGUAGE: GoTool = {
  name: LANGUAGE_HOST,
  module: join(ROOT, "test", "pulumi-cli", "language-nodejs"),
  versionOf: "github.com/pulumi/pulumi/sdk/v3",
  target: "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
  about: "building pulumi's Node language host with Go, about 1 minute, once",
};

export async function ensurePulumiCli(env: NodeJS.ProcessEnv = process.env): Promise<PulumiCli> {
  const installed = await findInstalled(env);
  // An installed CLI brings no or another launcher: the one of the SDK in use comes after it.
  if (installed !== undefined) return { ...installed, path: [...installed.path, await launcherAlone()] };
  await requireGo(env);
  const [cli, language] = [await build(CLI, env), await build(LANGUAGE, env)];
  const folder = await assemble(cli, language);
  return { pulumi: join(folder, CLI.name), version: (await moduleVersion(CLI)).slice(1), path: [folder] };
}

async function findInstalled(env: NodeJS.ProcessEnv): Promise<PulumiCli | undefined> {
  const onPath = (env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  const home = join(env["PULUMI_HOME"] || join(homedir(), ".pulumi"), "bin");
  for (const folder of [...onPath, home]) {
    const pulumi = join(folder, CLI.name);
    const language = [folder, ...onPath].find((place) => existsSync(join(place, LANGUAGE_HOST)));
    if (language === undefined || !existsSync(pulumi)) continue;
    const version = await versionOf(pulumi, env);
    if (version !== undefined && isNewEnough(version)) return { pulumi, version, path: [folder, language] };
  }
  return undefined;
}

async function versionOf(pulumi: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const quiet = { ...env, PULUMI_SKIP_UPDATE_CHECK: "true" };
  const result = await run({ argv: [pulumi, "version"], limitSeconds: 60, env: quiet }).catch(() => undefined);
  return /^v?(\d+\.\d+\.\d+\S*)/.exec(result?.stdout ?? "")?.[1];
}

export function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}

async function requireGo(env: NodeJS.ProcessEnv): Promise<void> {
  const go = await run({ argv: ["go", "version"], limitSeconds: 60, env: goEnv(env) }).catch(() => undefined);
  if (go?.code === 0) return;
  throw new Error(
    `the pulumi CLI (${OLDEST.join(".")} or newer, with ${LANGUAGE_HOST}) is neither on PATH nor in $PULUMI_HOME/bin, ` +
      `and Go is not there to build it. Install pulumi (${INSTALL_PAGE}) or Go, then run this again.`,
  );
}

const goEnv = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  ...env,
  GOTOOLCHAIN: "local",
  CGO_ENABLED: "0",
  GOFLAGS: "-mod=readonly",
});

async function moduleVersion({ module, versionOf: path }: GoTool): Promise<string> {
  const lines = (await readFile(join(module, "go.mod"), "utf8")).split("\n");
  const version = lines.map((line) => line.trim().replace(/^require /, "")).find((line) => line.startsWith(`${path} `));
  if (version === undefined) throw new Error(`${module}/go.mod does not require ${path}`);
  return version.split(" ")[1] ?? "";
}

async function build(tool: GoTool, env: NodeJS.ProcessEnv): Promise<string> {
  const version = await moduleVersion(tool);
  const sums = await Promise.all(["go.mod", "go.sum"].map((file) => readFile(join(tool.module, file))));
  const flags = `-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=${version}`;
  const key = `${version}-${process.platform}-${process.arch}-${contentKey(flags, ...sums)}`;
  return artefact({
    kind: tool.name,
    key,
    make: async (folder) => {
      const output = join(folder, tool.name);
      const argv = [
        "go",
        "build",
        "-trimpath",
        "-tags",
        "osusergo,grpcnotrace",
        "-ldflags",
        flags,
        "-o",
        output,
        tool.target,
      ];
      await withProgress(tool.about, () =>
        mustRun({ argv, cwd: tool.module, env: goEnv(env), limitSeconds: BUILD_LIMIT_SECONDS }),
      );
    },
  });
}

/** All three in one folder, as an installed pulumi has them: it warns about a language host from elsewhere on PATH. */
async function assemble(cli: string, language: string): Promise<string> {
  const version = await sdkVersion();
  return artefact({
    kind: "pulumi-bin",
    key: contentKey(cli, language, version),
    make: async (folder) => {
      await link(join(cli, CLI.name), join(folder, CLI.name));
      await link(join(language, LANGUAGE.name), join(folder, LANGUAGE.name));
      await copyLauncher(folder);
    },
  });
}

const SDK = join(ROOT, "node_modules", "@pulumi", "pulumi");

async function sdkVersion(): Promise<string> {
  return (JSON.parse(await readFile(join(SDK, "package.json"), "utf8")) as { version: string }).version;
}

async function launcherAlone(): Promise<string> {
  return artefact({ kind: "pulumi-launcher", key: await sdkVersion(), make: copyLauncher });
}

/** The small script that starts a dynamic provider comes with the Node SDK. */
async function copyLauncher(folder: string): Promise<void> {
  const name = "pulumi-resource-pulumi-nodejs";
  await copyFile(join(SDK, name), join(folder, name));
  await chmod(join(folder, name), 0o755);
}
