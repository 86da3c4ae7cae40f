/*
 * What ssh would do for a name: its own configuration, asked of ssh itself (`ssh -G`), so that an alias of ~/.ssh/config works.
 * Used are HostName, User, Port, IdentityFile, ProxyJump with one host, HostKeyAlias and the known_hosts files.
 * Source: ssh(1), ssh_config(5).
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";

export interface SshConfig {
  readonly hostname: string;
  readonly user: string;
  readonly port: number;
  /** Those that exist. */
  readonly identityFiles: readonly string[];
  readonly knownHostsFiles: readonly string[];
  /** The name under which its key is kept. */
  readonly keyName: string | undefined;
  /** As in ProxyJump: `[user@]host[:port]`, several with commas. */
  readonly jump: string | undefined;
}

/**
 * `argv`: what names the host on ssh's command line, with `-F`, `-l` and `-p`. Throws where there is no ssh (ENOENT), or
 * where it refuses the name or its configuration.
 */
export function sshConfig(argv: readonly string[], env: NodeJS.ProcessEnv = process.env): SshConfig {
  const { error, status, stdout, stderr } = spawnSync("ssh", ["-G", ...argv], {
    encoding: "utf8",
    env: { PATH: process.env["PATH"], HOME: homedir(), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(stderr.trim().split("\n").slice(-3).join(" / "));
  return parseSshConfig(stdout);
}

/** Lines `key value`; a key may stand more than once. */
export function parseSshConfig(output: string): SshConfig {
  const all = output.split("\n").map((line) => /^(\S+) (.*)$/.exec(line) ?? []);
  const values = (key: string) => all.filter(([, name]) => name === key).map(([, , value = ""]) => value);
  const one = (key: string) => values(key)[0];
  const home = (path: string) => path.replace(/^~(?=\/)/, homedir());
  const jump = one("proxyjump");
  return {
    hostname: one("hostname") ?? "",
    user: one("user") ?? "",
    port: Number(one("port") ?? 22),
    identityFiles: values("identityfile")
      .map(home)
      .filter((path) => existsSync(path)),
    knownHostsFiles: [...values("userknownhostsfile"), ...values("globalknownhostsfile")].flatMap((line) =>
      line.split(" ").map(home),
    ),
    keyName: one("hostkeyalias"),
    jump: jump === undefined || jump === "none" ? undefined : jump,
  };
}
