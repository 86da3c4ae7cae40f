import * as errors from "./command-errors";
import { createOutput } from "./output";
import { ChannelRefused, type ChannelEnd, type CommandSession, type SshChannel } from "./session";
import { commandLine } from "./shell-quote";
import type { Slots } from "./slots";
import { sudoProblem } from "./sudo";
import type { TransportError } from "./transport";
import { type ExecRequest, type ExecResult } from "./transport";

const defaultTimeoutSeconds = 120;
const defaultMaxOutputBytes = 16 * 1024 * 1024;

/** One connection that commands run on. */
export interface CommandHost {
  readonly session: CommandSession;
  /** `user@host:port`. */
  readonly endpoint: string;
  readonly user: string;
  readonly slots: Slots;
  /** Keeps the process alive until the returned function is called. */
  readonly busy: () => () => void;
}

/** What becomes of a command: `failed` or `ended` is called once, `over` when its channel is closed. */
export interface CommandEvents {
  opened(channel: SshChannel): void;
  stdout?(chunk: Buffer): void;
  failed(error: TransportError): void;
  ended(result: ExecResult): void;
  over?(): void;
}

export interface Command {
  /** From now on it may run for ever, and its output is dropped. */
  releaseLimits(): void;
}

export function exec(host: CommandHost, request: ExecRequest): Promise<ExecResult> {
  return new Promise((resolve, reject) => {
    const events: CommandEvents = {
      opened: (channel) => channel.endInput(request.stdin ?? ""),
      failed: reject,
      ended: resolve,
    };
    start(host, request, events).catch(reject);
  });
}

/** Waits for a slot, then runs the command. The time limit begins when it is sent, not while it waits for others. */
export async function start(host: CommandHost, request: ExecRequest, events: CommandEvents): Promise<Command> {
  const line = commandLine(request.argv, host.user);
  const idle = host.busy();
  const free = await host.slots.take();
  const outcome = createOutcome(host, request, events);
  const over = (): void => {
    free();
    idle();
    events.over?.();
  };
  const open = (): Promise<SshChannel> =>
    host.session.exec(line, {
      stdout: (chunk) => outcome.stdout(chunk),
      stderr: (chunk) => outcome.stderr(chunk),
      closed(end) {
        outcome.closed(end);
        over();
      },
    });
  try {
    outcome.opened(await openWhenThereIsRoom(open));
  } catch (error) {
    outcome.refused(error);
    over();
  }
  return outcome;
}

/**
 * sshd gives a session back a little after its channel is closed: with many short commands it counts more of them than
 * there are, and refuses the next. Nothing was run then.
 */
async function openWhenThereIsRoom(open: () => Promise<SshChannel>): Promise<SshChannel> {
  for (const milliseconds of [20, 50, 100, 200, 400, 800]) {
    try {
      return await open();
    } catch (error) {
      if (!(error instanceof ChannelRefused) || error.reason === "exec" || error.reason === "prohibited") throw error;
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
    }
  }
  return open();
}

/** Follows one command: limits, output, end. */
function createOutcome(host: CommandHost, request: ExecRequest, events: CommandEvents) {
  const info = { endpoint: host.endpoint, request };
  const { timeoutSeconds = defaultTimeoutSeconds, maxOutputBytes = defaultMaxOutputBytes } = request;
  const wasClosed = host.session.closed;
  let settled = false;
  let channel: SshChannel | undefined;
  const settle = (report: () => void): void => {
    if (settled) return;
    settled = true;
    clearTimeout(limit);
    report();
  };
  const cut = (error: TransportError): void => {
    settle(() => events.failed(error));
    channel?.abort();
  };
  const limit = setTimeout(() => cut(errors.timeoutError(info, timeoutSeconds)), timeoutSeconds * 1000);
  const output = createOutput(maxOutputBytes, () => cut(errors.outputError(info, maxOutputBytes)));
  return {
    stdout(chunk: Buffer): void {
      output.add("stdout", chunk);
      if (!settled) events.stdout?.(chunk);
    },
    stderr: (chunk: Buffer): void => output.add("stderr", chunk),
    opened(open: SshChannel): void {
      channel = open;
      if (settled) open.abort();
      else events.opened(open);
    },
    closed: (end: ChannelEnd): void => settle(() => report(host, events, { request, end, ...output.texts() })),
    refused(error: unknown): void {
      const known = wasClosed ? errors.closedError(host.endpoint, error) : startError(host, request, error);
      settle(() => events.failed(known));
    },
    releaseLimits(): void {
      clearTimeout(limit);
      output.stop();
    },
  };
}

interface Ending {
  readonly request: ExecRequest;
  readonly end: ChannelEnd;
  readonly stdout: string;
  readonly stderr: string;
}

function report(host: CommandHost, events: CommandEvents, ending: Ending): void {
  const info = { endpoint: host.endpoint, request: ending.request };
  if (ending.end.refused !== undefined) return events.failed(errors.refusedError(info, ending.end.refused));
  const exitCode = exitCodeOf(ending.end);
  if (exitCode === undefined)
    return events.failed(host.session.closed ? errors.lostError(info) : errors.noStatusError(info));
  const result = { exitCode, stdout: ending.stdout, stderr: ending.stderr };
  const problem = host.user === "root" ? undefined : sudoProblem(result, host.user);
  if (problem === undefined) events.ended(result);
  else events.failed(errors.sudoError(info, problem));
}

function exitCodeOf(end: ChannelEnd): number | undefined {
  return end.signal === undefined ? end.exitCode : errors.exitCodeOfSignal(end.signal);
}

function startError(host: CommandHost, request: ExecRequest, error: unknown): TransportError {
  const info = { endpoint: host.endpoint, request };
  const refused = error instanceof ChannelRefused && !host.session.closed;
  return refused ? errors.refusedError(info, error) : errors.lostError(info, error);
}
