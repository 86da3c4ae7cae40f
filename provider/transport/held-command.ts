import { start, type CommandHost } from "./command";
import { earlyEndError } from "./command-errors";
import type { SshChannel } from "./session";
import type { HeldCommand, HoldRequest } from "./transport";

/** A command whose input was closed and that does not end is cut off after this time. */
const releaseMilliseconds = 10_000;

export function hold(host: CommandHost, request: HoldRequest): Promise<HeldCommand> {
  return new Promise((resolve, reject) => {
    const state: { channel?: SshChannel; ended: boolean } = { ended: false };
    let over = (): void => undefined;
    const ended = new Promise<void>((done) => (over = done));
    let ready = (_line: string): void => undefined;
    const reader = lineReader(request.marker, (line) => ready(line));
    const command = start(host, request, {
      opened(channel) {
        state.channel = channel;
        if (request.stdin !== undefined) channel.write(request.stdin);
      },
      stdout: reader,
      failed: reject,
      ended: ({ exitCode, stderr }) => reject(earlyEndError({ endpoint: host.endpoint, request }, exitCode, stderr)),
      over() {
        state.ended = true;
        over();
      },
    });
    command.catch(reject);
    ready = (line) => {
      void command.then(
        (running) => running.releaseLimits(),
        () => undefined,
      );
      resolve({
        firstLine: line,
        get ended() {
          return state.ended;
        },
        release: () => release(state.channel, ended),
      });
    };
  });
}

async function release(channel: SshChannel | undefined, ended: Promise<void>): Promise<void> {
  channel?.endInput("");
  const limit = setTimeout(() => channel?.abort(), releaseMilliseconds);
  await ended;
  clearTimeout(limit);
}

/** Calls `found` once, with the first line, or with the first one that starts with `marker`. */
function lineReader(marker: string | undefined, found: (line: string) => void): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0);
  let done = false;
  return (chunk) => {
    if (done) return;
    const lines = Buffer.concat([rest, chunk]).toString("latin1").split("\n");
    rest = Buffer.from(lines.pop() ?? "", "latin1");
    const line = lines
      .map((each) => Buffer.from(each, "latin1").toString())
      .find((each) => marker === undefined || each.startsWith(marker));
    if (line === undefined) return;
    done = true;
    found(line);
  };
}
