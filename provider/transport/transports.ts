import type { Connect } from "./connect";
import type * as Openssh from "./openssh/connect";
import type * as Ssh2 from "./ssh2";

/** By the connection's own wish. Each is loaded at first use. */
export const connect: Connect = (connection, signal) => {
  const { connect: by } =
    connection.transport === "openssh"
      ? (require("./openssh/connect") as typeof Openssh)
      : (require("./ssh2") as typeof Ssh2);
  return by(connection, signal);
};
