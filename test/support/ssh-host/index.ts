/**
 * A fake host for tests: a real SSH server (ssh2's `Server`) in this process, on 127.0.0.1. Every command that a
 * client sends runs in a real `sh -c` on this machine, with `KVM_TUNING_ROOT` set to a fixture folder and a folder
 * of stand-ins (`systemctl`, `grubby`, ...) first on PATH. Nothing of the SSH protocol is mocked.
 *
 *   const host = await startSshHost({ root: "/path/of/fixture", bin: "/path/of/stand-ins" });
 *   const transport = await connect(host.connection());            // root with a key, host key pinned
 *   const ops = host.connection({ user: "ops" });                  // a user without root: needs sudo
 *   host.fault(/systemctl/, { kind: "drop", at: "output" });       // the next command that matches
 *   host.fault(3, { kind: "powerCut" });                           // the third command from now
 *   host.execs.map((exec) => exec.command); host.execs[0]?.stdin;
 *   host.connections; host.authentications; host.tunnels;          // counters
 *   await host.close();                                            // also ends commands that still run
 *
 * Users: `root` and `ops`, both with the host's own client key (`host.clientKey`), unless `users` says otherwise.
 * A user takes any of `publicKeys`, `password`, `keyboardInteractive` (a password asked for at a prompt).
 * `sudo`: what `sudo` does: "passThrough" (default), "password" (asks for one), "denied", "absent".
 * Network faults: `host.answer = "silent"` (accepts TCP, says nothing), "reset", "http"; `await host.stopListening()`
 * and `await host.listenAgain()` (refused connections in between); `host.dropConnections()`;
 * `host.freeze()`; `host.rotateHostKeys()`; `latencyMilliseconds`; `banner`; `noise` (text on stdout before each command's output, as
 * from a careless .bashrc); `maxSessions` (10, as sshd's default); `maxAuthTries` (6).
 */
import { randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import { Server } from "ssh2";
import type { Connection as IncomingClient } from "ssh2";

import type { Connection } from "../../../provider/transport/connection";
import { authenticate, type FakeUser } from "./authentication";
import { environment, type SudoMode } from "./environment";
import { createFaults, type Fault } from "./faults";
import { fingerprintOf, generateKey, type KeyPair } from "./keys";
import { createListener, type Answer } from "./listener";
import { serveSessions, type RecordedExec } from "./sessions";
import { serveTunnels } from "./tunnels";

export { startSshAgent } from "./agent";
export { generateKey } from "./keys";

export interface SshHostOptions {
  /** The fixture: becomes `KVM_TUNING_ROOT` and the commands' working folder. Default: this process's temp folder. */
  readonly root?: string;
  /** Folder of stand-ins, first on PATH. */
  readonly bin?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly users?: Readonly<Record<string, FakeUser>>;
  readonly sudo?: SudoMode;
  /** The login shell, called with `-c <command>`. */
  readonly shell?: string;
  readonly hostKeys?: readonly KeyPair[];
  readonly banner?: string;
  readonly noise?: string;
  readonly latencyMilliseconds?: number;
  readonly maxSessions?: number;
  readonly maxAuthTries?: number;
  readonly port?: number;
}

export interface SshHost {
  readonly host: string;
  readonly port: number;
  /** The first host key, as `hostKey:` takes it. */
  readonly hostKey: string;
  /** `SHA256:...` of the first host key. */
  readonly hostKeyFingerprint: string;
  /** Lets `root` and `ops` in, unless `users` was given. */
  readonly clientKey: KeyPair;
  /** Complete connection arguments for this host; `more` goes over them. */
  connection(more?: Partial<Connection>): Connection;
  /** TCP connections that began an SSH handshake. */
  readonly connections: number;
  /** Logins that succeeded. */
  readonly authentications: number;
  /** Connections that are open now. */
  readonly openConnections: number;
  /** TCP connections forwarded for clients that use this host as a proxy. */
  readonly tunnels: number;
  /** Highest number of commands that ran at the same time on one connection. */
  readonly busiest: number;
  readonly execs: readonly RecordedExec[];
  /** `which`: the n-th exec from now, counted from 1, or a text or pattern in its command. Happens once. */
  fault(which: number | string | RegExp, fault: Fault): void;
  /** What a new TCP connection gets. */
  answer: Answer;
  /** Whether clients may use the host as a proxy (sshd's AllowTcpForwarding). */
  forwarding: boolean;
  stopListening(): Promise<void>;
  listenAgain(): Promise<void>;
  /** Drops every open connection without a word; commands go on, as under sshd. */
  dropConnections(): void;
  /** The host hangs: open connections stay, but nothing is read or answered any more. */
  freeze(): void;
  rotateHostKeys(keys?: readonly KeyPair[]): void;
  close(): Promise<void>;
}

export async function startSshHost(options: SshHostOptions = {}): Promise<SshHost> {
  const clientKey = generateKey();
  const users = options.users ?? { root: { publicKeys: [clientKey.public] }, ops: { publicKeys: [clientKey.public] } };
  let keys: readonly KeyPair[] = options.hostKeys ?? [generateKey()];
  const counts = { connections: 0, authentications: 0, tunnels: 0, busiest: 0, forwarding: true };
  const execs: RecordedExec[] = [];
  const faults = createFaults();
  const place = environment(options);
  const endings = new Set<() => void>();

  const greet = (client: IncomingClient): void => {
    counts.connections += 1;
    client.on("error", () => undefined); // a client that goes away is no fault of the host
    authenticate(client, { users, maxTries: options.maxAuthTries ?? 6 });
    client.on("ready", () => (counts.authentications += 1));
    serveSessions(client, { ...options, ...place, faults, execs, endings, counts, drop: () => drop(client) });
    serveTunnels(client, counts);
  };
  const newServer = (): Server =>
    new Server({ hostKeys: keys.map((key) => key.private), ...(options.banner && { banner: options.banner }) }, greet);
  let server = newServer();
  const listener = await createListener((socket) => server.injectSocket(socket), options.port ?? 0);
  const drop = (client: IncomingClient): void => void (client as unknown as { _sock: Socket })._sock.destroy();

  const connection = (more?: Partial<Connection>): Connection => ({
    host: "127.0.0.1",
    port: listener.port,
    user: "root",
    privateKey: clientKey.private,
    hostKey: keys[0]?.public,
    ...more,
  });
  return {
    host: "127.0.0.1",
    port: listener.port,
    clientKey,
    execs,
    connection,
    get hostKey() {
      return keys[0]?.public ?? "";
    },
    get hostKeyFingerprint() {
      return fingerprintOf(keys[0]?.public ?? "");
    },
    get connections() {
      return counts.connections;
    },
    get openConnections() {
      return listener.open;
    },
    get authentications() {
      return counts.authentications;
    },
    get tunnels() {
      return counts.tunnels;
    },
    get busiest() {
      return counts.busiest;
    },
    get forwarding() {
      return counts.forwarding;
    },
    set forwarding(allowed: boolean) {
      counts.forwarding = allowed;
    },
    get answer() {
      return listener.answer;
    },
    set answer(answer: Answer) {
      listener.answer = answer;
    },
    fault: (which, fault) => faults.add(which, fault),
    stopListening: () => listener.stop(),
    listenAgain: () => listener.start(),
    dropConnections: () => listener.dropAll(),
    freeze: () => listener.freezeAll(),
    rotateHostKeys(next = [generateKey()]) {
      keys = next;
      server = newServer();
    },
    async close() {
      for (const end of endings) end();
      await listener.stop();
      listener.dropAll();
      place.remove();
    },
  };
}

/** A text that no message, log or state may ever show. */
export function canary(name: string): string {
  return `CANARY-${name}-${randomBytes(6).toString("hex")}`;
}
