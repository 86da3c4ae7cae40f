// The system's own ssh: what a test reads through it owes nothing to the code under test.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run, type RunResult } from "../../scripts/lib/process";

export interface SshTarget {
  /** Holds known_hosts and the sockets of open connections. */
  readonly folder: string;
  readonly port: number;
  readonly privateKeyPath: string;
}

export interface SshOptions {
  /** @default "root" */
  readonly user?: "root" | "ops";
  readonly input?: string;
  /** @default 120 */
  readonly limitSeconds?: number;
  /** A connection of its own, whose end means the end of sshd's session; @default the shared one, which is 1.5 s faster. */
  readonly ownConnection?: boolean;
}

const ALIAS = "test-host";

export async function trustHostKey(folder: string, hostKey: string): Promise<void> {
  await writeFile(join(folder, "known_hosts"), `${ALIAS} ${hostKey}\n`);
}

function sshArguments(target: SshTarget, options: SshOptions): readonly string[] {
  const settings = {
    BatchMode: "yes",
    IdentitiesOnly: "yes",
    HostKeyAlias: ALIAS,
    UserKnownHostsFile: join(target.folder, "known_hosts"),
    StrictHostKeyChecking: "yes",
    LogLevel: "ERROR",
    ConnectTimeout: "20",
    ServerAliveInterval: "10",
    ServerAliveCountMax: "6",
    ControlMaster: options.ownConnection ? "no" : "auto",
    ControlPath: options.ownConnection ? "none" : join(target.folder, "ssh-%r-%p"),
    ControlPersist: "300",
  };
  const set = Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  const user = options.user ?? "root";
  return ["ssh", "-F", "none", "-i", target.privateKeyPath, "-p", String(target.port), "-l", user, ...set, "127.0.0.1"];
}

/** Exit code 255 is ssh's own: no connection. */
export function ssh(target: SshTarget, command: string, options: SshOptions = {}): Promise<RunResult> {
  return run({
    argv: [...sshArguments(target, options), command],
    limitSeconds: options.limitSeconds ?? 120,
    ...(options.input === undefined ? {} : { input: options.input }),
  });
}

/** Ends the shared connections; one to a rebooted or moved host would hang. */
export async function closeConnections(target: SshTarget): Promise<void> {
  for (const user of ["root", "ops"] as const) {
    const [file = "", ...rest] = sshArguments(target, { user });
    await run({ argv: [file, "-O", "exit", ...rest], limitSeconds: 10 }).catch(() => undefined);
  }
}
