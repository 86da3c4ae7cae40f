/*
 * A host to be tuned: a fixture tree, a real SSH server before it that runs the real scripts with real sh, and a
 * stand-in for systemctl. What the kernel and systemd make of the writes is seen only on a real host.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { providerHandle } from "../../../sdk/provider-handle";
import { fixtureRoot, type Fixture, type FixtureRoot } from "../fixture-root";
import { urn } from "../pulumi/provider-client";
import { startSshHost, type SshHost, type SshHostOptions } from "../ssh-host";
import { eightCpuHost } from "./fixture";

export interface TunedHost extends FixtureRoot {
  readonly ssh: SshHost;
  /** Arguments of each call of systemctl but `show`, which every reading makes, with the locale it was called in. */
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
  writeFileSync(join(bin, "systemctl"), systemctl(log), { mode: 0o755 });
  const ssh = await startSshHost({ root: tree.root, bin, ...options });
  return {
    ...tree,
    ssh,
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

/** Names itself, so that no test takes it for systemd. `show` prints units as systemd does for units that are not there. */
const systemctl = (log: string): string => `#!/bin/sh
if [ "$1" = show ]; then
  shift 3
  for unit; do printf 'Id=%s\\nLoadState=not-found\\nActiveState=inactive\\nUnitFileState=\\n\\n' "$unit"; done
  exit 0
fi
echo "$* (locale $LC_ALL)" >> ${log}
echo 'stand-in for systemctl: recorded, nothing done' >&2
`;

const withoutUndefined = <T extends object>(given: T): T =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as T;
