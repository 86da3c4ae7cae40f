import { spawn, type ChildProcessByStdio } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import type { Connection, ServerChannel, Session } from "ssh2";

import type { Fault, Faults } from "./faults";

export interface RecordedExec {
  readonly user: string;
  readonly command: string;
  /** What the client has sent to the command's standard input so far. */
  readonly stdin: string;
  /** Undefined while it runs, and for a command that never ran. */
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
}

interface Host {
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  readonly shell?: string;
  readonly noise?: string;
  readonly latencyMilliseconds?: number;
  readonly maxSessions?: number;
  readonly faults: Faults;
  readonly execs: RecordedExec[];
  /** Each ends one command that still runs. */
  readonly endings: Set<() => void>;
  readonly counts: { busiest: number };
  drop(): void;
}

interface Running {
  readonly host: Host;
  readonly channel: ServerChannel;
  readonly recorded: { -readonly [K in keyof RecordedExec]: RecordedExec[K] };
  readonly fault: Fault | undefined;
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

export function serveSessions(client: Connection, host: Host): void {
  let user = "";
  let open = 0;
  client.on("authentication", (attempt) => (user = attempt.username));
  client.on("session", (accept, reject) => {
    if (open >= (host.maxSessions ?? 10)) return reject();
    open += 1;
    host.counts.busiest = Math.max(host.counts.busiest, open);
    const session = accept();
    session.once("close", () => (open -= 1));
    serveExec(session, host, () => user);
  });
}

function serveExec(session: Session, host: Host, user: () => string): void {
  session.on("exec", (accept, reject, { command }) => {
    const recorded = { user: user(), command, stdin: "", exitCode: undefined, signal: undefined };
    host.execs.push(recorded);
    const fault = host.faults.take(command);
    if (fault?.kind === "refuse") return reject();
    if (fault?.kind === "drop" && fault.at === "start") return host.drop();
    if (fault?.kind === "noAnswer") return;
    const channel = accept();
    channel.on("error", () => undefined);
    const running: Running = { host, channel, recorded, fault };
    const wait = (host.latencyMilliseconds ?? 0) + (fault?.kind === "delay" ? fault.milliseconds : 0);
    const begin = (): void => (fault?.kind === "reply" ? reply(running, fault) : run(running));
    if (wait > 0) setTimeout(begin, wait);
    else begin();
  });
}

function reply({ channel, recorded }: Running, result: Fault & { kind: "reply" }): void {
  channel.stderr.write(result.stderr ?? "");
  channel.write(result.stdout ?? "");
  recorded.exitCode = result.exitCode;
  channel.exit(result.exitCode);
  channel.end();
}

function run(running: Running): void {
  const { host, channel, recorded, fault } = running;
  const shell = host.shell ?? "/bin/sh";
  // A process group of its own, so that the whole command can be ended.
  const child: Child = spawn(shell, ["-c", recorded.command], {
    cwd: host.root,
    env: { ...host.env, USER: recorded.user, LOGNAME: recorded.user, SHELL: shell },
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
  });
  const end = (): void => killGroup(child, "SIGKILL");
  host.endings.add(end);
  child.once("exit", () => host.endings.delete(end));
  const noise = `${host.noise ?? ""}${fault?.kind === "noise" ? fault.text : ""}`;
  if (noise) channel.write(noise);
  const decoder = new StringDecoder("utf8");
  channel.on("data", (chunk: Buffer) => (recorded.stdin += decoder.write(chunk)));
  connectStreams(child, channel);
  arm(running, child);
  child.once("close", (code, signal) => finish(running, code, signal));
}

function connectStreams(child: Child, channel: ServerChannel): void {
  child.stdin.on("error", () => undefined); // the command may end without reading
  channel.pipe(child.stdin);
  channel.once("close", () => child.stdin.end());
  child.stdout.pipe(channel, { end: false });
  child.stderr.pipe(channel.stderr, { end: false });
  // After a drop nobody reads the pipes: a command that goes on must not block on them.
  channel.once("close", () => {
    child.stdout.unpipe().resume();
    child.stderr.unpipe().resume();
  });
}

function arm({ host, fault }: Running, child: Child): void {
  if (fault?.kind === "drop" && fault.at === "output") child.stdout.once("data", () => host.drop());
  if (fault?.kind === "kill") killGroup(child, fault.signal);
  if (fault?.kind === "powerCut")
    setTimeout(() => {
      killGroup(child, "SIGKILL");
      host.drop();
    }, fault.afterMilliseconds ?? 0);
}

function finish({ host, channel, recorded, fault }: Running, code: number | null, signal: string | null): void {
  recorded.exitCode = code ?? undefined;
  recorded.signal = signal ?? undefined;
  if (fault?.kind === "drop" && fault.at === "end") return host.drop();
  if (signal) channel.exit(signal.replace(/^SIG/, ""), false, "");
  else channel.exit(code ?? 255);
  channel.end();
}

function killGroup(child: Child, signal: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal);
  } catch {
    // It has ended already.
  }
}
