import { Socket } from "node:net";
import { TransportError } from "./transport";

/** Pauses between dials, as @pulumi/command has them: 100 ms, half as much again each time, at most 5 s. */
const firstPauseMilliseconds = 100;
const pauseFactor = 1.5;
const longestPauseMilliseconds = 5000;

/** `again`: a network error, which the next dial may not meet. */
export type DialResult<T> = { readonly opened: T } | { readonly error: TransportError; readonly again: boolean };

interface RetryOptions {
  readonly where: string;
  /** -1 = no limit. */
  readonly dialErrorLimit: number;
  readonly signal: AbortSignal;
}

export async function dialUntilLimit<T>(dial: () => Promise<DialResult<T>>, options: RetryOptions): Promise<T> {
  const began = Date.now();
  for (let dials = 1, pause = firstPauseMilliseconds; ; dials += 1) {
    const result = await dial();
    if ("opened" in result) return result.opened;
    const last = options.dialErrorLimit >= 0 && dials >= options.dialErrorLimit;
    if (!result.again || last) throw counted(result.error, dials, began);
    if (!options.signal.aborted) await pauseFor(pause, options.signal);
    if (options.signal.aborted) throw counted(stopped(options.where, result.error), dials, began);
    pause = Math.min(pause * pauseFactor, longestPauseMilliseconds);
  }
}

function stopped(where: string, last: TransportError): TransportError {
  return new TransportError("unreachable", `${where}: the dial was stopped.`, { cause: last });
}

function counted(error: TransportError, dials: number, began: number): TransportError {
  if (dials === 1) return error;
  const seconds = Math.round((Date.now() - began) / 1000);
  const message = `${error.message} (${String(dials)} dials in ${String(seconds)} s)`;
  return new TransportError(error.failure, message, { cause: error.cause });
}

function pauseFor(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
  });
}

interface TcpTarget {
  readonly host: string;
  readonly port: number;
  /** 0 = no limit. */
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
}

/** Small commands and their answers must not wait for each other's acknowledgement (40 ms each): no delay. */
export function openSocket({ host, port, timeoutSeconds, signal }: TcpTarget): Promise<Socket> {
  return new Promise((resolve, reject) => {
    // Set on the socket itself: connect() ignores an option noDelay.
    const socket = new Socket().setNoDelay(true).setKeepAlive(true);
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
      socket.off("error", fail);
    };
    const fail = (error: Error): void => {
      end();
      socket.on("error", () => undefined).destroy();
      reject(error);
    };
    const abort = (): void => fail(withCode("ABORTED"));
    const timer =
      timeoutSeconds > 0 ? setTimeout(() => fail(withCode("DIAL_TIMEOUT")), timeoutSeconds * 1000) : undefined;
    signal.addEventListener("abort", abort);
    socket.once("error", fail);
    socket.connect({ host, port }, () => {
      end();
      resolve(socket);
    });
  });
}

function withCode(code: string): Error {
  return Object.assign(new Error(code), { code });
}
