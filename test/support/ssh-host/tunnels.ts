import { connect } from "node:net";
import type { Connection } from "ssh2";

/** Lets a client use the host as a proxy (direct-tcpip, what `ssh -J` uses). */
export function serveTunnels(client: Connection, counts: { tunnels: number; forwarding: boolean }): void {
  client.on("tcpip", (accept, reject, target) => {
    if (!counts.forwarding) return prohibit(client, reject);
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

/** ssh2's `reject` can only say "connect failed"; sshd says "administratively prohibited" (RFC 4254: 1). */
function prohibit(client: Connection, reject: () => void): void {
  interface Protocol {
    channelOpenFail: (...args: [recipient: number, reason: number, text: string]) => void;
  }
  const { _protocol: protocol } = client as unknown as { _protocol: Protocol };
  const channelOpenFail = protocol.channelOpenFail.bind(protocol);
  protocol.channelOpenFail = (recipient) => channelOpenFail(recipient, 1, "open failed");
  reject();
  protocol.channelOpenFail = channelOpenFail;
}
