/*
 * Hosts that answer what one host has answered, after a set latency: real SSH servers in this process, nothing behind them.
 * A fake, for scale alone. Started by main.ts with a folder that holds `recording.json`; prints a line with the ports, and
 * for each line on standard input a line with what was asked of it since.
 */
import { readFileSync } from "node:fs";
import { createServer, type Server as TcpServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Server, type Connection, type ServerChannel } from "ssh2";
import { normalised, type Recording } from "./recording";

interface Counts {
  connections: number;
  commands: number;
  unknown: string[];
}

export interface Asked {
  readonly connections: number;
  readonly commands: number;
  /** The most that one host was asked. */
  readonly mostConnections: number;
  readonly mostCommands: number;
  readonly unknown: readonly string[];
}

export async function main([folder = "", latency = "0"]: readonly string[]): Promise<number> {
  const recording = JSON.parse(readFileSync(join(folder, "recording.json"), "utf8")) as Recording;
  const counts = recording.hosts.map((): Counts => ({ connections: 0, commands: 0, unknown: [] }));
  const servers = await Promise.all(
    recording.hosts.map((host, index) => {
      const answers = new Map(
        Object.entries(recording.answers).map(([command, text]) => [command, forHost(text, recording, host)]),
      );
      return listen({ answers, hostKey: recording.hostKey, latency: Number(latency), count: counts[index]! });
    }),
  );
  process.stdout.write(`${JSON.stringify(servers.map((server) => (server.address() as { port: number }).port))}\n`);
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === "end") break;
    const all = (key: "connections" | "commands") => counts.map((one) => one[key]);
    const asked: Asked = {
      connections: sum(all("connections")),
      commands: sum(all("commands")),
      mostConnections: Math.max(...all("connections")),
      mostCommands: Math.max(...all("commands")),
      unknown: counts.flatMap(({ unknown }) => unknown).slice(0, 3),
    };
    for (const one of counts) Object.assign(one, { connections: 0, commands: 0, unknown: [] });
    process.stdout.write(`${JSON.stringify(asked)}\n`);
  }
  process.exit(0);
}

const sum = (all: readonly number[]): number => all.reduce((one, other) => one + other, 0);

const forHost = (text: string, { name, machineId }: Recording, host: Recording["hosts"][number]): string =>
  (host.drifted ? text.replace(/^(proc\/sys\/vm\/swappiness:).*/m, "$177") : text)
    .replaceAll(name, host.name)
    .replaceAll(machineId, host.machineId);

interface Listening {
  readonly answers: ReadonlyMap<string, string>;
  readonly hostKey: string;
  readonly latency: number;
  readonly count: Counts;
}

function listen({ answers, hostKey, latency, count }: Listening): Promise<TcpServer> {
  const ssh = new Server({ hostKeys: [hostKey] }, (client: Connection) => {
    count.connections += 1;
    client.on("error", () => undefined);
    // Who may log in is not what is measured.
    client.on("authentication", (attempt) => attempt.accept());
    client.on("session", (accept) => {
      accept().on("exec", (take, _reject, { command }) => {
        count.commands += 1;
        const { key, nonce } = normalised(command);
        const answer = answers.get(key);
        if (answer === undefined) count.unknown.push(command.slice(-300));
        setTimeout(() => reply(take(), answer?.replaceAll("{nonce}", nonce)), latency);
      });
    });
  });
  const server = createServer({ noDelay: true }, (socket) => ssh.injectSocket(socket));
  return new Promise((resolve) => server.listen(0, "127.0.0.1", 4096, () => resolve(server)));
}

function reply(channel: ServerChannel, answer: string | undefined): void {
  channel.on("error", () => undefined);
  channel.resume();
  if (answer !== undefined) channel.write(answer);
  channel.exit(answer === undefined ? 127 : 0);
  channel.end();
}
