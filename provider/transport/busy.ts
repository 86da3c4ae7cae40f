import type { Socket } from "node:net";

/**
 * An idle connection must not keep the process alive, a running command must. The socket counts for the event loop
 * while at least one of the returned functions has not been called.
 */
export function busySocket(socket: Socket): () => () => void {
  let count = 0;
  socket.unref();
  return () => {
    count += 1;
    if (count === 1) socket.ref();
    let done = false;
    return () => {
      if (done) return;
      done = true;
      count -= 1;
      if (count === 0) socket.unref();
    };
  };
}
