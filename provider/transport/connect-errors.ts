import type { Credentials } from "./credentials";
import type { ProxyConnection } from "./connection";
import { ChannelRefused, type SessionError } from "./session";
import { TransportError } from "./transport";

/** What an error message needs to know of the hop that was dialled. */
export interface HopInfo {
  /** `user@host:port`, and `(through the proxy ...)` where there is one. */
  readonly where: string;
  /** `connection` or `connection.proxy`. */
  readonly path: string;
  readonly connection: ProxyConnection;
  readonly timeoutSeconds: number;
  readonly viaProxy: boolean;
}

export function socketError(hop: HopInfo, error: unknown): TransportError {
  const code = typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
  const { host } = hop.connection;
  const port = String(hop.connection.port ?? 22);
  const texts: Record<string, string> = {
    ENOTFOUND: `the name ${host} is not known. Correct ${hop.path}.host, or DNS`,
    EAI_AGAIN: `the name ${host} could not be looked up: the name server does not answer. Check DNS on this machine`,
    ECONNREFUSED: `nothing listens on port ${port}. Check that sshd runs there and that ${hop.path}.port is right`,
    EHOSTUNREACH: "there is no route to the host. Check that it is up, and the network in between",
    ENETUNREACH: "this machine has no route to the host's network. Check its network, or set connection.proxy",
    ECONNRESET: "the connection was reset. Check firewalls, and sshd's MaxStartups and its log on the host",
    ETIMEDOUT: "no answer. Check that the host is up and that no firewall drops the port",
    DIAL_TIMEOUT:
      `no answer within ${seconds(hop)}. Check that the host is up and that no firewall drops the port; ` +
      `${hop.path}.perDialTimeout sets the limit`,
  };
  const text = texts[code] ?? `cannot connect (${code || "unknown error"}). Check the address and the network`;
  return new TransportError("unreachable", `${hop.where}: ${text}.`, { cause: error });
}

/** The proxy was asked for a connection onwards, and declined or could not make one. */
export function tunnelError(hop: HopInfo, error: unknown): TransportError {
  if (!(error instanceof ChannelRefused))
    return new TransportError("unreachable", `${hop.where}: the connection to the proxy was lost.`, { cause: error });
  const mend =
    error.reason === "prohibited"
      ? "the proxy forbids forwarding. Set `AllowTcpForwarding yes` (and PermitOpen, if used) in its sshd_config"
      : "the proxy cannot reach the host. Check the address as the proxy sees it, and that sshd runs on the host";
  return new TransportError("unreachable", `${hop.where}: ${mend}.`, { cause: error });
}

export function sessionError(hop: HopInfo, error: SessionError, credentials: Credentials): TransportError {
  const text = sessionText(hop, error, credentials);
  return new TransportError(text.failure, `${hop.where}: ${text.what}.`, { cause: error });
}

function sessionText(
  hop: HopInfo,
  error: SessionError,
  credentials: Credentials,
): { failure: "unreachable" | "authentication" | "hostKey"; what: string } {
  switch (error.failure) {
    case "closed":
      return { failure: "unreachable", what: closedText(error) };
    case "timeout":
      return { failure: "unreachable", what: timeoutText(hop, error) };
    case "notSsh":
      return { failure: "unreachable", what: notSshText(hop, error) };
    case "disconnected":
    case "protocol":
      return { failure: "unreachable", what: `the SSH handshake failed: ${error.detail}. See sshd's log on the host` };
    case "noHostKeyAlgorithm":
    case "hostKeyRefused":
      return { failure: "hostKey", what: "the host key was refused" };
    case "authentication":
    case "tooManyAttempts":
    case "passwordExpired":
      return { failure: "authentication", what: loginText(hop, error, credentials) };
  }
}

function notSshText(hop: HopInfo, { detail }: SessionError): string {
  const says = detail === "" ? "" : ` (it says ${JSON.stringify(detail)})`;
  return `what answers is no SSH server${says}. Correct ${hop.path}.port`;
}

function closedText({ more }: SessionError): string {
  return more.stage === "authentication"
    ? "the host closed the connection during the login. See sshd's log there (MaxAuthTries, AllowUsers, PAM)"
    : "the host closed the connection before the SSH handshake was complete. Check sshd's log there (MaxStartups, " +
        "tcp wrappers, fail2ban), or whether it is just starting";
}

function timeoutText(hop: HopInfo, { more }: SessionError): string {
  const stages = {
    greeting: "it accepts connections but says nothing: no SSH banner",
    handshake: "the SSH handshake did not end",
    authentication: "the login did not end",
  };
  return (
    `${stages[more.stage ?? "greeting"]} within ${seconds(hop)}. The host may hang or be overloaded; ` +
    `${hop.path}.perDialTimeout sets the limit`
  );
}

function loginText(hop: HopInfo, { failure, more }: SessionError, credentials: Credentials): string {
  const user = hop.connection.user ?? "root";
  if (failure === "passwordExpired") return `the password of ${user} has expired. Set a new one on the host`;
  const tried = more.tried ?? [];
  const offered = tried.length === 0 ? "nothing that it accepts was configured" : `it refused ${tried.join(" and ")}`;
  const accepted = more.accepted?.length ? `; it accepts ${more.accepted.join(", ")}` : "";
  const notes = credentials.notes.length === 0 ? "" : `; ${credentials.notes.join("; ")}`;
  if (failure === "tooManyAttempts")
    return (
      `the host ended the login after too many attempts: ${offered}${accepted}${notes}. Raise MaxAuthTries in its ` +
      "sshd_config, or offer less: an SSH agent offers each of its keys"
    );
  return (
    `the host does not let ${user} in: ${offered}${accepted}${notes}. Check ${hop.path}.user, that its ` +
    "authorized_keys holds the key, and sshd's log on the host"
  );
}

function seconds(hop: HopInfo): string {
  return `${String(hop.timeoutSeconds)} s`;
}
