/*
 * ssh(1) ends with 255 for its own failures, for a command that ended so, and for one that a signal ended. So the host
 * says the exit code itself, in a frame behind all else on stderr; without it the command's end is not known.
 */
import { randomBytes } from "node:crypto";
import { shellQuote } from "../shell-quote";

const script = 'sh -c "$2"; code=$?; printf "%s%s\\n" "$1" "$code" >&2; exit "$code"';

export const newFrame = (): string => `\u001ekvm-tuning ${randomBytes(12).toString("hex")} `;

/** The command line with the frame behind it. */
export const framed = (frame: string, line: string): string =>
  ["sh", "-c", script, "kvm-tuning", frame, line].map(shellQuote).join(" ");

export interface FrameReader {
  /** What of the chunk is surely the command's own. */
  take(chunk: Buffer): Buffer;
  /** What was held back, when nothing more comes. */
  rest(): Buffer;
  readonly exitCode: number | undefined;
}

export function frameReader(frame: string): FrameReader {
  const mark = Buffer.from(frame);
  let held = Buffer.alloc(0);
  return {
    take(chunk) {
      held = Buffer.concat([held, chunk]);
      const start = held.indexOf(mark);
      const own = held.subarray(0, start < 0 ? held.length - partOf(mark, held) : start);
      held = held.subarray(own.length);
      return own;
    },
    rest: () => (held.indexOf(mark) < 0 ? held : Buffer.alloc(0)),
    get exitCode() {
      const code = /^(\d+)\n/.exec(held.subarray(held.indexOf(mark) < 0 ? held.length : mark.length).toString())?.[1];
      return code === undefined ? undefined : Number(code);
    },
  };
}

/** How much of the text's end could be the beginning of the mark. */
function partOf(mark: Buffer, text: Buffer): number {
  for (let length = Math.min(mark.length - 1, text.length); length > 0; length -= 1)
    if (text.subarray(text.length - length).equals(mark.subarray(0, length))) return length;
  return 0;
}
