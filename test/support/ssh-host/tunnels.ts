import { connect } from "node:net";
import type { Connection } from "ssh2";

/** Lets a client use the host as a proxy (direct-tcpip, what `ssh -J` uses). */
export function serveTunnels(client: Connection, counts: { tunnels: number }): void {
  client.on("tcpip", (accept, reject, target) => {
    const socket = connect({ host: target.destIP, port: target.destPort, noDelay: true });
    socket.once("connect", () => {
      counts.tunnels += 1;
      const channel = accept();
      channel.on("error", () => undefined);
      channel.on("close", () => socket.destroy());
      socket.on("close", () => channel.end());
      socket.pipe(channel).pipe(socket);
    });
    socket.on("error", () => reject());
  });
}
