// "building the pulumi CLI with Go, about 5 minutes, once: 1m20s" on stderr, so that stdout stays with the results.
const TICK_TERMINAL_MS = 1_000;
const TICK_LOG_MS = 5_000;

export function elapsed(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${String(seconds % 60).padStart(2, "0")}s`;
}

/** Runs `work` and meanwhile shows `what` with the time elapsed; `say` adds what it is at. */
export async function withProgress<T>(what: string, work: (say: (now: string) => void) => Promise<T>): Promise<T> {
  const started = Date.now();
  const { isTTY } = process.stderr;
  let now = "";
  const show = (end: string): void => {
    const line = `${what}: ${elapsed(Date.now() - started)}${now === "" ? "" : ` (${now})`}${end}`;
    if (!isTTY) process.stderr.write(`${line}\n`);
    // A line wider than the terminal would wrap, and a carriage return would not take it back.
    else process.stderr.write(`\r\x1b[K${line.slice(0, process.stderr.columns - 1)}`);
  };
  show("");
  const ticker = setInterval(() => show(""), isTTY ? TICK_TERMINAL_MS : TICK_LOG_MS);
  let end = ", failed";
  try {
    const result = await work((text) => {
      now = text;
    });
    now = "";
    end = ", done";
    return result;
  } finally {
    clearInterval(ticker);
    show(end);
    if (isTTY) process.stderr.write("\n");
  }
}
