// A real host for tests: a clone of the booted template, reached by the system's ssh. Gone when this process is gone.
import { randomUUID } from "node:crypto";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { lastLines, type RunResult } from "../../scripts/lib/process";
import { watchBoots } from "./boot-watch";
import { frozenDisk, type FrozenDisk } from "./frozen-disk";
import type { Machine } from "./machine";
import { consoleTail, startQemu, type Qemu } from "./qemu";
import { makeOwnedFolder, removeOwnedFolder } from "../../scripts/lib/owned-folder";
import { closeConnections, ssh, trustHostKey, type SshOptions, type SshTarget } from "./ssh";
import { ensureTemplate, keyFor, overlay, type Template } from "./template";

export type { SshOptions } from "./ssh";

export interface TestHost {
  readonly name: string;
  readonly host: "127.0.0.1";
  /** Changes with `movePort`. */
  readonly port: number;
  readonly user: "root";
  /** The user that needs sudo. */
  readonly sudoUser: "ops";
  readonly privateKeyPath: string;
  readonly privateKey: string;
  readonly hostKey: string;
  /** Runs a shell command by plain ssh; any exit code is a result, 255 means no connection. */
  ssh(command: string, options?: SshOptions): Promise<RunResult>;
  /** Standard output of a command that must succeed, without the last newline. */
  output(command: string, options?: SshOptions): Promise<string>;
  bootId(): Promise<string>;
  /** How often QEMU has hung at the start of a kernel and was reset (boot-watch.ts). */
  hangs(): number;
  /** Asks the host to reboot and waits until it has. */
  reboot(): Promise<void>;
  /** Waits until the host answers with another boot_id than `previous`. */
  waitForBoot(previous: string): Promise<void>;
  /** Resets the machine as a power failure does: what the guest has not synced is lost. */
  powerCut(): Promise<void>;
  /** What a power cut would leave now: another machine boots from there. This one goes on. */
  freezeDisk(): Promise<FrozenDisk>;
  /** Stops the machine's CPUs: connections stay open and nothing answers. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** Forwards another port and refuses the old one; resolves with the new port. */
  movePort(): Promise<number>;
  /** Ends the machine; its disk becomes `file`. */
  leaveDisk(file: string): Promise<void>;
  stop(): Promise<void>;
}

const START_ATTEMPTS = 3;
const FIRST_COMMAND_LIMIT_SECONDS = 60;
/** With room for a boot that is begun again (boot-watch.ts). */
const BOOT_LIMIT_SECONDS = 420;

export async function startClone({ name }: { readonly name: string }): Promise<TestHost> {
  const template = await ensureTemplate();
  for (let attempt = 1; ; attempt += 1) {
    const runFolder = await makeOwnedFolder("host");
    try {
      return await start({ name, template, runFolder });
    } catch (error) {
      await removeOwnedFolder(runFolder);
      if (attempt === START_ATTEMPTS) throw error;
    }
  }
}

interface Start {
  readonly name: string;
  readonly template: Template;
  readonly runFolder: string;
}

async function start({ name, template, runFolder }: Start): Promise<TestHost> {
  const disk = await overlay(template, runFolder);
  const key = await keyFor(template, runFolder);
  await trustHostKey(runFolder, template.image.hostKey);
  const restoreFrom = `cat '${template.state}'`;
  const qemu = await startQemu({ runFolder, disk, cpufreqTable: template.cpufreqTable, restoreFrom });
  try {
    await restored(qemu);
    const target = { folder: runFolder, port: await qemu.forwardSsh(), privateKeyPath: key.path };
    await qemu.monitor.execute("cont");
    await individualise(target, name);
    return testHost({ name, qemu, target, privateKey: key.text, template, disk });
  } catch (error) {
    await qemu.kill();
    throw new Error(`test host ${name} does not start; ${await consoleTail(runFolder)}`, { cause: error });
  }
}

interface ColdStart extends Start {
  readonly disk: string;
  readonly firmware: NonNullable<Machine["firmware"]>;
}

/** A machine that boots from its own disks; waits until it answers. */
export async function boot({ name, template, runFolder, disk, firmware }: ColdStart): Promise<TestHost> {
  const key = await keyFor(template, runFolder);
  await trustHostKey(runFolder, template.image.hostKey);
  const qemu = await startQemu({ runFolder, disk, cpufreqTable: template.cpufreqTable, firmware });
  try {
    const target = { folder: runFolder, port: await qemu.forwardSsh(), privateKeyPath: key.path };
    const host = testHost({ name, qemu, target, privateKey: key.text, template, disk });
    await host.waitForBoot("");
    return host;
  } catch (error) {
    await qemu.kill();
    throw error;
  }
}

