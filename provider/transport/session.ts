import type { Duplex } from "node:stream";
import type { Credentials } from "./credentials";

/** What commands need: one authenticated connection. Implemented by ssh2.ts and by openssh/session.ts. */
export interface CommandSession {
  /** Rejects with `ChannelRefused` if the host declines, with another error if the connection is gone. */
  exec(command: string, on: ChannelEvents): Promise<SshChannel>;
  readonly closed: boolean;
  end(): void;
}

/** What is needed of an SSH library besides. */
export interface SshSession extends CommandSession {
  /** A TCP connection from the host onwards. Rejects as `exec` does. */
  tunnel(host: string, port: number): Promise<Duplex>;
  /** Asks the host for any answer; `onAnswer` is called when one comes. */
  ping(onAnswer: () => void): void;
  /** Called once, when the connection is gone. */
  onClosed(listener: () => void): void;
  /** Drops the connection without waiting for anything. */
  destroy(): void;
}

export interface ChannelEvents {
  stdout(chunk: Buffer): void;
  stderr(chunk: Buffer): void;
  /** Once, after all output. Neither field: the channel was closed without an exit status. */
  closed(end: ChannelEnd): void;
}

export interface ChannelEnd {
  readonly exitCode?: number;
  /** `SIGKILL` and so on. */
  readonly signal?: string;
  /** Where the host's refusal comes only now: nothing was run. */
  readonly refused?: ChannelRefused;
}

export interface SshChannel {
  endInput(text: string): void;
  write(text: string): void;
  /** Asks the host to end the command, and closes the channel. */
  abort(): void;
}

export interface SessionRequest {
  /** An open connection to the SSH server. */
  readonly stream: Duplex;
  readonly user: string;
  readonly credentials: Credentials;
  readonly hostKeyAlgorithms: readonly string[] | undefined;
  readonly verifyHostKey: (blob: Buffer) => boolean;
  /** Of the whole handshake with authentication; 0 = none. */
  readonly timeoutSeconds: number;
}

export type OpenSession = (request: SessionRequest) => Promise<SshSession>;

export type SessionFailure =
  | "closed" // before the handshake was complete
  | "timeout"
  | "notSsh"
  | "noHostKeyAlgorithm"
  | "hostKeyRefused"
  | "protocol" // no algorithm in common, or a broken message
  | "authentication"
  | "tooManyAttempts"
  | "passwordExpired"
  | "disconnected"; // by the host, with a reason

/** Why no session came to be. `detail` is what the host or the protocol said, never anything of ours. */
export class SessionError extends Error {
  override readonly name = "SessionError";
  constructor(
    readonly failure: SessionFailure,
    readonly detail: string,
    readonly more: {
      readonly stage?: "greeting" | "handshake" | "authentication";
      readonly tried?: readonly string[];
      readonly accepted?: readonly string[];
    } = {},
  ) {
    super(`${failure}: ${detail}`);
  }
}

/** The host declined to open a channel or to run a command on it. */
export class ChannelRefused extends Error {
  override readonly name = "ChannelRefused";
  constructor(
    readonly reason: "prohibited" | "connectFailed" | "exec" | "shortage",
    readonly detail: string,
  ) {
    super(detail);
  }
}
