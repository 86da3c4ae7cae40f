/* Commands over a shared connection: an ssh(1) for each, which hands its channel to the master and waits for the end. */
import { spawn } from "node:child_process";
import { ChannelRefused, type ChannelEnd, type ChannelEvents, type SshChannel, type CommandSession } from "../session";
import { commandArguments } from "./arguments";
import { frameReader, framed, newFrame, type FrameReader } from "./exit-frame";
import type { Master } from "./master";
import type { Workplace } from "./workplace";

/** A command's ssh may notice the end of the connection before the master is gone. */
const masterEndMilliseconds = 1000;

export function sessionOver(master: Master, workplace: Workplace): CommandSession {
  let ended = false;
  master.onClosed(() => workplace.remove());
  return {
    exec: (line, on) =>
      master.closed
        ? Promise.reject(new Error("the connection is closed"))
        : Promise.resolve(run({ master, workplace, line, on })),
    get closed() {
      return ended || master.closed;
    },
    end() {
      ended = true;
      master.end();
    },
  };
}

interface Run {
  readonly master: Master;
  readonly workplace: Workplace;
  readonly line: string;
  readonly on: ChannelEvents;
}

function run({ master, workplace, line, on }: Run): SshChannel {
  const frame = newFrame();
  const reader = frameReader(frame);
  const child = spawn("ssh", commandArguments(workplace.folder, framed(frame, line)), {
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, LC_ALL: "C" },
  });
  let said = "";
  let aborted = false;
  // A command need not read its input.
  child.stdin.on("error", () => undefined);
  child.stdout.on("data", (chunk: Buffer) => on.stdout(chunk));
  child.stderr.on("data", (chunk: Buffer) => {
    if (said.length < 4096) said += chunk.toString();
    const own = reader.take(chunk);
    if (own.length > 0) on.stderr(own);
  });
  child.once("error", () => on.closed({}));
  child.once("close", () => {
    const rest = reader.rest();
    if (rest.length > 0) on.stderr(rest);
    if (aborted) return on.closed({});
    settle(master, reader, said).then(
      (how) => on.closed(how),
      () => on.closed({}),
    );
  });
  return {
    endInput: (text) => void child.stdin.end(text),
    write: (text) => void child.stdin.write(text),
    abort() {
      aborted = true;
      child.kill("SIGTERM");
    },
  };
}

/** Without the frame: the connection was lost, or the host refused. */
async function settle(master: Master, { exitCode }: FrameReader, said: string): Promise<ChannelEnd> {
  if (exitCode !== undefined) return { exitCode };
  if (await closesSoon(master)) return {};
  if (/session open refused|session request failed/i.test(said))
    return { refused: new ChannelRefused("shortage", "it opened no further session") };
  return {};
}

function closesSoon(master: Master): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), masterEndMilliseconds);
    master.onClosed(() => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}
