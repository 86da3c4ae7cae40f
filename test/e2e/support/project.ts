// A Pulumi project outside the checkout, with a stack of its own in a local backend, run by the real CLI.
import { cp, mkdir, symlink, writeFile } from "node:fs/promises";
import { basename, delimiter, dirname, join } from "node:path";
import { makeOwnedFolder, removeOwnedFolder } from "../../../scripts/lib/owned-folder";
import { lastLines, run } from "../../../scripts/lib/process";
import { ensurePulumiCli, type PulumiCli } from "../../../scripts/lib/pulumi-cli";
import { installedPackage } from "./package";

export interface PulumiOptions {
  /** Any other exit code is an error; "failure" is any but 0. @default 0 */
  readonly expectExitCode?: number | "failure";
  /** Not shown in a demo and not named in errors: the arguments hold a secret, or are of no interest. */
  readonly hidden?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  /** What the command reads, such as the value of `config set --secret`. */
  readonly input?: string;
  /** @default 900 */
  readonly limitSeconds?: number;
  readonly onOutput?: (text: string) => void;
}

export interface PulumiResult {
  readonly code: number;
  /** Without what the CLI says on stderr. */
  readonly stdout: string;
  /** Both streams, in the order in which they came. */
  readonly output: string;
}

export interface Project {
  readonly folder: string;
  /** Writes or replaces files of the program, such as `index.ts`. */
  write(files: Readonly<Record<string, string>>): Promise<void>;
  /** Runs a command of the CLI on the stack, without questions. */
  pulumi(args: readonly string[], options?: PulumiOptions): Promise<PulumiResult>;
  /** Runs another command in the program's folder, with the CLI on its PATH and the stack's backend. */
  run(argv: readonly string[], options?: PulumiOptions): Promise<PulumiResult>;
  /** Stack outputs, secrets in clear. */
  outputs(): Promise<Readonly<Record<string, unknown>>>;
  /** What the state file holds, secrets encrypted. */
  state(): Promise<unknown>;
  remove(): Promise<void>;
}

const ROOT = join(__dirname, "..", "..", "..");
const LIMIT_SECONDS = 900;
const STACK = "test";
const TSCONFIG = {
  compilerOptions: { strict: true, target: "ES2022", module: "node16", moduleResolution: "node16", types: ["node"] },
};

export async function createProject({ name }: { readonly name: string }): Promise<Project> {
  const [cli, packages] = [await ensurePulumiCli(), await installedPackage()];
  const root = await makeOwnedFolder("program");
  const folder = join(root, "program");
  for (const place of ["program", "home", "state"]) await mkdir(join(root, place));
  await cp(join(packages, "package.json"), join(folder, "package.json"));
  await symlink(join(packages, "node_modules"), join(folder, "node_modules"));
  const project = makeProject({ cli, root, folder });
  await project.write({
    "Pulumi.yaml": `name: ${name}\nruntime: nodejs\noptions:\n  refresh: always\n`,
    "tsconfig.json": JSON.stringify(TSCONFIG, null, 2),
    "index.ts": "export {};\n",
  });
  await project.pulumi(["stack", "init", STACK]);
  return project;
}

function environment(cli: PulumiCli, root: string): NodeJS.ProcessEnv {
  const node = join(ROOT, "node_modules", "node", "bin");
  const inherited = Object.entries(process.env).filter(
    ([key]) => !key.startsWith("PULUMI_") && key !== "SSH_AUTH_SOCK",
  );
  return {
    ...Object.fromEntries(inherited),
    PATH: [node, ...cli.path, process.env["PATH"]].join(delimiter),
    PULUMI_HOME: join(root, "home"),
    PULUMI_BACKEND_URL: `file://${join(root, "state")}`,
    PULUMI_CONFIG_PASSPHRASE: "test",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_SKIP_CONFIRMATIONS: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    PULUMI_DISABLE_REGISTRY_RESOLVE: "true",
    PULUMI_SUPPRESS_NEO_LINK: "true",
  };
}

function makeProject({ cli, root, folder }: { cli: PulumiCli; root: string; folder: string }): Project {
  const command = async (argv: readonly string[], options: PulumiOptions = {}): Promise<PulumiResult> => {
    let output = "";
    const { code, stdout } = await run({
      argv,
      cwd: folder,
      env: { ...environment(cli, root), ...options.env },
      limitSeconds: options.limitSeconds ?? LIMIT_SECONDS,
      ...(options.input === undefined ? {} : { input: options.input }),
      onOutput: (text) => {
        output += text;
        options.onOutput?.(text);
      },
    });
    const expected = options.expectExitCode ?? 0;
    if (expected === "failure" ? code !== 0 : code === expected) return { code, stdout, output };
    // The arguments of a hidden command may hold a secret.
    const shown = options.hidden === true ? argv.slice(0, 2) : argv;
    const name = [basename(shown[0] ?? ""), ...shown.slice(1)].join(" ");
    throw new Error(`${name}: exit code ${code}, expected ${expected}\n${lastLines(output, 60)}`);
  };
  const pulumi: Project["pulumi"] = (args, options) => command([cli.pulumi, ...args], options);
  const json = async (...args: string[]): Promise<unknown> => JSON.parse((await pulumi(args)).stdout);
  return {
    folder,
    pulumi,
    run: command,
    write: async (files) => {
      for (const [name, text] of Object.entries(files)) {
        await mkdir(dirname(join(folder, name)), { recursive: true });
        await writeFile(join(folder, name), text);
      }
    },
    outputs: async () => (await json("stack", "output", "--json", "--show-secrets")) as Record<string, unknown>,
    state: () => json("stack", "export"),
    remove: () => removeOwnedFolder(root),
  };
}
