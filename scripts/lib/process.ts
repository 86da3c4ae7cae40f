// Child processes that cannot outlive us or their time limit.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";

export interface RunOptions {
  readonly argv: readonly string[];
  readonly limitSeconds: number;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
  /** Called with each piece of output as it comes. */
  readonly onOutput?: (text: string, stream: "stdout" | "stderr") => void;
}

export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const SETPRIV = "/usr/bin/setpriv";
const SETPRIV_FAILS = "setpriv: failed to execute";
const running = new Set<number>();

/** The kernel kills the child when this process dies, however it dies: prctl(2) PR_SET_PDEATHSIG by util-linux's setpriv. */
export function diesWithUs(argv: readonly string[]): readonly string[] {
  return process.platform === "linux" && existsSync(SETPRIV) ? [SETPRIV, "--pdeathsig", "KILL", "--", ...argv] : argv;
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}

let hooked = false;
function killAllAtExit(): void {
  if (hooked) return;
  hooked = true;
  process.once("exit", () => running.forEach(killGroup));
  for (const [signal, number] of [
    ["SIGINT", 2],
    ["SIGTERM", 15],
    ["SIGHUP", 1],
  ] as const) {
    process.once(signal, () => process.exit(128 + number));
  }
}

/** Runs a command in a process group of its own; at the limit the whole group is killed and the promise is rejected. */
export function run(options: RunOptions): Promise<RunResult> {
  killAllAtExit();
  const [file = "", ...args] = diesWithUs(options.argv);
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd: options.cwd, env: options.env ?? process.env, detached: true });
    const output = { stdout: "", stderr: "" };
    let limitReached = false;
    const limit = setTimeout(() => {
      limitReached = true;
      if (child.pid !== undefined) killGroup(child.pid);
      // Others may hold the pipes, as ssh's connection master does: do not wait for their end.
      child.stdout.destroy();
      child.stderr.destroy();
    }, options.limitSeconds * 1000);
    if (child.pid !== undefined) running.add(child.pid);
    for (const stream of ["stdout", "stderr"] as const) {
      child[stream].setEncoding("utf8").on("data", (text: string) => {
        output[stream] += text;
        options.onOutput?.(text, stream);
      });
    }
    child.stdin.on("error", () => undefined); // The command ended without reading its input.
    child.stdin.end(options.input ?? "");
    const settle = (finish: () => void): void => {
      clearTimeout(limit);
      if (child.pid !== undefined) running.delete(child.pid);
      finish();
    };
    child.once("error", (error) => {
      settle(() => reject(new Error(`cannot start ${String(options.argv[0])}: ${error.message}`, { cause: error })));
    });
    child.once("close", (code, signal) => {
      settle(() => {
        if (limitReached) reject(limitError(options, output));
        else if (output.stderr.startsWith(SETPRIV_FAILS)) reject(new Error(`cannot start ${String(options.argv[0])}`));
        else resolve({ code: code ?? (signal === null ? 1 : 128), ...output });
      });
    });
  });
}

function limitError(options: RunOptions, output: { stdout: string; stderr: string }): Error {
  const seen = lastLines(output.stdout + output.stderr);
  return new Error(`${options.argv.join(" ")} did not end within ${options.limitSeconds} s and was killed\n${seen}`);
}

export function lastLines(text: string, count = 20): string {
  return text.trimEnd().split("\n").slice(-count).join("\n");
}

/** Like `run`, but any exit code other than 0 is an error that shows the end of the output. */
export async function mustRun(options: RunOptions): Promise<RunResult> {
  const result = await run(options);
  if (result.code === 0) return result;
  const seen = lastLines(result.stdout + result.stderr);
  throw new Error(`${options.argv.join(" ")} failed with exit code ${result.code}:\n${seen}`);
}
