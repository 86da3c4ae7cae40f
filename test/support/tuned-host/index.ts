/*
 * A host to be tuned: a fixture tree, a real SSH server before it that runs the real scripts with real sh, and
 * stand-ins for systemd's commands. What the kernel and systemd make of the writes is seen only on a real host.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { providerHandle } from "../../../sdk/provider-handle";
import { fixtureRoot, type Fixture, type FixtureRoot } from "../fixture-root";
import { urn } from "../pulumi/provider-client";
import { startSshHost, type SshHost, type SshHostOptions } from "../ssh-host";
import { eightCpuHost } from "./fixture";
import { printChoices, standIns } from "./stand-ins";

export interface TunedHost extends FixtureRoot {
  readonly ssh: SshHost;
  /** Arguments of each call of systemctl but `show` and `cat`, which ask only, with the locale it was called in. */
  systemctlCalls(): readonly string[];
  /** Puts a stand-in before a command of the host, until it is taken away: what cannot be had from plain files. */
  standIn(command: string, script: string): () => void;
  /** What a program gives, as the SDK sends it. */
  inputs(more: Record<string, unknown>): Record<string, unknown>;
  close(): Promise<void>;
}

export interface TunedHostOptions extends SshHostOptions {
  readonly fixture?: Fixture;
}

export async function startTunedHost({ fixture, ...options }: TunedHostOptions = {}): Promise<TunedHost> {
  const tree = fixtureRoot({ ...eightCpuHost, ...fixture });
  const bin = mkdtempSync(join(tmpdir(), "tuned-host-bin-"));
  const log = join(bin, "systemctl.log");
  for (const [command, text] of Object.entries(standIns)) writeFileSync(join(bin, command), text, { mode: 0o755 });
  const ssh = await startSshHost({ root: tree.root, bin, ...options, env: { SYSTEMCTL_LOG: log, ...options.env } });
  return {
    ...tree,
    ssh,
    state() {
      printChoices(tree);
      return tree.state();
    },
    systemctlCalls: () =>
      existsSync(log)
        ? readFileSync(log, "utf8")
            .split("\n")
            .filter((line) => line !== "")
        : [],
    standIn(command, script) {
      writeFileSync(join(bin, command), script, { mode: 0o755 });
      return () => rmSync(join(bin, command));
    },
    inputs: (more) => ({
      __provider: providerHandle("hostTuning"),
      __urn: urn,
      connection: withoutUndefined(ssh.connection()),
      ...more,
    }),
    async close() {
      await ssh.close();
      tree.remove();
      rmSync(bin, { recursive: true, force: true });
    },
  };
}

const withoutUndefined = <T extends object>(given: T): T =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as T;
