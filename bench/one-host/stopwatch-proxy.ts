/* A TCP proxy before a host's sshd, which sees how long a connection was needed. */
import { connect, createServer } from "node:net";

export interface StopwatchProxy {
  readonly port: number;
  /**
   * Of the connections since the last call: seconds from each one's begin to the last byte that the host sent, added up.
   * Not to its close: a process may keep a connection that it no longer needs until it ends.
   */
  take(): { readonly connections: number; readonly seconds: number };
  close(): void;
}

export async function startProxy(target: { readonly host: string; readonly port: number }): Promise<StopwatchProxy> {
  let connections: { begin: number; last: number }[] = [];
  const server = createServer({ noDelay: true }, (client) => {
    const begin = performance.now();
    const times = { begin, last: begin };
    connections.push(times);
    const host = connect({ ...target, noDelay: true });
    host.on("data", () => (times.last = performance.now()));
    client.pipe(host).pipe(client);
    for (const [one, other] of [
      [client, host],
      [host, client],
    ] as const)
      one.on("error", () => other.destroy()).on("close", () => other.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  return {
    port: address.port,
    take() {
      const taken = connections;
      connections = [];
      const seconds = taken.reduce((sum, { begin, last }) => sum + (last - begin) / 1000, 0);
      return { connections: taken.length, seconds };
    },
    close: () => void server.close(),
  };
}
