/* What ssh(1) says when it cannot connect, as an error of ours: what, where, and how to mend it. Pure. */
import { socketError, type HopInfo } from "../connect-errors";
import type { HostKeyRule } from "../host-key";
import { expectedKeys } from "../host-key";
import { TransportError } from "../transport";

export interface Dialled {
  readonly error: TransportError;
  /** A network error, which the next dial may not meet. */
  readonly again: boolean;
  /** The host key was refused: another kind of key may be accepted. `offered`: the host has shown one. */
  readonly hostKey?: { readonly offered: boolean };
}

/** ssh's own words for a socket's error. */
const socketCodes: readonly (readonly [RegExp, string])[] = [
  [/Could not resolve hostname .*: (Temporary failure|Try again)/i, "EAI_AGAIN"],
  [/Could not resolve hostname/i, "ENOTFOUND"],
  [/Connection refused/i, "ECONNREFUSED"],
  [/No route to host/i, "EHOSTUNREACH"],
  [/Network is unreachable/i, "ENETUNREACH"],
  [/Connection timed out|Operation timed out/i, "ETIMEDOUT"],
  [/Connection reset by peer/i, "ECONNRESET"],
];

export function failureOf(hop: HopInfo, rule: HostKeyRule, stderr: string): Dialled {
  const said = wordsOf(stderr);
  const at = (failure: TransportError["failure"], what: string): TransportError =>
    new TransportError(failure, `${hop.where}: ${what}.`);
  if (/Host key verification failed|No matching host key type|host key is known/i.test(said))
    return {
      error: at("hostKey", hostKeyText(hop, rule, stderr)),
      again: false,
      hostKey: { offered: offeredKey(stderr) !== undefined },
    };
  if (/Permission denied|Too many authentication failures|no more authentication methods/i.test(said)) {
    const mend = `Check ${hop.path}.user, that its authorized_keys holds the key, what \`ssh -v\` offers, and sshd's log on the host`;
    return { error: at("authentication", `the host does not let the user in: ${last(said)}. ${mend}`), again: false };
  }
  const code = socketCodes.find(([words]) => words.test(said))?.[1];
  if (code !== undefined && !/UNKNOWN port 65535/.test(said)) return { error: socketError(hop, { code }), again: true };
  if (/Connection closed|closed by remote host|banner exchange|kex_exchange/i.test(said)) {
    const mend =
      "Check sshd's log there (MaxStartups, fail2ban), that it is an SSH server, and the hosts in between (ProxyJump)";
    return {
      error: at("unreachable", `the connection was closed before the login: ${last(said)}. ${mend}`),
      again: true,
    };
  }
  return { error: at("unreachable", `ssh failed: ${said === "" ? "it said nothing" : said}`), again: false };
}

/** Without the debugging lines. */
function wordsOf(stderr: string): string {
  return stderr
    .split(/\r?\n/)
    .filter(
      (line) => line.trim() !== "" && !/^(debug\d|OpenSSH_|Authenticated to|Transferred:|Bytes per second)/.test(line),
    )
    .slice(-6)
    .join(" / ")
    .slice(0, 600);
}

const last = (said: string): string => said.split(" / ").at(-1)?.replace(/\.$/, "") ?? "";

function offeredKey(stderr: string): string | undefined {
  const [, kind, fingerprint] = /^debug1: Server host key: (\S+) (SHA256:\S+)/m.exec(stderr) ?? [];
  return kind === undefined ? undefined : `${fingerprint ?? ""} (${kind})`;
}

function hostKeyText(hop: HopInfo, rule: HostKeyRule, stderr: string): string {
  const shown = offeredKey(stderr) ?? "none that is accepted";
  const check =
    "Check the fingerprint first at the host's own console, with `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`: " +
    "over the network anybody can offer a key";
  const expected = expectedKeys(rule);
  if (expected.length > 0)
    return (
      `the host key has changed: expected ${expected.join(" or ")}, the host offers ${shown}. Either somebody intercepts ` +
      `the connection, or the host was set up anew, or its address belongs to another host now. To accept the new key, ` +
      `set ${hop.path}.hostKey. ${check}`
    );
  if (/IDENTIFICATION HAS CHANGED/.test(stderr))
    return (
      `the host key has changed: ssh's known_hosts has another one, the host offers ${shown}. Either somebody intercepts ` +
      `the connection, or the host was set up anew. Mend known_hosts (ssh-keygen -R), or set ${hop.path}.hostKey. ${check}`
    );
  return (
    `ssh's known_hosts has no key of this host, so it cannot be told from an impostor. It offers ${shown}. Add it to ` +
    `known_hosts, or set ${hop.path}.hostKey. ${check}`
  );
}
