/** How the provider reaches a host. Nothing above this interface knows SSH. */

export interface ExecRequest {
  /** Quoted by the transport: no value is ever part of a script text. */
  readonly argv: readonly string[];
  /** Sent to the command's standard input, which is then closed. Default: empty. */
  readonly stdin?: string;
  /** After this time the channel is closed and `CommandTimeout` is thrown. Default 120. */
  readonly timeoutSeconds?: number;
  /** Output above this is an error, never kept. Default 16 MiB. */
  readonly maxOutputBytes?: number;
}

export interface ExecResult {
  /** 128 + signal number when a signal ended the command, as in a shell. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface HoldRequest extends ExecRequest {
  /** Lines before the one that starts with this are noise of a login shell. Default: any line is the command's own. */
  readonly marker?: string;
}

/** A command that runs until its input is closed: a held lock. */
export interface HeldCommand {
  /** The first line that the command printed, or the first that starts with the marker. */
  readonly firstLine: string;
  /** True when the command has ended, also by a dropped connection: a lock is then no longer held. */
  readonly ended: boolean;
  /** Closes the input and waits for the command's end. Never throws: a dropped connection has ended it too. */
  release(): Promise<void>;
}

/** One open connection to one endpoint. Commands run with LC_ALL=C, without a TTY, as root (`sudo -n` if needed). */
export interface Transport {
  /** `user@host:port`, for messages. */
  readonly endpoint: string;
  exec(request: ExecRequest): Promise<ExecResult>;
  /**
   * Waits for the first line of output, up to the time limit; `stdin` is sent but the input stays open. If the command
   * ends before that line, throws with its exit code and stderr.
   */
  hold(request: HoldRequest): Promise<HeldCommand>;
  /** True after the connection was lost or closed: the pool then opens a new one. */
  readonly closed: boolean;
  close(): void;
}

export type TransportFailure =
  | "unreachable" // no TCP connection, no SSH banner, name not found
  | "authentication" // every offered key or password was refused
  | "hostKey" // none configured, or another one offered
  | "connectionLost" // dropped while a command ran
  | "timeout" // the command's time limit
  | "output" // more output than allowed
  | "sudo" // sudo asks for a password, or is not there
  | "commandFailed"; // ended before it should have (hold)

/** Every error of this layer: says what, where (host, port, user) and how to mend. Never holds a secret. */
export class TransportError extends Error {
  override readonly name = "TransportError";
  constructor(
    readonly failure: TransportFailure,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}
