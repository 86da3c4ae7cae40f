/*
 * How a host is reached: flags, then KVM_TUNING_* variables, then what ssh does for the name; or a connection that a Pulumi
 * stack has as an output. ssh itself is the transport, unless a password is given or `ssh2` is asked for: then its
 * configuration, agent and known_hosts are read here. A secret is never a flag.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { connectionSchema, defaultPort, type Connection } from "../provider/transport/connection";
import { knownHostKeys } from "./known-hosts";
import { sshConfig, type SshConfig } from "../provider/transport/openssh/ssh-config";
import { UsageError } from "./usage-error";

export interface ConnectionFlags {
  readonly user?: string | undefined;
  readonly port?: string | undefined;
  readonly identity?: string | undefined;
  readonly hostKey?: string | undefined;
  readonly knownHosts?: string | undefined;
  readonly insecureIgnoreHostKey?: boolean | undefined;
  readonly sshConfig?: string | undefined;
  readonly transport?: string | undefined;
  readonly stackOutput?: string | undefined;
}

type Given = Readonly<Record<string, unknown>>;

/** `host`: a name, an address or an alias of ssh's configuration, also as user@host. */
export function connectionTo(host: string, flags: ConnectionFlags, env: NodeJS.ProcessEnv): Connection {
  if (flags.stackOutput !== undefined)
    return checked({ ...fromStack(flags.stackOutput, env), ...(host !== "-" && { host }) });
  const at = host.lastIndexOf("@");
  const name = host.slice(at + 1);
  const get = (key: string) => variable(key, env);
  const own = {
    user: (at > 0 ? host.slice(0, at) : undefined) ?? flags.user ?? get("USER"),
    port: numberOf(flags.port ?? get("PORT")),
  };
  const transport = flags.transport ?? get("TRANSPORT") ?? (get("PASSWORD") === undefined ? "openssh" : "ssh2");
  if (transport !== "openssh" && transport !== "ssh2")
    throw new UsageError(`the transport ${JSON.stringify(transport)} is not known: openssh or ssh2`);
  if (transport === "openssh") return checked(opensshTo(name, { flags, env, ...own }));
  const config = configOf(name, env, flags.sshConfig);
  const hop = hopOf(name, config, { flags, env, hostKey: flags.hostKey ?? get("HOST_KEY"), ...own });
  const jump = config?.jump;
  return checked({ ...hop, ...(jump !== undefined && { proxy: proxyOf(jump, flags, env) }) });
}

/** An empty one is not set. */
const variable = (key: string, env: NodeJS.ProcessEnv): string | undefined => env[`KVM_TUNING_${key}`] || undefined;

/** ssh itself knows what its configuration says: only what was given goes before it. */
function opensshTo(name: string, rules: HopRules): Given {
  const { flags, env, user, port } = rules;
  const { privateKey, privateKeyPassword } = credentials(undefined, { flags, env: { ...env, SSH_AUTH_SOCK: "" } });
  const hostKey = flags.hostKey ?? variable("HOST_KEY", env);
  const ownRule = hostKey !== undefined || flags.knownHosts !== undefined || flags.insecureIgnoreHostKey === true;
  // Under which names a file of known hosts has it, ssh's configuration says.
  const config = flags.knownHosts === undefined ? undefined : configOf(name, env, flags.sshConfig);
  const owner = { name, config, port: port ?? config?.port ?? defaultPort };
  return {
    transport: "openssh",
    host: name,
    user,
    port,
    privateKey,
    privateKeyPassword,
    password: variable("PASSWORD", env),
    sshConfig: flags.sshConfig,
    ...(ownRule && hostKeys(owner, { ...rules, hostKey })),
  };
}

/** Undefined: there is no ssh here, or it refuses the name. */
function configOf(name: string, env: NodeJS.ProcessEnv, file: string | undefined): SshConfig | undefined {
  try {
    return sshConfig([...(file === undefined ? [] : ["-F", file]), "--", name], env);
  } catch {
    return undefined;
  }
}

interface HopRules {
  readonly flags: ConnectionFlags;
  readonly env: NodeJS.ProcessEnv;
  readonly hostKey?: string | undefined;
  readonly user?: string | undefined;
  readonly port?: number | undefined;
}

function hopOf(name: string, config: SshConfig | undefined, rules: HopRules): Given {
  const port = rules.port ?? config?.port;
  return {
    host: config?.hostname ?? name,
    user: rules.user ?? config?.user,
    port,
    ...credentials(config, rules),
    ...hostKeys({ name, config, port: port ?? defaultPort }, rules),
  };
}

/** ProxyJump with one host: with its own part of ssh's configuration, and the same credentials. */
function proxyOf(jump: string, flags: ConnectionFlags, env: NodeJS.ProcessEnv): Given {
  const [, user, name = "", port] = /^(?:ssh:\/\/)?(?:([^@]+)@)?(\[[^\]]+\]|[^:,]+)(?::(\d+))?$/.exec(jump) ?? [];
  if (name === "") throw new UsageError(`ProxyJump ${jump}: one host can be jumped over, not several`);
  const bare = name.replaceAll(/[[\]]/g, "");
  return hopOf(bare, configOf(bare, env, flags.sshConfig), { flags, env, user, port: numberOf(port) });
}

/** A key that is named wins over a password, both over the agent, the agent over the keys of ssh's configuration. */
function credentials(config: SshConfig | undefined, { flags, env }: HopRules): Given {
  const get = (key: string) => variable(key, env);
  const file = flags.identity ?? get("PRIVATE_KEY_FILE");
  const privateKey = file === undefined ? get("PRIVATE_KEY") : readKey(file);
  const password = get("PASSWORD");
  const agent = env["SSH_AUTH_SOCK"] ?? "";
  const named = privateKey !== undefined || password !== undefined;
  const usual = named || agent !== "" ? undefined : config?.identityFiles[0];
  return {
    privateKey: privateKey ?? (usual === undefined ? undefined : readKey(usual)),
    privateKeyPassword: get("PRIVATE_KEY_PASSWORD"),
    password,
    agentSocketPath: named || agent === "" ? undefined : agent,
  };
}

interface KeyOwner {
  readonly name: string;
  readonly port: number;
  readonly config: SshConfig | undefined;
}

function hostKeys({ name, port, config }: KeyOwner, { flags, hostKey }: HopRules): Given {
  if (flags.insecureIgnoreHostKey === true) return { insecureIgnoreHostKey: true };
  if (hostKey !== undefined) return { hostKey };
  const files = flags.knownHosts === undefined ? (config?.knownHostsFiles ?? [undefined]) : [flags.knownHosts];
  const alias = config?.keyName;
  const names = alias === undefined ? [...new Set([config?.hostname ?? name, name])] : [alias];
  const known = files.flatMap((file) =>
    names.flatMap((one) => knownHostKeys(one, alias === undefined ? port : 22, file)),
  );
  return known.length === 0 ? {} : { hostKeys: [...new Set(known)] };
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
function fromStack(output: string, env: NodeJS.ProcessEnv): Given {
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
  return value as Given;
}

function checked(given: Given): Connection {
  const plain = (value: Given): Given =>
    Object.fromEntries(
      Object.entries(value)
        .filter(([, one]) => one !== undefined)
        .map(([key, one]) => [key, key === "proxy" ? plain(one as Given) : one]),
    );
  const parsed = connectionSchema.safeParse(plain(given));
  if (parsed.success) return parsed.data;
  throw new UsageError(parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "));
}
