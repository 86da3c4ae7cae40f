// QEMU's machine protocol over its unix socket (qemu docs/interop/qmp-intro): one command at a time.
import { createConnection, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

export interface Monitor {
  execute(command: string, commandArguments?: Readonly<Record<string, unknown>>): Promise<unknown>;
  /** A line of the human monitor; resolves with what it prints, which is empty for most commands. */
  human(line: string): Promise<string>;
  close(): void;
}

interface Reply {
  readonly return?: unknown;
  readonly error?: { readonly desc: string };
  readonly event?: string;
}

const CONNECT_LIMIT_MS = 15_000;
const REPLY_LIMIT_MS = 60_000;

export async function openMonitor(path: string): Promise<Monitor> {
  const socket = await connectWithin(path, Date.now() + CONNECT_LIMIT_MS);
  const replies: ((reply: Reply) => void)[] = [];
  const lines = createInterface(socket);
  lines.on("error", () => undefined); // The socket's error, handed on; its "close" follows.
  lines.on("line", (line) => {
    const reply = JSON.parse(line) as Reply;
    // The greeting and events answer no command.
    if (reply.error !== undefined || "return" in reply) replies.shift()?.(reply);
  });
  socket.on("close", () => replies.splice(0).forEach((settle) => settle({ error: { desc: "QEMU has ended" } })));
  socket.on("error", () => undefined);
  const execute = (command: string, commandArguments = {}): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const limit = setTimeout(() => reject(new Error(`QEMU does not answer ${command}`)), REPLY_LIMIT_MS);
      replies.push(({ error, return: value }) => {
        clearTimeout(limit);
        if (error === undefined) resolve(value);
        else reject(new Error(`QEMU ${command}: ${error.desc}`));
      });
      socket.write(`${JSON.stringify({ execute: command, arguments: commandArguments })}\n`);
    });
  await execute("qmp_capabilities");
  return {
    execute,
    human: async (line) => String(await execute("human-monitor-command", { "command-line": line })),
    close: () => socket.destroy(),
  };
}

async function connectWithin(path: string, deadline: number): Promise<Socket> {
  for (;;) {
    try {
      return await new Promise<Socket>((resolve, reject) => {
        const socket = createConnection(path);
        socket.once("connect", () => resolve(socket));
        socket.once("error", reject);
      });
    } catch (error) {
      if (Date.now() > deadline) throw new Error(`cannot reach QEMU's monitor at ${path}`, { cause: error });
      await sleep(20);
    }
  }
}
