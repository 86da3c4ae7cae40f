import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { buildPackage, checkout } from "./build-package";
import { type FakeEngine, startFakeEngine } from "./fake-engine";
import { providerClient, type ProviderClient } from "./provider-client";

/**
 * The real dynamic-provider server of @pulumi/pulumi in a process of its own, as the engine starts it: working folder
 * is a program whose node_modules holds the built package; the engine behind its address is a fake.
 */
export interface DynamicServer extends ProviderClient {
  readonly pid: number;
  readonly engine: FakeEngine;
  /** What the process has printed: the engine puts it on the Stack's row. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Ends the process and waits. SIGINT is what the engine sends at the end of a run; default SIGKILL. */
  stop(signal?: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

export interface ServerOptions {
  readonly env?: Record<string, string>;
  /** Folder of the program; default: a new one, removed by `stop`. */
  readonly programFolder?: string;
  readonly engine?: FakeEngine;
}

export async function startDynamicServer(options: ServerOptions = {}): Promise<DynamicServer> {
  const engine = options.engine ?? (await startFakeEngine());
  const folder = options.programFolder ?? makeProgramFolder();
  const child = spawn(process.execPath, [require.resolve("@pulumi/pulumi/cmd/dynamic-provider"), engine.address], {
    cwd: folder,
    env: { ...process.env, PULUMI_NODEJS_PROJECT: "program", ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (output.stderr += text));
  const exit = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  const { close, ...client } = providerClient(await listeningPort(child, output));
  return {
    ...client,
    pid: child.pid ?? 0,
    engine,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    async stop(signal = "SIGKILL") {
      close();
      child.kill(signal);
      const [code, by] = await exit;
      engine.stop();
      if (options.programFolder === undefined) rmSync(folder, { recursive: true });
      return { code, signal: by };
    },
  };
}

/** A program's folder with the package installed: built from the checkout, by a link as `npm install <folder>` makes. */
export function makeProgramFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "kvm-tuning-program-"));
  const modules = path.join(folder, "node_modules");
  mkdirSync(modules);
  symlinkSync(buildPackage(), path.join(modules, "pulumi-kvm-tuning"));
  symlinkSync(path.join(checkout, "node_modules/@pulumi"), path.join(modules, "@pulumi"));
  writeFileSync(path.join(folder, "package.json"), JSON.stringify({ name: "program", private: true }));
  return folder;
}

/** The first line that the server prints. */
function listeningPort(child: ChildProcess, output: { stdout: string; stderr: string }): Promise<number> {
  return new Promise((resolve, reject) => {
    child.stdout?.on("data", () => {
      const line = /^(\d+)\n/.exec(output.stdout);
      if (line !== null) resolve(Number(line[1]));
    });
    child.once("exit", (code) => {
      reject(new Error(`the dynamic-provider server ended with ${String(code)}: ${output.stderr}`));
    });
  });
}
