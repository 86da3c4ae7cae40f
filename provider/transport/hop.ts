import type { Duplex } from "node:stream";
import * as errors from "./connect-errors";
import type { Credentials } from "./credentials";
import type { DialResult } from "./dial";
import { accepts, hostKeyProblem, hostKeyRule, offersToAskFor, type HostKeyRule } from "./host-key";
import { ChannelRefused, SessionError, type OpenSession, type SshSession } from "./session";
import { TransportError } from "./transport";

/** A byte stream to an SSH server: a socket, or a channel through a proxy. */
export interface Link {
  readonly stream: Duplex;
  /** Keeps the process alive until the returned function is called. */
  readonly busy: () => () => void;
}

export interface OpenedHop {
  readonly session: SshSession;
  readonly busy: () => () => void;
}

export interface HopDial {
  readonly hop: errors.HopInfo;
  readonly credentials: Credentials;
  readonly openSession: OpenSession;
  readonly signal: AbortSignal;
  /** Makes a new stream to the server at each call. */
  readonly reach: () => Promise<Link>;
}

/** One dial: a stream, the handshake, the host key, the login. */
export async function dialHop(dial: HopDial): Promise<DialResult<OpenedHop>> {
  const rule = hostKeyRule(dial.hop.connection);
  const seen: { offered?: Buffer } = {};
  for (const algorithms of offersToAskFor(rule)) {
    if (algorithms === undefined && seen.offered !== undefined) break;
    const result = await handshake(dial, rule, { algorithms, seen });
    if (result !== "nextOffer") return result;
  }
  const problem = hostKeyProblem(rule, seen.offered, dial.hop.path);
  return { error: new TransportError("hostKey", `${dial.hop.where}: ${problem}.`), again: false };
}

interface Offer {
  readonly algorithms: readonly string[] | undefined;
  /** The first key that the host offered. */
  readonly seen: { offered?: Buffer };
}

async function handshake(
  dial: HopDial,
  rule: HostKeyRule,
  { algorithms, seen }: Offer,
): Promise<DialResult<OpenedHop> | "nextOffer"> {
  const link = await dial.reach().catch((error: unknown) => reachError(dial.hop, error));
  if ("error" in link) return link;
  const idle = link.busy();
  const stop = (): void => void link.stream.destroy();
  dial.signal.addEventListener("abort", stop);
  try {
    const session = await dial.openSession({
      stream: link.stream,
      user: dial.hop.connection.user ?? "root",
      credentials: dial.credentials,
      hostKeyAlgorithms: algorithms,
      verifyHostKey(blob) {
        seen.offered ??= blob;
        return accepts(rule, blob);
      },
      timeoutSeconds: dial.hop.timeoutSeconds,
    });
    return { opened: { session, busy: () => link.busy() } };
  } catch (error) {
    if (!(error instanceof SessionError)) throw error;
    if (error.failure === "hostKeyRefused" || error.failure === "noHostKeyAlgorithm") return "nextOffer";
    const known = errors.sessionError(dial.hop, error, dial.credentials);
    return { error: known, again: error.failure === "closed" || error.failure === "timeout" };
  } finally {
    idle();
    dial.signal.removeEventListener("abort", stop);
  }
}

function reachError(hop: errors.HopInfo, error: unknown): { readonly error: TransportError; readonly again: boolean } {
  if (error instanceof TransportError) return { error, again: false }; // the proxy's own, dialled as often as it may be
  if (hop.viaProxy) {
    const again = !(error instanceof ChannelRefused) || error.reason === "connectFailed";
    return { error: errors.tunnelError(hop, error), again };
  }
  return { error: errors.socketError(hop, error), again: true };
}
