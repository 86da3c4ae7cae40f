import { start, type CommandHost } from "./command";
import { earlyEndError } from "./command-errors";
import type { SshChannel } from "./session";
import type { HeldCommand, HoldRequest } from "./transport";

/** A command whose input was closed and that does not end is cut off after this time. */
const releaseMilliseconds = 10_000;

export function hold(host: CommandHost, request: HoldRequest): Promise<HeldCommand> {
  return new Promise((resolve, reject) => {
    let channel: SshChannel | undefined;
    let over = (): void => undefined;
    let isOver = false;
    const ended = new Promise<void>((done) => (over = done));
    const ready = (firstLine: string): void => {
      running.then((command) => command.releaseLimits(), reject);
      resolve({
        firstLine,
        get ended() {
          return isOver;
        },
        release: () => release(channel, ended),
      });
    };
    const running = start(host, request, {
      opened(open) {
        channel = open;
        if (request.stdin !== undefined) open.write(request.stdin);
      },
      stdout: lineReader(request.marker, ready),
      failed: reject,
      ended: ({ exitCode, stderr }) => reject(earlyEndError({ endpoint: host.endpoint, request }, exitCode, stderr)),
      over() {
        isOver = true;
        over();
      },
    });
    running.catch(reject);
  });
}

async function release(channel: SshChannel | undefined, ended: Promise<void>): Promise<void> {
  channel?.endInput("");
  let limit: NodeJS.Timeout | undefined;
  const tooLong = new Promise<void>((resolve) => {
    limit = setTimeout(() => {
      channel?.abort();
      resolve();
    }, releaseMilliseconds);
  });
  await Promise.race([ended, tooLong]);
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
