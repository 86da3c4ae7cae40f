/*
 * The system's ssh(1) as a transport: what ~/.ssh/config says of a host holds (aliases, ProxyJump, ProxyCommand,
 * certificates, FIDO keys, GSSAPI). One connection per host that the commands share (ControlMaster), in batch mode, with
 * host keys strictly checked.
 */
import { transportOver, type Connect } from "../connect";
import type { HopInfo } from "../connect-errors";
import { endpointOf, type Connection } from "../connection";
import { readKey } from "../credentials";
import { dialUntilLimit, type DialResult } from "../dial";
import { expectedKeys, hostKeyRule, offersToAskFor } from "../host-key";
import { keyTools } from "../ssh2";
import { TransportError } from "../transport";
import { defaultPerDialTimeoutSeconds, destination, knownHostsCommandName, knownHostsName } from "./arguments";
import { failureOf, type Dialled } from "./failure";
import { MasterFailed, startMaster } from "./master";
import { startPrivateAgent } from "./private-agent";
import { sessionOver } from "./session";
import { sshConfig, type SshConfig } from "./ssh-config";
import { createWorkplace, type Workplace } from "./workplace";

const defaultDialErrorLimit = 10;

type Opened = Parameters<typeof transportOver>[1];

export const connect: Connect = async (connection, signal = new AbortController().signal) => {
  const config = configOf(connection);
  // For messages, and to know whether commands need sudo.
  const resolved = { ...connection, host: config.hostname, port: config.port, user: config.user };
  const where = endpointOf(resolved);
  const hop: HopInfo = {
    where: config.jump === undefined ? where : `${where} (through ${config.jump})`,
    path: "connection",
    connection: resolved,
    timeoutSeconds: connection.perDialTimeout ?? defaultPerDialTimeoutSeconds,
    viaProxy: config.jump !== undefined,
  };
  // Said before anything is dialled.
  readKey({ connection, where: hop.where, path: hop.path }, keyTools);
  const dialErrorLimit = connection.dialErrorLimit ?? defaultDialErrorLimit;
  const dial = () => dialOnce(connection, hop, signal);
  return transportOver(resolved, await dialUntilLimit(dial, { dialErrorLimit, signal, where: hop.where }));
};

function configOf(connection: Connection): SshConfig {
  try {
    return sshConfig(destination(connection));
  } catch (error) {
    const { code } = error as { code?: unknown };
    const what = code === "ENOENT" ? noSsh : `ssh -G failed: ${error instanceof Error ? error.message : String(error)}`;
    throw new TransportError("unreachable", `${connection.host}: ${what}.`, { cause: error });
  }
}

async function dialOnce(connection: Connection, hop: HopInfo, signal: AbortSignal): Promise<DialResult<Opened>> {
  const rule = hostKeyRule(connection);
  const offers = expectedKeys(rule).length === 0 ? [undefined] : offersToAskFor(rule);
  let last: Dialled | undefined;
  for (const hostKeyAlgorithms of offers) {
    const result = await attempt(connection, { hop, signal, hostKeyAlgorithms });
    if ("opened" in result || result.hostKey === undefined) return result;
    // The first key that the host has shown is the one to tell of.
    if (last?.hostKey?.offered !== true) last = result;
  }
  return last ?? { error: new TransportError("hostKey", `${hop.where}: no host key`), again: false };
}

interface Attempt {
  readonly hop: HopInfo;
  readonly signal: AbortSignal;
  readonly hostKeyAlgorithms: readonly string[] | undefined;
}

async function attempt(
  connection: Connection,
  { hop, signal, hostKeyAlgorithms }: Attempt,
): Promise<{ readonly opened: Opened } | Dialled> {
  const workplace = createWorkplace();
  try {
    writeKnownHosts(workplace, connection);
    const agentSocket = await agentFor(workplace, connection, hop);
    const target = { connection, folder: workplace.folder, agentSocket, hostKeyAlgorithms };
    const master = await startMaster(target, { timeoutSeconds: hop.timeoutSeconds, signal });
    workplace.guard(master.pid);
    // What runs keeps the process alive by itself.
    return { opened: { session: sessionOver(master, workplace), busy: () => () => undefined } };
  } catch (error) {
    workplace.remove();
    if (error instanceof MasterFailed) return failed(connection, hop, error);
    throw error;
  }
}

function failed(connection: Connection, hop: HopInfo, { kind, stderr }: MasterFailed): Dialled {
  const unreachable = (what: string) => new TransportError("unreachable", `${hop.where}: ${what}.`);
  if (kind === "notFound") return { error: unreachable(noSsh), again: false };
  if (kind === "timeout") {
    const limit = `within ${String(hop.timeoutSeconds)} s. The host may hang, be overloaded or out of reach`;
    return { error: unreachable(`no login ${limit}; ${hop.path}.perDialTimeout sets the limit`), again: true };
  }
  return failureOf(hop, hostKeyRule(connection), stderr);
}

const noSsh =
  'the command ssh is not installed on this machine. Install the OpenSSH client, or use the transport "ssh2"';

function writeKnownHosts({ write }: Workplace, connection: Connection): void {
  const rule = hostKeyRule(connection);
  const lines = rule.keys.map(({ algorithm, blob }) => `* ${algorithm} ${blob.toString("base64")}\n`);
  write(knownHostsName, lines.join(""));
  if (rule.fingerprint === undefined) return;
  // $1: name, $2: kind, $3: key, $4: fingerprint, of the key that the host offers.
  const script = `[ "$4" != '${rule.fingerprint}' ] || printf '%s %s %s\\n' "$1" "$2" "$3"\n`;
  write(knownHostsCommandName, script);
}

async function agentFor(workplace: Workplace, connection: Connection, hop: HopInfo): Promise<string | undefined> {
  const { privateKey: text, privateKeyPassword: passphrase } = connection;
  if (text === undefined) return undefined;
  try {
    return await startPrivateAgent(workplace, { text, passphrase });
  } catch (error) {
    const what = error instanceof Error ? error.message : "unknown error";
    throw new TransportError("authentication", `${hop.where}: cannot log in: ${what}.`);
  }
}
