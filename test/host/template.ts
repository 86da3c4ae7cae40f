// A host that has booted once, as RAM state and disk: clones of it answer within seconds instead of half a minute.
import { chmod, copyFile, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { artefact, contentKey } from "../../scripts/lib/cache";
import { mustRun } from "../../scripts/lib/process";
import { withProgress } from "../../scripts/lib/progress";
import { cpufreqSource, writeCpufreqTable } from "./cpufreq-table";
import { ensureImage, type Image } from "./image";
import { CPUS, qemuArguments } from "./machine";
import { consoleTail, startQemu, type Qemu } from "./qemu";
import { makeOwnedFolder, removeOwnedFolder } from "../../scripts/lib/owned-folder";
import { ssh, trustHostKey, type SshTarget } from "./ssh";

export interface Template {
  readonly image: Image;
  readonly disk: string;
  readonly state: string;
  readonly cpufreqTable: string;
}

// Cold boots take 20-30 s; about one in fifty hangs in the kernel's start and has to be killed.
const BOOT_LIMIT_SECONDS = 150;
const BOOT_ATTEMPTS = 3;
const SAVE_LIMIT_SECONDS = 120;
const MAX_BANDWIDTH = 10 * 1024 ** 3;

const MENU = "update-grub && sync";
// virsh's first call starts libvirtd, which probes QEMU for 12-20 s. The clones find its caches.
const WARM_UP =
  "virsh list && virsh capabilities && virsh domcapabilities --virttype qemu && { virsh domcapabilities --virttype kvm || true; } && sync && echo 3 > /proc/sys/vm/drop_caches";

export async function ensureTemplate(): Promise<Template> {
  const image = await ensureImage();
  const version = await mustRun({ argv: ["qemu-system-x86_64", "--version"], limitSeconds: 30 });
  // A saved state fits one image, one QEMU and one set of devices.
  const machine = qemuArguments({ runFolder: "", disk: "", cpufreqTable: "" }).join(" ");
  const key = contentKey(basename(image.folder), version.stdout, machine, cpufreqSource(CPUS), WARM_UP, MENU);
  const make = (folder: string): Promise<void> =>
    withProgress("booting the test host to make a template, about 2 minutes", (say) => build({ image, folder, say }));
  const folder = await artefact({ kind: "test-host-template", key, make });
  return {
    image,
    disk: join(folder, "disk.qcow2"),
    state: join(folder, "state"),
    cpufreqTable: join(folder, "cpufreq.aml"),
  };
}

interface Build {
  readonly image: Image;
  readonly folder: string;
  readonly say: (now: string) => void;
}

async function build({ image, folder, say }: Build): Promise<void> {
  const cpufreqTable = await writeCpufreqTable(folder, CPUS);
  for (let attempt = 1; ; attempt += 1) {
    const runFolder = await makeOwnedFolder("host");
    try {
      say(attempt === 1 ? "booting" : `booting, attempt ${attempt} of ${BOOT_ATTEMPTS}`);
      await bootAndSave({ image, folder, say }, { runFolder, cpufreqTable });
      return;
    } catch (error) {
      if (attempt === BOOT_ATTEMPTS) throw error;
    } finally {
      await removeOwnedFolder(runFolder);
    }
  }
}

async function bootAndSave(
  { image, folder, say }: Build,
  place: { runFolder: string; cpufreqTable: string },
): Promise<void> {
  const disk = join(folder, "disk.qcow2");
  // Relative to the overlay, so that the whole cache folder can be moved.
  const backing = join("..", "..", basename(join(image.folder, "..")), basename(image.folder), basename(image.disk));
  const create = ["qemu-img", "create", "-q", "-f", "qcow2", "-b", backing, "-F", "raw", disk];
  await mustRun({ argv: create, limitSeconds: 60 });
  const qemu = await startQemu({ ...place, disk });
  try {
    await trustHostKey(place.runFolder, image.hostKey);
    const port = await qemu.forwardSsh();
    const target = { folder: place.runFolder, port, privateKeyPath: image.privateKeyPath };
    await firstAnswer(target);
    say("update-grub and a boot of what it made");
    await realMenu(target);
    say("filling libvirt's caches");
    const warm = await ssh(target, WARM_UP, { ownConnection: true, limitSeconds: 180 });
    if (warm.code !== 0) throw new Error(`the test host's libvirt does not work: ${warm.stderr}`);
    say("saving");
    await save(qemu, join(folder, "state"));
  } finally {
    await qemu.kill();
  }
  await chmod(disk, 0o444);
}

/** The image's menu is written by hand, because grub-probe finds no disk in a chroot. */
async function realMenu(target: SshTarget): Promise<void> {
  const menu = await ssh(target, MENU, { ownConnection: true, limitSeconds: 180 });
  if (menu.code !== 0) throw new Error(`the test host's update-grub does not work: ${menu.stderr}`);
  await ssh(target, "systemctl reboot", { ownConnection: true, limitSeconds: 30 }).catch(() => undefined);
  // While it goes down it still answers.
  await sleep(5000);
  await firstAnswer(target, "grep -q '^BOOT_IMAGE.* nowatchdog' /proc/cmdline");
}

async function firstAnswer(target: SshTarget, question = "true"): Promise<void> {
  const deadline = Date.now() + BOOT_LIMIT_SECONDS * 1000;
  while (Date.now() < deadline) {
    const answer = await ssh(target, question, { ownConnection: true, limitSeconds: 40 }).catch(() => undefined);
    if (answer?.code === 0) return;
    await sleep(300);
  }
  throw new Error(
    `the test host does not answer within ${BOOT_LIMIT_SECONDS} s of its start; ${await consoleTail(target.folder)}`,
  );
}

async function save({ monitor }: Qemu, file: string): Promise<void> {
  await monitor.execute("stop");
  await monitor.execute("migrate-set-parameters", { "max-bandwidth": MAX_BANDWIDTH });
  await monitor.execute("migrate", { uri: `exec:cat > '${file}'` });
  const deadline = Date.now() + SAVE_LIMIT_SECONDS * 1000;
  for (;;) {
    const { status } = (await monitor.execute("query-migrate")) as { status?: string };
    if (status === "completed") return;
    if (status === "failed" || Date.now() > deadline) throw new Error(`saving the test host's memory: ${status}`);
    await sleep(100);
  }
}

/** Disk of a clone: an overlay in its run folder. */
export async function overlay(template: Template, runFolder: string): Promise<string> {
  const disk = join(runFolder, "disk.qcow2");
  const argv = ["qemu-img", "create", "-q", "-f", "qcow2", "-b", template.disk, "-F", "qcow2", disk];
  await mustRun({ argv, limitSeconds: 60 });
  return disk;
}

/** The private key, readable by this user alone, as ssh wants it. */
export async function keyFor(template: Template, runFolder: string): Promise<{ path: string; text: string }> {
  const path = join(runFolder, "id_ed25519");
  await copyFile(template.image.privateKeyPath, path);
  await chmod(path, 0o600);
  return { path, text: await readFile(path, "utf8") };
}
