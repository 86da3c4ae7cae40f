import { createServer, type AddressInfo, type Socket } from "node:net";

/** What a new TCP connection gets: SSH, no word at all, SSH's first line alone, a reset, a closed connection, or another protocol. */
export type Answer = "ssh" | "silent" | "bannerOnly" | "reset" | "hangUp" | "http";

export interface Listener {
  readonly port: number;
  answer: Answer;
  stop(): Promise<void>;
  start(): Promise<void>;
  dropAll(): void;
  freezeAll(): void;
  readonly open: number;
}

export async function createListener(serve: (socket: Socket) => void, wantedPort: number): Promise<Listener> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => undefined);
    reply(listener.answer, socket, serve);
  });
  const listen = (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", () => {
        server.off("error", reject);
        resolve();
      });
    });
  await listen(wantedPort);
  const { port } = server.address() as AddressInfo;
  const listener: Listener = {
    port,
    answer: "ssh",
    // Open connections outlive the listening socket: its `close` callback, which waits for them, is not awaited.
    stop() {
      if (server.listening) server.close();
      return Promise.resolve();
    },
    start: () => listen(port),
    dropAll: () => {
      for (const socket of sockets) socket.destroy();
    },
    freezeAll: () => {
      for (const socket of sockets) socket.pause();
    },
    get open() {
      return sockets.size;
    },
  };
  return listener;
}

function reply(answer: Answer, socket: Socket, serve: (socket: Socket) => void): void {
  switch (answer) {
    case "ssh":
      return serve(socket);
    case "silent":
      return void socket.resume();
    case "bannerOnly":
      socket.resume();
      return void socket.write("SSH-2.0-OpenSSH_9.2p1\r\n");
    case "reset":
      return void socket.resetAndDestroy();
    case "hangUp":
      return void socket.end();
    case "http":
      // What a web server says to an SSH client's first line.
      socket.end("HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n400 Bad Request");
  }
}
