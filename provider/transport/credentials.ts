import type { ProxyConnection } from "./connection";
import { TransportError } from "./transport";

/** What to log in with, in the order in which it is offered: key, password, then the agent's keys. */
export interface Credentials {
  readonly privateKey: ParsedPrivateKey | undefined;
  readonly password: string | undefined;
  readonly agent: { readonly path: string; readonly keys: number } | undefined;
  /** Said when the login fails: what could have been used but was not. */
  readonly notes: readonly string[];
}

/** The SSH library's own form of a key. */
type ParsedPrivateKey = object & { readonly parsed?: never };

export type PrivateKeyResult =
  { readonly key: ParsedPrivateKey } | { readonly problem: "encrypted" | "passphrase" | "publicKey" | "unreadable" };

/** What the SSH library knows of keys and agents. */
export interface KeyTools {
  readPrivateKey(text: string, passphrase: string | undefined): PrivateKeyResult;
  /** How many keys the agent holds; rejects if nobody answers at the socket. */
  countAgentKeys(socketPath: string): Promise<number>;
}

interface Hop {
  readonly connection: ProxyConnection;
  /** `user@host:port`. */
  readonly where: string;
  /** `connection` or `connection.proxy`. */
  readonly path: string;
}

export async function loadCredentials(hop: Hop, tools: KeyTools): Promise<Credentials> {
  const { password, agentSocketPath } = hop.connection;
  const privateKey = readKey(hop, tools);
  const { agent, note } = await loadAgent(hop, tools, privateKey !== undefined || password !== undefined);
  if (privateKey === undefined && password === undefined && agent === undefined)
    throw failed(
      hop,
      "there is nothing to log in with",
      `Set ${hop.path}.privateKey (the text of a key), ${hop.path}.password, or ${hop.path}.agentSocketPath` +
        (agentSocketPath === undefined ? "; the environment variable SSH_AUTH_SOCK is not set either" : ""),
    );
  return { privateKey, password, agent, notes: note === undefined ? [] : [note] };
}

/** The key that is given as text; throws with what is wrong with it. */
export function readKey(
  hop: Pick<Hop, "connection" | "where" | "path">,
  tools: KeyTools,
): ParsedPrivateKey | undefined {
  const { privateKey: text, privateKeyPassword: passphrase } = hop.connection;
  if (text === undefined) return undefined;
  const result = tools.readPrivateKey(text, passphrase);
  if ("key" in result) return result.key;
  const field = `${hop.path}.privateKey`;
  switch (result.problem) {
    case "encrypted":
      throw failed(hop, `${field} is protected by a passphrase`, `Set ${field}Password, as a secret`);
    case "passphrase":
      throw failed(hop, `${field} cannot be decrypted: ${field}Password is wrong`, "Give the passphrase of this key");
    case "publicKey":
      throw failed(hop, `${field} is a public key`, "Give the text of the private key: the file without .pub");
    case "unreadable":
      throw failed(
        hop,
        `${field} is no private key that can be read`,
        "Give the whole text of an OpenSSH, PEM or PuTTY key, from its BEGIN to its END line with the line ends in " +
          "between; not the key's path",
      );
  }
}

/**
 * An agent that the program names must answer, as with @pulumi/command. The one of SSH_AUTH_SOCK may be a stale value
 * of the environment: it must answer only if there is nothing else to log in with.
 */
async function loadAgent(
  hop: Hop,
  tools: KeyTools,
  hasOther: boolean,
): Promise<{ agent?: { path: string; keys: number }; note?: string }> {
  const named = hop.connection.agentSocketPath;
  const path = named ?? process.env["SSH_AUTH_SOCK"];
  if (path === undefined || path === "") return {};
  const source = named === undefined ? "SSH_AUTH_SOCK" : `${hop.path}.agentSocketPath`;
  const keys = await tools.countAgentKeys(path).catch(() => undefined);
  if (keys !== undefined) {
    if (keys > 0) return { agent: { path, keys } };
    const what = `the SSH agent at ${path} (${source}) holds no key`;
    if (hasOther) return { note: what };
    throw failed(hop, what, "Add one with ssh-add, or set privateKey or password");
  }
  const what = `no SSH agent answers at ${path} (${source})`;
  if (named === undefined && hasOther) return { note: what };
  throw failed(hop, what, "Start the agent, correct the path, or leave it out");
}

function failed(hop: Hop, what: string, mend: string): TransportError {
  return new TransportError("authentication", `${hop.where}: cannot log in: ${what}. ${mend}.`);
}
