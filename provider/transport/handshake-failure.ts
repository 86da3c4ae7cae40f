import type { Duplex } from "node:stream";
import type { SessionFailure } from "./session";

export type Stage = "greeting" | "handshake" | "authentication";

/** How ssh2 reports what went wrong before a login: by `level`, by a disconnect reason as `code`, or by its text. */
export interface HandshakeError {
  readonly message: string;
  readonly level?: string;
  readonly code?: unknown;
}

export function failureOf(error: HandshakeError, stage: Stage): SessionFailure {
  if (error.level === "client-authentication") return "authentication";
  if (/no matching host key format/.test(error.message)) return "noHostKeyAlgorithm";
  if (/Invalid header|Header line too long|greeting lines|Invalid identification/.test(error.message)) return "notSsh";
  if (error.level === "client-socket" || /Connection lost before handshake/.test(error.message)) return "closed";
  // A number is the reason of an SSH disconnect message; sshd's "Too many authentication failures" has reason 2.
  if (typeof error.code === "number") return stage === "authentication" ? "tooManyAttempts" : "disconnected";
  return "protocol";
}

const shownCharacters = 80;

/**
 * The first line that the server sends. An SSH server may send others before its `SSH-2.0-...` (RFC 4253, section
 * 4.2); sshd turns clients away with a line of its own and no more.
 */
export function firstLineOf(stream: Duplex): { isOther(): boolean; readonly text: string } {
  let text = "";
  const read = (chunk: Buffer): void => {
    text += chunk.toString("latin1").slice(0, shownCharacters);
    if (text.length >= shownCharacters || text.includes("\n")) stream.off("data", read);
  };
  stream.on("data", read);
  const line = (): string => (text.split(/[\r\n]/)[0] ?? "").replaceAll(/[^ -~]/g, "?").slice(0, shownCharacters);
  return {
    /** Something was said, but neither SSH nor what sshd says when it has too many clients or bars this one. */
    isOther: () => text !== "" && !/^(SSH-|Exceeded MaxStartups|Not allowed at this time)/.test(text),
    get text() {
      return line();
    },
  };
}
