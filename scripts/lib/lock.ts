// A lock that cannot be left behind: flock(1) holds it as long as our end of its standard input is open, and the kernel
// releases it with the last process that has it. There is no pid to check and nothing to clean up.
import { spawn, type ChildProcessByStdio } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { withProgress } from "./progress";

export interface Lock {
  readonly file: string;
  /** What the holder is making, for the message while waiting. */
  readonly what: string;
}

type Holder = ChildProcessByStdio<Writable, Readable, null>;

const WAIT_LIMIT_SECONDS = 1800;
const QUIET_MS = 500;

export async function withLock<T>(lock: Lock, work: () => Promise<T>): Promise<T> {
  const holder = await acquire(lock);
  try {
    return await work();
  } finally {
    holder.stdin.end();
  }
}

async function acquire({ file, what }: Lock): Promise<Holder> {
  const holder = spawn("flock", ["--timeout", String(WAIT_LIMIT_SECONDS), file, "sh", "-c", "echo held; exec cat"], {
    stdio: ["pipe", "pipe", "inherit"],
    detached: true, // Ctrl-C must not release the lock before the work has stopped.
  });
  const held = new Promise<void>((resolve, reject) => {
    holder.once("error", (error) => reject(new Error(`cannot start flock (util-linux): ${error.message}`)));
    holder.once("exit", () => reject(new Error(`${what}: no lock on ${file} within ${WAIT_LIMIT_SECONDS} s`)));
    holder.stdout.once("data", () => resolve());
  });
  const quiet = new Promise<"waiting">((resolve) => setTimeout(resolve, QUIET_MS, "waiting").unref());
  if ((await Promise.race([held, quiet])) === "waiting") {
    await withProgress(`waiting for another run that makes ${what}`, () => held);
  }
  holder.removeAllListeners("exit");
  return holder;
}
