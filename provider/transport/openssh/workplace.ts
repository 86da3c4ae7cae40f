/*
 * A folder of one connection, for this user alone, and a guard that removes it and ends what runs for the connection when
 * this process is gone, however it went. The guard is a session of its own, so that a signal to ours leaves it alone.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Workplace {
  readonly folder: string;
  readonly write: (name: string, text: string) => void;
  /** Ends with the workplace. */
  readonly guard: (pid: number | undefined) => void;
  readonly remove: () => void;
}

/** Standard input: a process id a line; its end is the end. */
const guardScript =
  'all=; while read -r pid; do all="$all $pid"; done; [ -z "$all" ] || kill $all 2>/dev/null; rm -rf "$1"';

/** Names of sockets are at most 104 bytes long. */
const longestFolder = 60;

export function createWorkplace(): Workplace {
  const base = tmpdir().length > longestFolder ? "/tmp" : tmpdir();
  const folder = mkdtempSync(join(base, "kvm-tuning-ssh-"));
  const guard = spawn("/bin/sh", ["-c", guardScript, "kvm-tuning", folder], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
    env: { PATH: "/usr/bin:/bin" },
    cwd: "/",
  });
  guard.on("error", () => undefined);
  guard.stdin.on("error", () => undefined);
  guard.unref();
  (guard.stdin as unknown as Socket).unref();
  return {
    folder,
    write: (name, text) => writeFileSync(join(folder, name), text, { mode: 0o600 }),
    guard(pid) {
      if (pid !== undefined) guard.stdin.write(`${String(pid)}\n`);
    },
    remove: () => void guard.stdin.end(),
  };
}