async function restored({ monitor }: Qemu): Promise<void> {
  const deadline = Date.now() + FIRST_COMMAND_LIMIT_SECONDS * 1000;
  for (;;) {
    const { status } = (await monitor.execute("query-status")) as { status: string };
    if (status !== "inmigrate") return;
    if (Date.now() > deadline) throw new Error("QEMU does not finish loading the saved memory");
    await sleep(20);
  }
}

/**
 * What clones of one saved state share and real hosts do not: the clock of the moment it was saved, machine-id, the
 * state of the random number generator, and boot_id (covered by a file until the first reboot makes a real one).
 */
async function individualise(target: SshTarget, name: string): Promise<void> {
  const machineId = randomUUID().replaceAll("-", "");
  const script = [
    `date -s @${(Date.now() / 1000).toFixed(3)} > /dev/null`,
    `echo ${machineId} > /etc/machine-id`,
    `echo ${randomUUID()} > /run/boot_id`,
    "mount --bind /run/boot_id /proc/sys/kernel/random/boot_id",
    `echo ${randomUUID()} > /dev/urandom`,
    `hostname ${name}`,
    `echo ${name} > /etc/hostname`,
    `echo 127.0.0.1 localhost ${name} > /etc/hosts`,
  ].join(" && ");
  const { code, stderr } = await ssh(target, script, { limitSeconds: FIRST_COMMAND_LIMIT_SECONDS });
  if (code !== 0) throw new Error(`setting up the clone: ${stderr}`);
}

interface Parts {
  readonly name: string;
  readonly qemu: Qemu;
  readonly target: SshTarget;
  readonly privateKey: string;
  readonly template: Template;
  readonly disk: string;
}

function testHost({ name, qemu, target, privateKey, template, disk }: Parts): TestHost {
  let { port } = target;
  const disks = [disk];
  const here = (): SshTarget => ({ ...target, port });
  const output = async (command: string, options?: SshOptions): Promise<string> => {
    const { code, stdout, stderr } = await ssh(here(), command, options);
    if (code === 0) return stdout.replace(/\n$/, "");
    throw new Error(`${name}: ${command}: exit code ${code}: ${lastLines(stderr)}`);
  };
  const bootId = (options?: SshOptions): Promise<string> => output("cat /proc/sys/kernel/random/boot_id", options);
  const waitForBoot = async (previous: string): Promise<void> => {
    await closeConnections(here());
    const deadline = Date.now() + BOOT_LIMIT_SECONDS * 1000;
    while (Date.now() < deadline) {
      const answer = await bootId({ ownConnection: true, limitSeconds: 40 }).catch(() => previous);
      if (answer !== previous) return;
      await sleep(300);
    }
    throw new Error(`${name} has not rebooted within ${BOOT_LIMIT_SECONDS} s; ${await consoleTail(target.folder)}`);
  };
  const end = async (): Promise<void> => {
    watch.end();
    await closeConnections(here());
    await removeOwnedFolder(target.folder);
  };
  const watch = watchBoots({ runFolder: target.folder, monitor: qemu.monitor, port: () => port });
  return {
    name,
    host: "127.0.0.1",
    get port() {
      return port;
    },
    user: "root",
    sudoUser: "ops",
    privateKeyPath: target.privateKeyPath,
    privateKey,
    hostKey: template.image.hostKey,
    ssh: (command, options) => ssh(here(), command, options),
    output,
    bootId: () => bootId(),
    hangs: () => watch.hangs(),
    waitForBoot,
    reboot: async () => {
      const previous = await bootId();
      await ssh(here(), "systemctl reboot", { limitSeconds: 30 }).catch(() => undefined);
      await waitForBoot(previous);
    },
    powerCut: async () => {
      await qemu.monitor.execute("system_reset");
    },
    freezeDisk: async () => {
      const next = join(target.folder, `disk-${disks.length}.qcow2`);
      await qemu.monitor.execute("stop");
      // What was the disk becomes the backing file of the next one, and is written to no more.
      const snapshot = { device: "d0", "snapshot-file": next, format: "qcow2" };
      await qemu.monitor.execute("blockdev-snapshot-sync", snapshot);
      await qemu.monitor.execute("cont");
      const frozen = disks.at(-1) ?? disk;
      disks.push(next);
      return frozenDisk(frozen, template);
    },
    freeze: async () => {
      await qemu.monitor.execute("stop");
    },
    thaw: async () => {
      await qemu.monitor.execute("cont");
    },
    movePort: async () => {
      await closeConnections(here());
      const next = await qemu.forwardSsh();
      await qemu.stopForwarding(port);
      port = next;
      return port;
    },
    leaveDisk: async (file) => {
      // Not killed: what the machine has written must be in the file.
      await qemu.monitor.execute("quit").catch(() => undefined);
      await qemu.kill();
      await rename(disks.at(-1) ?? disk, file);
      await end();
    },
    stop: async () => {
      await qemu.kill();
      await end();
    },
  };
}
