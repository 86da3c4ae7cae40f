import { constants } from "node:os";
import type { ChannelRefused } from "./session";
import { shownCommand } from "./shell-quote";
import { TransportError, type ExecRequest } from "./transport";

/** stderr in a message: enough to see what happened. */
const shownStderrCharacters = 2000;

export interface CommandInfo {
  /** `user@host:port`. */
  readonly endpoint: string;
  readonly request: ExecRequest;
}

export function timeoutError({ endpoint, request }: CommandInfo, seconds: number): TransportError {
  return new TransportError(
    "timeout",
    `${endpoint}: \`${shownCommand(request.argv)}\` did not end within ${String(seconds)} s and was cut off. It may ` +
      "still be running on the host: look there with `ps` before the next run.",
  );
}

export function outputError({ endpoint, request }: CommandInfo, maxBytes: number): TransportError {
  return new TransportError(
    "output",
    `${endpoint}: \`${shownCommand(request.argv)}\` printed more than ${String(maxBytes)} bytes and was cut off. Run ` +
      "it on the host to see what it prints.",
  );
}

/** Before anything was sent. */
export function closedError(endpoint: string, cause?: unknown): TransportError {
  return new TransportError("connectionLost", `${endpoint}: the connection is closed: nothing was run.`, { cause });
}

export function lostError({ endpoint, request }: CommandInfo, cause?: unknown): TransportError {
  return new TransportError(
    "connectionLost",
    `${endpoint}: the connection was lost while \`${shownCommand(request.argv)}\` ran. It may have finished on the ` +
      "host, or may still be running. Check that the host is up and run again: each run reads the host first.",
    { cause },
  );
}

export function noStatusError({ endpoint, request }: CommandInfo): TransportError {
  return new TransportError(
    "connectionLost",
    `${endpoint}: the host closed the channel of \`${shownCommand(request.argv)}\` without an exit status. It may ` +
      "have finished. See sshd's log on the host.",
  );
}

export function refusedError({ endpoint, request }: CommandInfo, error: ChannelRefused): TransportError {
  const mend =
    error.reason === "exec"
      ? "Check ForceCommand in sshd_config, and restrictions before the key in authorized_keys"
      : "Check MaxSessions in sshd_config (this program uses 8 at most), and sshd's log";
  return new TransportError(
    "commandFailed",
    `${endpoint}: the host refused to run \`${shownCommand(request.argv)}\`: ${error.detail || error.reason}. ${mend}.`,
    { cause: error },
  );
}

export function sudoError({ endpoint, request }: CommandInfo, problem: string): TransportError {
  return new TransportError("sudo", `${endpoint}: cannot run \`${shownCommand(request.argv)}\` as root: ${problem}.`);
}

/** A held command ended before it said that it is ready. */
export function earlyEndError({ endpoint, request }: CommandInfo, exitCode: number, stderr: string): TransportError {
  const said = stderr.trim() === "" ? "It printed nothing to stderr" : stderr.trim().slice(-shownStderrCharacters);
  return new TransportError(
    "commandFailed",
    `${endpoint}: \`${shownCommand(request.argv)}\` ended with exit code ${String(exitCode)} before it was ready. ${said}`,
  );
}

/** As a shell tells it: 128 and the signal's number; a signal that this machine does not know counts as SIGKILL. */
export function exitCodeOfSignal(signal: string): number {
  const numbers: Partial<Record<string, number>> = constants.signals;
  return 128 + (numbers[signal] ?? constants.signals.SIGKILL);
}
