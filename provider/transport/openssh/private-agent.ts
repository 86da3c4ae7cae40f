/*
 * A key that is given as text goes to an agent of its own, never to disk: ssh-add reads it from its standard input.
 * Source: ssh-agent(1), ssh-add(1).
 */
import { spawn, type ChildProcess } from "node:child_process";
import { createConnection } from "node:net";
import type { Workplace } from "./workplace";

/** Says the passphrase once: ssh-add would ask for ever for one that is wrong. */
const askpass = '#!/bin/sh\n[ ! -e "$0.said" ] || exit 1\n: > "$0.said"\nprintf "%s\\n" "$KVM_TUNING_PASSPHRASE"\n';

const startLimitMilliseconds = 5000;

/** Path of the agent's socket. Rejects with what the tools said, which is never a part of the key. */
export async function startPrivateAgent(
  workplace: Workplace,
  key: { readonly text: string; readonly passphrase?: string | undefined },
): Promise<string> {
  const socket = `${workplace.folder}/agent`;
  const agent = spawn("ssh-agent", ["-D", "-a", socket], { detached: true, stdio: "ignore" });
  const failed = new Promise<never>((_, reject) => agent.once("error", reject));
  failed.catch(() => undefined);
  workplace.guard(agent.pid);
  agent.unref();
  await Promise.race([listening(socket), failed]);
  workplace.write("askpass", askpass);
  const program = `${workplace.folder}/askpass`;
  const add = spawn("sh", ["-c", 'chmod 700 "$SSH_ASKPASS" && exec ssh-add -q -'], {
    detached: true, // without a terminal it asks the program
    stdio: ["pipe", "ignore", "pipe"],
    env: {
      PATH: process.env["PATH"],
      SSH_AUTH_SOCK: socket,
      SSH_ASKPASS: program,
      SSH_ASKPASS_REQUIRE: "force",
      DISPLAY: ":0", // older versions ask the program only where there is one
      KVM_TUNING_PASSPHRASE: key.passphrase ?? "",
    },
  });
  add.stdin.on("error", () => undefined);
  add.stdin.end(key.text.endsWith("\n") ? key.text : `${key.text}\n`);
  const { code, stderr } = await ended(add);
  if (code !== 0) throw new Error(`ssh-add does not take the key: ${stderr.trim().split("\n").at(-1) ?? ""}`);
  return socket;
}

/** Not only that the socket is there: between bind(2) and listen(2) it refuses. */
async function listening(socket: string): Promise<void> {
  const deadline = Date.now() + startLimitMilliseconds;
  while (!(await accepts(socket))) {
    if (Date.now() > deadline) throw new Error("ssh-agent does not start");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function accepts(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    const end = (accepted: boolean) => () => {
      socket.destroy();
      resolve(accepted);
    };
    socket.once("connect", end(true));
    socket.once("error", end(false));
  });
}

function ended(child: ChildProcess): Promise<{ readonly code: number | null; readonly stderr: string }> {
  return new Promise((resolve, reject) => {
    let stderr = "";
    child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, stderr }));
  });
}
