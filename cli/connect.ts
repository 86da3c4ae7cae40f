/*
 * How a host is reached: flags, then KVM_TUNING_* variables, then what ssh knows (its agent, known_hosts); or a connection
 * that a Pulumi stack has as an output. A secret is never a flag.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { connectionSchema, defaultPort, type Connection } from "../provider/transport/connection";
import { knownHostKeys } from "./known-hosts";
import { UsageError } from "./usage-error";

export interface ConnectionFlags {
  readonly user?: string | undefined;
  readonly port?: string | undefined;
  readonly identity?: string | undefined;
  readonly hostKey?: string | undefined;
  readonly knownHosts?: string | undefined;
  readonly insecureIgnoreHostKey?: boolean | undefined;
  readonly stackOutput?: string | undefined;
}

/** `host`: a name or address, also as user@host. */
export function connectionTo(host: string, flags: ConnectionFlags, env: NodeJS.ProcessEnv): Connection {
  if (flags.stackOutput !== undefined)
    return checked({ ...fromStack(flags.stackOutput, env), ...(host !== "-" && { host }) });
  const at = host.lastIndexOf("@");
  const get = (name: string) => (env[`KVM_TUNING_${name}`] === "" ? undefined : env[`KVM_TUNING_${name}`]);
  const name = host.slice(at + 1);
  const port = numberOf(flags.port ?? get("PORT"));
  const keyFile = flags.identity ?? get("PRIVATE_KEY_FILE");
  const privateKey = keyFile === undefined ? get("PRIVATE_KEY") : readKey(keyFile);
  const password = get("PASSWORD");
  const agent = privateKey === undefined && password === undefined ? env["SSH_AUTH_SOCK"] : undefined;
  return checked({
    host: name,
    port,
    user: (at > 0 ? host.slice(0, at) : undefined) ?? flags.user ?? get("USER"),
    privateKey,
    privateKeyPassword: get("PRIVATE_KEY_PASSWORD"),
    password,
    agentSocketPath: agent === "" ? undefined : agent,
    ...hostKeys(name, port ?? defaultPort, { flags, given: get("HOST_KEY") }),
  });
}

interface KeyRules {
  readonly flags: ConnectionFlags;
  readonly given: string | undefined;
}

function hostKeys(name: string, port: number, { flags, given }: KeyRules): Partial<Connection> {
  if (flags.insecureIgnoreHostKey === true) return { insecureIgnoreHostKey: true };
  const key = flags.hostKey ?? given;
  if (key !== undefined) return { hostKey: key };
  const known = knownHostKeys(name, port, flags.knownHosts);
  return known.length === 0 ? {} : { hostKeys: known };
}

function numberOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text)) throw new UsageError(`the port ${JSON.stringify(text)} is not a number`);
  return Number(text);
}

function readKey(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`the key cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The selected stack of the Pulumi project in this folder. */
function fromStack(output: string, env: NodeJS.ProcessEnv): Record<string, unknown> {
  let text: string;
  try {
    text = execFileSync("pulumi", ["stack", "output", output, "--json", "--show-secrets"], {
      encoding: "utf8",
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
  } catch (error) {
    const stderr = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : "";
    throw new UsageError(`pulumi stack output ${output}: ${stderr || "the pulumi command was not found"}`);
  }
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null)
    throw new UsageError(`the stack's output ${output} is no connection (an object with host, user, ...)`);
  return value as Record<string, unknown>;
}

function checked(given: Record<string, unknown>): Connection {
  const plain = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const parsed = connectionSchema.safeParse(plain);
  if (parsed.success) return parsed.data;
  throw new UsageError(parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "));
}
