/**
 * The one file that knows ssh2. Key exchange keeps ssh2's default order: curve25519 first; of the slow sntrup761
 * hybrid, which costs a connection 0.1 s, ssh2 1.17 knows nothing. Keepalive is not ssh2's own: its timer would keep
 * the process alive for as long as a connection is open (see keepalive.ts).
 */
import type { Duplex } from "node:stream";
import { Client, createAgent, utils } from "ssh2";
import type { AnyAuthMethod, Channel, ClientChannel, ParsedKey, ServerHostKeyAlgorithm } from "ssh2";

import { createConnect } from "./connect";
import type { Credentials, KeyTools, PrivateKeyResult } from "./credentials";
import { failureOf, firstLineOf, type HandshakeError, type Stage } from "./handshake-failure";
import {
  ChannelRefused,
  SessionError,
  type ChannelEvents,
  type SessionRequest,
  type SshChannel,
  type SshSession,
} from "./session";

const agentTimeoutMilliseconds = 5000;

export const keyTools: KeyTools = { readPrivateKey, countAgentKeys };

/** Opens a connection; hosts behind one proxy share the connection to it. */
export const connect = createConnect({ openSession, keyTools });

function readPrivateKey(text: string, passphrase: string | undefined): PrivateKeyResult {
  const parsed = utils.parseKey(text, passphrase) as ParsedKey | ParsedKey[] | Error;
  if (parsed instanceof Error) return { problem: keyProblem(parsed.message) };
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key === undefined) return { problem: "unreadable" };
  return key.isPrivateKey() ? { key } : { problem: "publicKey" };
}

/** ssh2's messages are only told apart here: some repeat a part of the text that they could not read. */
function keyProblem(message: string): "encrypted" | "passphrase" | "unreadable" {
  if (/no passphrase given/i.test(message)) return "encrypted";
  return /bad passphrase|bad decrypt|failed to (generate information to )?decrypt/i.test(message)
    ? "passphrase"
    : "unreadable";
}

function countAgentKeys(socketPath: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("no answer")), agentTimeoutMilliseconds);
    createAgent(socketPath).getIdentities((error, keys) => {
      clearTimeout(timer);
      if (error) reject(error);
      else resolve(keys?.length ?? 0);
    });
  });
}

export async function openSession(request: SessionRequest): Promise<SshSession> {
  const client = new Client();
  const login = loginMethods(request.user, request.credentials);
  await new Promise<void>((resolve, reject) => {
    const done = (error?: SessionError): void => {
      clearTimeout(timer);
      if (error === undefined) return resolve();
      reject(error);
      client.destroy();
      request.stream.resume().destroy(); // read to its end: a channel closes only then
    };
    const handshake = watchHandshake(client, { request, login, done });
    const timer = setTimeout(() => handshake.timeOut(), request.timeoutSeconds * 1000 || 2 ** 31 - 1);
    client.connect({
      sock: request.stream,
      username: request.user,
      readyTimeout: 0,
      keepaliveInterval: 0,
      hostVerifier: (blob: Buffer) => handshake.verify(blob),
      authHandler: login.next,
      ...(request.hostKeyAlgorithms && {
        algorithms: { serverHostKey: request.hostKeyAlgorithms as ServerHostKeyAlgorithm[] },
      }),
    });
  });
  return sessionOver(client);
}

interface Login {
  readonly tried: string[];
  accepted: readonly string[];
  readonly next: (left: readonly string[] | null, partial: boolean | null, callback: unknown) => AnyAuthMethod | false;
}

/** Offers each method once, and only if the host accepts its kind. */
function loginMethods(user: string, { privateKey, password, agent }: Credentials): Login {
  const methods: { name: string; method: AnyAuthMethod }[] = [];
  const add = (name: string, method: object): void =>
    void methods.push({ name, method: { username: user, ...method } as AnyAuthMethod });
  if (privateKey !== undefined) add("privateKey", { type: "publickey", key: privateKey });
  if (password !== undefined) {
    // Name, instructions and language of the question come first, then the prompts and the callback.
    const prompt = (...question: [string, string, string, unknown[], (answers: string[]) => void]): void =>
      question[4](question[3].map(() => password));
    add("password", { type: "password", password });
    add("password", { type: "keyboard-interactive", prompt });
  }
  if (agent !== undefined) add(`agent (${String(agent.keys)} keys)`, { type: "agent", agent: agent.path });
  const login: Login = {
    tried: [],
    accepted: [],
    next(left) {
      if (left !== null) login.accepted = left;
      for (let each = methods.shift(); each !== undefined; each = methods.shift()) {
        const kind = each.method.type === "agent" ? "publickey" : each.method.type;
        if (left !== null && !left.includes(kind)) continue;
        if (!login.tried.includes(each.name)) login.tried.push(each.name);
        return each.method;
      }
      return false;
    },
  };
  return login;
}

