import * as pulumi from "@pulumi/pulumi";

/**
 * How to reach a host, or the proxy before it, over SSH: all that `remote.ConnectionArgs` of `@pulumi/command` takes, so
 * that one object serves both, and three more ways to say which host key to expect.
 *
 * The host key is checked. Give one of `hostKey`, `hostKeys` and `hostKeyFingerprint`; without any the connection is
 * refused, and the message shows the fingerprint that the host offered.
 */
export interface ProxyConnectionArgs {
  /** Name or address. */
  host: pulumi.Input<string>;
  /**
   * TCP port of the SSH server.
   * @default 22
   */
  port?: pulumi.Input<number> | undefined;
  /**
   * Login name. Any user but root needs `sudo` without a password (`sudo -n`).
   * @default "root"
   */
  user?: pulumi.Input<string> | undefined;
  /** Password; also answers keyboard-interactive questions. Always a secret in the state. */
  password?: pulumi.Input<string> | undefined;
  /** Text of a private key (OpenSSH or PEM), not its path. Tried before the password. Always a secret in the state. */
  privateKey?: pulumi.Input<string> | undefined;
  /** Passphrase of `privateKey`. Always a secret in the state. */
  privateKeyPassword?: pulumi.Input<string> | undefined;
  /**
   * Socket of an SSH agent on the machine that runs Pulumi. Its keys are tried last.
   * @default the environment variable SSH_AUTH_SOCK
   */
  agentSocketPath?: pulumi.Input<string> | undefined;
  /**
   * How many dials may fail before the host counts as unreachable; -1: no limit.
   * @default 10
   */
  dialErrorLimit?: pulumi.Input<number> | undefined;
  /**
   * Seconds that one dial may take; 0: no limit.
   * @default 15
   */
  perDialTimeout?: pulumi.Input<number> | undefined;
  /**
   * The host's public key, as a line of `/etc/ssh/ssh_host_*_key.pub` or of authorized_keys(5).
   * @example "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI..."
   */
  hostKey?: pulumi.Input<string> | undefined;
  /** Several accepted host keys, for example while a key is being replaced. Each as `hostKey`. */
  hostKeys?: pulumi.Input<pulumi.Input<string>[]> | undefined;
  /**
   * Fingerprint of the host's public key, as `ssh-keygen -lf` prints it.
   * @example "SHA256:mVPwvezndPv/ARoIadVY98vAC0g+P/5633yTC4d/wXE"
   */
  hostKeyFingerprint?: pulumi.Input<string> | undefined;
  /**
   * Accepts any host key. Whoever answers at the address then gets root's commands: for throw-away hosts only.
   * @default false
   */
  insecureIgnoreHostKey?: pulumi.Input<boolean> | undefined;
}

/**
 * How to reach a host over SSH.
 *
 * @example
 * ```ts
 * { host: "10.0.0.11", user: "ops", privateKey: config.requireSecret("privateKey"), hostKey: "ssh-ed25519 AAAA..." }
 * ```
 */
export interface ConnectionArgs extends ProxyConnectionArgs {
  /** One host in between (`ssh -J`). Hosts behind the same proxy share one connection to it. */
  proxy?: pulumi.Input<ProxyConnectionArgs> | undefined;
  /**
   * What speaks SSH. `"ssh2"`: this package itself; the connection is all that it knows. `"openssh"`: the `ssh` command of the
   * machine that runs Pulumi, with its configuration: `host` may be an alias of `~/.ssh/config`, and what stands there of the
   * host holds (HostName, User, Port, ProxyJump through several hosts, ProxyCommand, certificates, FIDO keys, GSSAPI). `user`,
   * `port` and the host key go before it where they are given; without a host key ssh's own known_hosts is asked. A
   * `privateKey` goes to an agent of its own, never to disk. It runs in batch mode, so `password` and `proxy` are refused.
   * @default "ssh2"
   * @example
   * ```ts
   * { transport: "openssh", host: "kvm-01" }
   * ```
   */
  transport?: pulumi.Input<"ssh2" | "openssh"> | undefined;
  /**
   * Path of a configuration for `transport: "openssh"`, instead of the user's and the system's (`ssh -F`).
   * @default ~/.ssh/config and /etc/ssh/ssh_config
   */
  sshConfig?: pulumi.Input<string> | undefined;
}

const secretFields = ["password", "privateKey", "privateKeyPassword"] as const;

/**
 * The connection with its secrets marked, the proxy's too, each at its own place: the engine marks what the provider
 * returns by the same key path. A plain object is not made one Output, for a single secret in it would hide the whole
 * connection, and no diff could show the host that changes.
 */
export function withSecrets(connection: pulumi.Input<ConnectionArgs>): pulumi.Input<ConnectionArgs> {
  return mapInput(connection, ({ proxy, ...hop }) =>
    proxy === undefined ? marked(hop) : { ...marked(hop), proxy: mapInput(proxy, marked) },
  );
}

function marked<Hop extends ProxyConnectionArgs>(hop: Hop): Hop {
  const copy = { ...hop };
  for (const field of secretFields) if (hop[field] !== undefined) copy[field] = pulumi.secret(hop[field]);
  return copy;
}

/** Works on a value at once, on a promise or an Output when it resolves. */
export function mapInput<T extends object, U extends object = T>(
  input: pulumi.Input<T>,
  work: (value: T) => U,
): pulumi.Input<U> {
  if (!pulumi.Output.isInstance(input) && !(input instanceof Promise)) return work(input);
  // Within the unwrapped type of a generic T the compiler cannot see T again.
  const output: pulumi.Output<unknown> = pulumi.output(input);
  return output.apply((value) => work(value as T));
}
