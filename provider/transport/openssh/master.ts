/* The connection that the commands share: an `ssh -M -N` of its own, which ends when the connection does. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import type { Socket } from "node:net";
import { controlSocket, masterArguments, type OpensshTarget } from "./arguments";

export interface Master {
  readonly pid: number | undefined;
  readonly closed: boolean;
  onClosed(listener: () => void): void;
  /** Ends the connection. */
  end(): void;
}

/** Why there is no connection. `stderr`: ssh's, with its debugging lines. */
export class MasterFailed extends Error {
  override readonly name = "MasterFailed";
  constructor(
    readonly kind: "ended" | "timeout" | "notFound",
    readonly stderr: string,
  ) {
    super(kind);
  }
}

const keptStderr = 64 * 1024;
const lookEveryMilliseconds = 15;

export async function startMaster(
  target: OpensshTarget,
  { timeoutSeconds, signal }: { readonly timeoutSeconds: number; readonly signal: AbortSignal },
): Promise<Master> {
  const child = spawn("ssh", masterArguments(target), {
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, LC_ALL: "C" },
  });
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => {
    if (stderr.length < keptStderr) stderr += chunk.toString();
  });
  let closed = false;
  const found = child.pid !== undefined;
  const listeners: (() => void)[] = [];
  const over = (): void => {
    if (closed) return;
    closed = true;
    for (const listener of listeners.splice(0)) listener();
  };
  child.once("error", over);
  // With its stderr read to the end.
  child.once("close", over);
  const deadline = timeoutSeconds > 0 ? Date.now() + timeoutSeconds * 1000 : Infinity;
  const isOver = (): boolean => closed;
  while (!existsSync(controlSocket(target.folder))) {
    if (isOver()) throw new MasterFailed(found ? "ended" : "notFound", stderr);
    if (Date.now() > deadline || signal.aborted) {
      child.kill("SIGKILL");
      throw new MasterFailed("timeout", stderr);
    }
    await new Promise((resolve) => setTimeout(resolve, lookEveryMilliseconds));
  }
  // An idle connection must not keep this process alive: a running command does.
  child.unref();
  (child.stderr as unknown as Socket).unref();
  return {
    pid: child.pid,
    get closed() {
      return closed;
    },
    onClosed(listener) {
      if (closed) listener();
      else listeners.push(listener);
    },
    end: () => void child.kill("SIGTERM"),
  };
}
