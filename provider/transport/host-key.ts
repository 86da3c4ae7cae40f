import { createHash } from "node:crypto";

/** A public key as the SSH protocol sends it (RFC 4253, section 6.6). */
export interface HostKey {
  readonly algorithm: string;
  readonly blob: Buffer;
}

const algorithms = /^(ssh-(ed25519|rsa|dss)|ecdsa-sha2-nistp(256|384|521))$/;

/**
 * The key in a line of authorized_keys(5), a `.pub` file or ssh-keyscan's output: the first word that names an
 * algorithm, and the base64 text after it, which must name the same algorithm. Undefined if there is none.
 */
export function parseHostKey(line: string): HostKey | undefined {
  const words = line.trim().split(/\s+/);
  const index = words.findIndex((word) => algorithms.test(word));
  const algorithm = words[index];
  const base64 = words[index + 1];
  if (algorithm === undefined || base64 === undefined || !/^[A-Za-z0-9+/]+=*$/.test(base64)) return undefined;
  const blob = Buffer.from(base64, "base64");
  return algorithmOf(blob) === algorithm ? { algorithm, blob } : undefined;
}

/** A key's blob starts with its algorithm's name as a string with a four-byte length. */
function algorithmOf(blob: Buffer): string | undefined {
  if (blob.length < 4) return undefined;
  const length = blob.readUInt32BE(0);
  return blob.length > 4 + length ? blob.toString("latin1", 4, 4 + length) : undefined;
}

/** As `ssh-keygen -lf` prints it. */
export function fingerprint(blob: Buffer): string {
  return `SHA256:${createHash("sha256").update(blob).digest("base64").replaceAll("=", "")}`;
}

/** What `connection` says of host keys. */
export interface HostKeyRule {
  readonly keys: readonly HostKey[];
  readonly fingerprint: string | undefined;
  readonly acceptAny: boolean;
}

/** The fields of a connection that say which key to expect. */
interface HostKeyFields {
  readonly hostKey?: string | undefined;
  readonly hostKeys?: readonly string[] | undefined;
  readonly hostKeyFingerprint?: string | undefined;
  readonly insecureIgnoreHostKey?: boolean | undefined;
}

export function hostKeyRule(connection: HostKeyFields): HostKeyRule {
  const lines = [...(connection.hostKey === undefined ? [] : [connection.hostKey]), ...(connection.hostKeys ?? [])];
  return {
    keys: lines.map(parseHostKey).filter((key) => key !== undefined),
    fingerprint: connection.hostKeyFingerprint?.replace(/=+$/, ""),
    acceptAny: connection.insecureIgnoreHostKey === true,
  };
}

export function accepts(rule: HostKeyRule, blob: Buffer): boolean {
  return rule.acceptAny || rule.keys.some((key) => key.blob.equals(blob)) || rule.fingerprint === fingerprint(blob);
}

/** RSA keys sign with SHA-2 (RFC 8332). */
const rsa = ["rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"] as const;
const ecdsa = ["ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"] as const;

/**
 * A server shows one of its keys, of a kind that the client asks for. These are the kinds to ask for, one handshake
 * after the other until a key is accepted (undefined: the server's choice). Known keys: their kinds in order, then any
 * kind if the host has none of them, only to show what there is. A fingerprint does not tell its kind.
 */
export function offersToAskFor(rule: HostKeyRule): readonly (readonly string[] | undefined)[] {
  if (rule.fingerprint !== undefined) return [undefined, ["ssh-ed25519"], ecdsa, rsa];
  const kinds = [...new Set(rule.keys.map((key) => key.algorithm))];
  return [...kinds.map((kind) => (kind === "ssh-rsa" ? rsa : [kind])), undefined];
}

/** For messages. */
export function expectedKeys({ keys, fingerprint: given }: HostKeyRule): readonly string[] {
  const known = keys.map((key) => `${fingerprint(key.blob)} (${key.algorithm})`);
  return given === undefined ? known : [...known, given];
}

/** Why the key was refused, and how to mend it. `path`: the argument that holds the connection. */
export function hostKeyProblem(rule: HostKeyRule, offered: Buffer | undefined, path: string): string {
  const expected = expectedKeys(rule);
  if (offered === undefined)
    return `the host offers no host key that this program can use (expected ${expected.join(" or ")})`;
  const algorithm = algorithmOf(offered) ?? "unknown";
  const mend =
    `set in ${path}:\n  hostKey: "${algorithm} ${offered.toString("base64")}"\n` +
    "Check the fingerprint first at the host's own console, with " +
    `\`ssh-keygen -lf /etc/ssh/ssh_host_${fileKind(algorithm)}_key.pub\`: over the network anybody can offer a key`;
  const shown = `${fingerprint(offered)} (${algorithm})`;
  if (expected.length === 0)
    return `no host key is configured, so the host cannot be told from an impostor. It offers ${shown}. To accept that key, ${mend}`;
  return (
    `the host key has changed: expected ${expected.join(" or ")}, the host offers ${shown}. Either somebody intercepts ` +
    `the connection, or the host was set up anew, or its address belongs to another host now. To accept the new key, ${mend}`
  );
}

function fileKind(algorithm: string): string {
  return algorithm.startsWith("ecdsa") ? "ecdsa" : algorithm.replace("ssh-", "");
}
