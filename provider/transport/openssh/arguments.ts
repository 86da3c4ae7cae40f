/*
 * Command lines of ssh(1). Everything that would ask, forward or run something here is off, whatever the user's
 * configuration says; how the host is reached, and who logs in, is its business. Source: ssh_config(5).
 */
import type { Connection } from "../connection";
import { defaultKeepalive } from "../keepalive";

export interface OpensshTarget {
  readonly connection: Connection;
  /** Holds the control socket, and what the connection gives as text. */
  readonly folder: string;
  /** Of an agent that holds the key which the connection gives. */
  readonly agentSocket?: string | undefined;
  /** Kinds of host keys to ask for. */
  readonly hostKeyAlgorithms?: readonly string[] | undefined;
}

export const controlSocket = (folder: string): string => `${folder}/control`;
export const knownHostsName = "known_hosts";
/** A script that prints the key that the host offers, if it is the one with the fingerprint. */
export const knownHostsCommandName = "known-host";

/** `ssh -G` too. */
export function destination({ host, port, user, sshConfig }: Connection): readonly string[] {
  return [
    ...(sshConfig === undefined ? [] : ["-F", sshConfig]),
    ...(user === undefined ? [] : ["-l", user]),
    ...(port === undefined ? [] : ["-p", String(port)]),
    "--",
    host,
  ];
}

/** The connection that the commands share: it runs none itself. */
export function masterArguments(target: OpensshTarget): readonly string[] {
  const { connection, folder } = target;
  const { intervalSeconds, unansweredLimit } = defaultKeepalive;
  const seconds = connection.perDialTimeout ?? defaultPerDialTimeoutSeconds;
  return [
    ...["-M", "-N", "-T", "-S", controlSocket(folder)],
    ...options({
      BatchMode: "yes",
      // Its lines tell the host key that was offered; they are no part of messages.
      LogLevel: "DEBUG1",
      ControlPersist: "no",
      ServerAliveInterval: String(intervalSeconds),
      ServerAliveCountMax: String(unansweredLimit),
      ...(seconds > 0 && { ConnectTimeout: String(Math.ceil(seconds)) }),
      ...quiet,
      ...identity(target),
      ...hostKeys(target),
    }),
    ...destination(connection),
  ];
}

export const defaultPerDialTimeoutSeconds = 15;

const quiet = {
  ClearAllForwardings: "yes",
  ForwardAgent: "no",
  ForwardX11: "no",
  PermitLocalCommand: "no",
  RemoteCommand: "none",
  RequestTTY: "no",
  Tunnel: "no",
  UpdateHostKeys: "no",
};

function identity({ connection, agentSocket }: OpensshTarget): Readonly<Record<string, string>> {
  const agent = agentSocket ?? connection.agentSocketPath;
  if (agent === undefined) return {};
  // Its keys count, whatever the configuration limits itself to.
  return { IdentityAgent: agent, IdentitiesOnly: "no", ...(agentSocket !== undefined && { IdentityFile: "none" }) };
}

function hostKeys({ connection, folder, hostKeyAlgorithms }: OpensshTarget): Readonly<Record<string, string>> {
  const { hostKey, hostKeys: more, hostKeyFingerprint: fingerprint, insecureIgnoreHostKey } = connection;
  if (insecureIgnoreHostKey === true)
    return { StrictHostKeyChecking: "no", UserKnownHostsFile: "/dev/null", GlobalKnownHostsFile: "/dev/null" };
  const strict = { StrictHostKeyChecking: "yes" };
  if (hostKey === undefined && more === undefined && fingerprint === undefined) return strict;
  return {
    ...strict,
    CheckHostIP: "no",
    VerifyHostKeyDNS: "no",
    UserKnownHostsFile: `${folder}/${knownHostsName}`,
    GlobalKnownHostsFile: "/dev/null",
    ...(fingerprint !== undefined && { KnownHostsCommand: `/bin/sh ${folder}/${knownHostsCommandName} %H %t %K %f` }),
    ...(hostKeyAlgorithms !== undefined && { HostKeyAlgorithms: hostKeyAlgorithms.join(",") }),
  };
}

/** One command over the shared connection; never over one of its own. */
export function commandArguments(folder: string, command: string): readonly string[] {
  return [
    ...["-F", "none", "-T", "-S", controlSocket(folder)],
    ...options({ ControlMaster: "no", ProxyCommand: "false", BatchMode: "yes", LogLevel: "ERROR", EscapeChar: "none" }),
    "--",
    "shared",
    command,
  ];
}

const options = (settings: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