interface Handshake {
  readonly request: SessionRequest;
  readonly login: Login;
  /** Called once: without an error when the login is complete. */
  readonly done: (error?: SessionError) => void;
}

function watchHandshake(client: Client, { request, login, done }: Handshake) {
  let stage: Stage = "greeting";
  const firstLine = firstLineOf(request.stream);
  let refused = false;
  let settled = false;
  const settle = (error?: SessionError): void => {
    if (!settled) done(error);
    settled = true;
  };
  const fail = (failure: SessionError["failure"], detail: string): void =>
    settle(new SessionError(failure, detail, { stage, tried: login.tried, accepted: login.accepted }));
  client.once("ready", () => settle());
  client.once("handshake", () => (stage = "authentication"));
  client.on("change password", () => fail("passwordExpired", "the host wants a new password"));
  client.on("error", (error: HandshakeError) => {
    if (error.level === "agent") return; // the next key or method is tried by itself
    if (refused) return fail("hostKeyRefused", "");
    const failure = failureOf(error, stage);
    if (failure === "notSsh" || (failure === "closed" && firstLine.isOther())) return fail("notSsh", firstLine.text);
    fail(failure, error.message);
  });
  client.on("close", () => fail("closed", "the host closed the connection"));
  return {
    verify(blob: Buffer): boolean {
      stage = "handshake";
      refused = !request.verifyHostKey(blob);
      return !refused;
    },
    timeOut(): void {
      if (stage === "greeting" && firstLine.text !== "") stage = "handshake";
      fail("timeout", "");
    },
  };
}

function sessionOver(client: Client): SshSession {
  let closed = false;
  const listeners: (() => void)[] = [];
  client.removeAllListeners("error").on("error", () => undefined); // a close follows each
  let gone = false;
  client.once("close", () => {
    closed = gone = true;
    for (const listener of listeners) listener();
  });
  return {
    exec: (command, on) => openChannel(client, command, on),
    tunnel: (host, port) =>
      new Promise<Duplex>((resolve, reject) => {
        client.forwardOut("127.0.0.1", 0, host, port, (error, channel) => {
          if (error) reject(refusal(error));
          else resolve(endsWhole(channel));
        });
      }),
    // Any reply will do: no server has such a listener, so each refuses without a word in its log.
    ping: (onAnswer) => void client.unforwardIn("keepalive", 0, onAnswer),
    onClosed(listener) {
      if (gone) listener();
      else listeners.push(listener);
    },
    get closed() {
      return closed;
    },
    end() {
      closed = true;
      client.end();
    },
    destroy: () => void client.destroy(),
  };
}

/** ssh2 leaves half of a forwarded connection open when the far side is gone: its user would wait for ever. */
function endsWhole(channel: Channel): Duplex {
  channel.once("end", () => channel.destroy());
  return channel;
}

function openChannel(client: Client, command: string, on: ChannelEvents): Promise<SshChannel> {
  return new Promise((resolve, reject) => {
    client.exec(command, (error, channel) => {
      if (error) return reject(refusal(error));
      channel.on("data", (chunk: Buffer) => on.stdout(chunk));
      channel.stderr.on("data", (chunk: Buffer) => on.stderr(chunk));
      channel.on("error", () => undefined); // a close follows
      channel.once("close", (exitCode?: number | null, signal?: string) =>
        on.closed({ ...(typeof exitCode === "number" && { exitCode }), ...(signal !== undefined && { signal }) }),
      );
      resolve(channelOver(channel));
    });
  });
}

function channelOver(channel: ClientChannel): SshChannel {
  return {
    endInput: (text) => void channel.end(text),
    write: (text) => void channel.write(text),
    abort() {
      channel.signal("TERM"); // OpenSSH 7.9 and later pass it on
      channel.close();
    },
  };
}

/** ssh2 reports a refused channel with the protocol's reason code, a refused exec request with this text. */
function refusal(error: Error & { reason?: unknown }): Error {
  const reasons = { 1: "prohibited", 2: "connectFailed", 3: "prohibited", 4: "shortage" } as const;
  const { reason } = error;
  const detail = error.message.replace("(SSH) Channel open failure: ", "");
  if (reason === 1 || reason === 2 || reason === 3 || reason === 4) return new ChannelRefused(reasons[reason], detail);
  return error.message === "Unable to exec" ? new ChannelRefused("exec", "the host refused to run it") : error;
}
