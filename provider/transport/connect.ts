import { busySocket } from "./busy";
import { exec, type CommandHost } from "./command";
import type { HopInfo } from "./connect-errors";
import { defaultPort, defaultUser, endpointOf, type Connection, type ProxyConnection } from "./connection";
import { loadCredentials, type KeyTools } from "./credentials";
import { dialUntilLimit, openSocket } from "./dial";
import { hold } from "./held-command";
import { dialHop, type Link, type OpenedHop } from "./hop";
import { defaultKeepalive, keepAlive, type KeepaliveOptions } from "./keepalive";
import type { OpenSession } from "./session";
import { createSharedProxies, type SharedProxies } from "./shared-proxies";
import { createSlots } from "./slots";
import type { Transport } from "./transport";

const defaultDialErrorLimit = 10;
const defaultPerDialTimeoutSeconds = 15;
/** sshd's MaxSessions is 10; two are left to others that share the user's limit. */
const commandsAtOnce = 8;

export interface ConnectParts {
  readonly openSession: OpenSession;
  readonly keyTools: KeyTools;
  readonly keepalive?: KeepaliveOptions;
}

/** Opens a connection and logs in. `signal` ends waiting between dials. */
export type Connect = (connection: Connection, signal?: AbortSignal) => Promise<Transport>;

export function createConnect(parts: ConnectParts): Connect {
  const never = new AbortController().signal;
  // A proxy is shared, so no single asker's signal may end its dial; its own limits do.
  const proxies = createSharedProxies((proxy) => openHop(parts, direct(proxy, "connection.proxy", never)));
  return async (connection, signal = never) => {
    const way =
      connection.proxy === undefined ? direct(connection, "connection", signal) : through(proxies, connection, signal);
    return transportOver(connection, await openHop(parts, way));
  };
}

interface Way {
  readonly hop: HopInfo;
  readonly signal: AbortSignal;
  readonly reach: () => Promise<Link>;
}

function direct(connection: ProxyConnection, path: string, signal: AbortSignal): Way {
  const hop = hopInfo(connection, path);
  return {
    hop,
    signal,
    async reach() {
      const { host, port = defaultPort } = connection;
      const socket = await openSocket({ host, port, timeoutSeconds: hop.timeoutSeconds, signal });
      const busy = busySocket(socket);
      return { stream: socket, busy };
    },
  };
}

function through(proxies: SharedProxies, connection: Connection, signal: AbortSignal): Way {
  const { proxy, host, port = defaultPort } = connection;
  if (proxy === undefined) return direct(connection, "connection", signal);
  const hop = hopInfo(connection, "connection");
  return {
    hop: { ...hop, where: `${hop.where} (through the proxy ${endpointOf(proxy)})`, viaProxy: true },
    signal,
    async reach() {
      const used = await proxies.use(proxy);
      const idle = used.hop.busy();
      try {
        const stream = await used.hop.session.tunnel(host, port);
        stream.once("close", () => used.leave());
        return { stream, busy: () => used.hop.busy() };
      } catch (error) {
        used.leave();
        throw error;
      } finally {
        idle();
      }
    },
  };
}

function hopInfo(connection: ProxyConnection, path: string): HopInfo {
  const timeoutSeconds = connection.perDialTimeout ?? defaultPerDialTimeoutSeconds;
  return { where: endpointOf(connection), path, connection, timeoutSeconds, viaProxy: false };
}

async function openHop(parts: ConnectParts, { hop, signal, reach }: Way): Promise<OpenedHop> {
  const credentials = await loadCredentials(hop, parts.keyTools);
  const dialErrorLimit = hop.connection.dialErrorLimit ?? defaultDialErrorLimit;
  const dial = { hop, credentials, openSession: parts.openSession, signal, reach };
  const opened = await dialUntilLimit(() => dialHop(dial), { dialErrorLimit, signal, where: hop.where });
  keepAlive(opened.session, parts.keepalive ?? defaultKeepalive);
  return opened;
}

/** Commands on one session, eight at a time. */
export function transportOver(
  connection: Connection,
  { session, busy }: Pick<CommandHost, "session" | "busy">,
): Transport {
  const endpoint = endpointOf(connection);
  const user = connection.user ?? defaultUser;
  const host: CommandHost = { session, endpoint, user, slots: createSlots(commandsAtOnce), busy };
  return {
    endpoint,
    exec: (request) => exec(host, request),
    hold: (request) => hold(host, request),
    get closed() {
      return session.closed;
    },
    close: () => session.end(),
  };
}
