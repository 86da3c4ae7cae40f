import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AgentProtocol, utils, type ParsedKey } from "ssh2";

import type { KeyPair } from "./keys";

export interface SshAgent {
  readonly socketPath: string;
  close(): void;
}

/** A real SSH agent on a socket of its own, which holds the given keys. */
export async function startSshAgent(keys: readonly KeyPair[]): Promise<SshAgent> {
  const folder = mkdtempSync(join(tmpdir(), "ssh-agent-"));
  const socketPath = join(folder, "agent.sock");
  const parsed = keys.map((key) => utils.parseKey(key.private) as ParsedKey);
  const server = createServer((socket) => serve(socket, parsed));
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return {
    socketPath,
    close() {
      server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function serve(socket: Socket, keys: readonly ParsedKey[]): void {
  const protocol = new AgentProtocol(false);
  protocol.on("identities", (request) => protocol.getIdentitiesReply(request, [...keys]));
  protocol.on("sign", (request, asked: ParsedKey, data) => {
    const key = keys.find((each) => each.getPublicSSH().equals(asked.getPublicSSH()));
    if (key === undefined) protocol.failureReply(request);
    else protocol.signReply(request, key.sign(data));
  });
  socket.on("error", () => undefined);
  socket.pipe(protocol).pipe(socket);
}
