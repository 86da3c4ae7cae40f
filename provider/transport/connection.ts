import { createHash } from "node:crypto";
import { z } from "zod";
import { parseHostKey } from "./host-key";

/*
 * `connection` as programs give it: the fields of `remote.ConnectionArgs` of @pulumi/command 1.2.1, so that one object
 * serves both, plus hostKeys, hostKeyFingerprint and insecureIgnoreHostKey. That a host key is configured is not
 * asked here but when connecting: only then can the message show the key that the host offers.
 * No message repeats a value: each may be a secret that was put into the wrong field.
 */
const hostName = z
  .string({ error: "must be the host's name or address, as text" })
  .min(1, { error: "must be the host's name or address; it is empty", abort: true })
  .refine((host) => !/[\s/@[\]]/.test(host), {
    error: "must be a bare name or address: no user@, no ssh://, no brackets, no spaces; user and port are fields",
  });

const hostKeyLine = z.string({ error: "must be text" }).refine((line) => parseHostKey(line) !== undefined, {
  error:
    "is not a public key. Give one line such as `ssh-ed25519 AAAA...` from the host's " +
    "/etc/ssh/ssh_host_ed25519_key.pub or from `ssh-keyscan`",
});

const secretText = z.string({ error: "must be text" }).min(1, { error: "is empty: leave it out or give its text" });

const shape = {
  host: hostName,
  port: z
    .int({ error: "must be a port number" })
    .min(1, { error: "must be 1 to 65535" })
    .max(65535, { error: "must be 1 to 65535" })
    .optional(),
  user: z
    .string({ error: "must be a login name" })
    .regex(/^[^\s:@/]+$/, { error: "must be a login name, without spaces, `:`, `@` or `/`" })
    .optional(),
  password: secretText.optional(),
  privateKey: secretText.optional(),
  privateKeyPassword: secretText.optional(),
  agentSocketPath: z
    .string({ error: "must be a path" })
    .min(1, { error: "is empty: leave it out or give a path" })
    .optional(),
  dialErrorLimit: z
    .int({ error: "must be a whole number" })
    .min(-1, { error: "must be -1 (no limit), or how many dials may fail" })
    .optional(),
  perDialTimeout: z
    .number({ error: "must be seconds" })
    .min(0, { error: "must be seconds; 0 means no limit" })
    .optional(),
  hostKey: hostKeyLine.optional(),
  hostKeys: z
    .array(hostKeyLine, { error: "must be a list of public keys" })
    .min(1, { error: "is empty" })
    .readonly()
    .optional(),
  hostKeyFingerprint: z
    .string({ error: "must be text" })
    .regex(/^SHA256:[A-Za-z0-9+/]{43}=?$/, {
      error: "must be `SHA256:` and 43 characters, as `ssh-keygen -lf` prints it",
    })
    .optional(),
  insecureIgnoreHostKey: z.boolean({ error: "must be true or false" }).optional(),
};

const contradiction = {
  path: ["insecureIgnoreHostKey"],
  error: "cannot be true beside hostKey, hostKeys or hostKeyFingerprint: it would accept any other key too",
};

const proxyConnectionSchema = z.strictObject(shape).refine(agrees, contradiction);

export const connectionSchema = z
  .strictObject({
    ...shape,
    proxy: proxyConnectionSchema.optional(),
    transport: z.enum(["ssh2", "openssh"], { error: 'must be "ssh2" or "openssh"' }).optional(),
    sshConfig: z
      .string({ error: "must be a path" })
      .min(1, { error: "is empty: leave it out or give a path" })
      .optional(),
  })
  .refine(agrees, contradiction)
  .superRefine(fitsTransport);

/** ssh reaches a host as its own configuration says, and asks nobody. */
function fitsTransport(
  { transport, password, proxy, sshConfig }: Readonly<Record<string, unknown>>,
  context: z.RefinementCtx,
): void {
  const refuse = (path: string, message: string) => context.addIssue({ code: "custom", path: [path], message });
  if (transport !== "openssh") {
    if (sshConfig !== undefined) refuse("sshConfig", 'is for transport: "openssh"');
    return;
  }
  if (password !== undefined)
    refuse("password", 'is not for transport: "openssh", which runs in batch mode: give a key or an agent');
  if (proxy !== undefined)
    refuse("proxy", 'is not for transport: "openssh": set ProxyJump for the host in ssh\'s configuration');
}

/** One proxy hop takes the same fields as the connection but no further proxy. */
export type ProxyConnection = Readonly<z.output<typeof proxyConnectionSchema>>;
export type Connection = Readonly<z.output<typeof connectionSchema>>;

export const defaultUser = "root";
export const defaultPort = 22;

function agrees(connection: { readonly [K in keyof typeof shape]?: unknown }): boolean {
  const { hostKey, hostKeys, hostKeyFingerprint, insecureIgnoreHostKey } = connection;
  return insecureIgnoreHostKey !== true || [hostKey, hostKeys, hostKeyFingerprint].every((rule) => rule === undefined);
}

/** `user@host:port`, for messages; names an endpoint, not the credentials. */
export function endpointOf(connection: ProxyConnection): string {
  const host = connection.host.includes(":") ? `[${connection.host}]` : connection.host;
  return `${connection.user ?? defaultUser}@${host}:${String(connection.port ?? defaultPort)}`;
}

/**
 * Equal for connections that reach the same endpoint in the same way. Credentials are in it only as a hash. How often
 * and how long to dial is no part of it.
 */
export function connectionKey(connection: Connection): string {
  const hops = [connection, ...(connection.proxy === undefined ? [] : [connection.proxy])].map((hop) => [
    endpointOf(hop),
    [hop.password, hop.privateKey, hop.privateKeyPassword, hop.agentSocketPath],
    [hop.hostKey, hop.hostKeys, hop.hostKeyFingerprint, hop.insecureIgnoreHostKey],
  ]);
  const way = [connection.transport, connection.sshConfig];
  return `${endpointOf(connection)}#${createHash("sha256")
    .update(JSON.stringify([hops, way]))
    .digest("hex")
    .slice(0, 32)}`;
}
