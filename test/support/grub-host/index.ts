/*
 * A Debian host with GRUB and libvirt that can be rebooted: the tuned host (a real SSH server, real sh, a fixture tree)
 * with stand-ins for update-grub, grub-script-check, systemctl and virsh. `systemctl reboot` drops the connections and
 * boots the tree from its grub.cfg. That GRUB, the kernel and libvirt do likewise is seen only on a real host.
 */
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTunedHost, type TunedHost } from "../tuned-host";
import { boot } from "./boot";
import { bootIdFile, domainState, grubHostFixture, type DomainName } from "./fixture";
import { grubEditenv, grubScriptCheck, systemctl, udevadm, updateGrub, virsh } from "./stand-ins";

export interface GrubHost extends TunedHost {
  /** What the stand-ins were asked to do since the last call, in order; `boot` for each boot. */
  events(): readonly string[];
  /** Makes a stand-in fail, see stand-ins.ts, until the returned function is called. */
  mode(name: string): () => void;
  domain(name: DomainName): string;
  /** Somebody else reboots the host; or nobody waits for it. */
  boot(): void;
  /** The next reboot that is asked for calls this first; a promise holds the host down until it is done. */
  onReboot: (() => Promise<void> | void) | undefined;
  /** `state()` without what each boot changes. */
  lasting(): Readonly<Record<string, string>>;
}

export async function startGrubHost(): Promise<GrubHost> {
  const modes = mkdtempSync(join(tmpdir(), "grub-host-"));
  const log = join(modes, "events");
  const host = await startTunedHost({ fixture: grubHostFixture, env: { EVENTS: log, MODES: modes } });
  const commands = {
    "update-grub": updateGrub,
    "grub-editenv": grubEditenv,
    "grub-script-check": grubScriptCheck,
    systemctl,
    udevadm,
    virsh,
  };
  for (const [name, script] of Object.entries(commands)) host.standIn(name, script);
  const note = (event: string): void => appendFileSync(log, `${event}\n`);
  const reboot = (): void => {
    boot({ tree: host, modes, note });
    note("boot");
  };
  let busy = false;
  const answer = async (): Promise<void> => {
    const asked = join(modes, "reboot-asked");
    if (busy || !existsSync(asked)) return;
    busy = true;
    rmSync(asked);
    // The answer to whoever asked gets through, as with systemd.
    await new Promise((resolve) => setTimeout(resolve, 50));
    await host.ssh.stopListening();
    host.ssh.dropConnections();
    const { onReboot } = grubHost;
    grubHost.onReboot = undefined;
    await onReboot?.();
    reboot();
    await host.ssh.listenAgain();
    busy = false;
  };
  const timer = setInterval(() => void answer(), 10);
  const grubHost: GrubHost = {
    ...host,
    onReboot: undefined,
    events() {
      const lines = existsSync(log) ? readFileSync(log, "utf8").split("\n").slice(0, -1) : [];
      rmSync(log, { force: true });
      return lines;
    },
    mode(name) {
      writeFileSync(join(modes, name), "");
      return () => rmSync(join(modes, name));
    },
    domain: (name) => host.read(domainState(name)).trim(),
    boot: reboot,
    lasting: () => Object.fromEntries(Object.entries(host.state()).filter(([path]) => path !== bootIdFile)),
    async close() {
      clearInterval(timer);
      await host.close();
      rmSync(modes, { recursive: true, force: true });
    },
  };
  return grubHost;
}
