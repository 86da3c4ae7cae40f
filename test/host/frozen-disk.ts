// What the power would have left at one moment: a machine of its own boots from there, without touching it.
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { makeOwnedFolder, removeOwnedFolder } from "../../scripts/lib/owned-folder";
import { mustRun } from "../../scripts/lib/process";
import { consoleLog } from "./machine";
import { consoleTail, startQemu, type Qemu } from "./qemu";
import { closeConnections, ssh, trustHostKey } from "./ssh";
import { keyFor, type Template } from "./template";

export interface FrozenDisk {
  /** Title of the menu entry that GRUB boots. Each call is one boot more, which ends when the kernel is loaded. */
  boot(): Promise<string>;
  /** One boot more, up to its SSH server: the kernel's command line. */
  cmdline(): Promise<string>;
  remove(): Promise<void>;
}

const BOOT_LIMIT_SECONDS = 120;
const ATTEMPTS = 3;

export async function frozenDisk(disk: string, template: Template): Promise<FrozenDisk> {
  const runFolder = await makeOwnedFolder("frozen");
  const own = join(runFolder, "disk.qcow2");
  await mustRun({
    argv: ["qemu-img", "create", "-q", "-f", "qcow2", "-b", disk, "-F", "qcow2", own],
    limitSeconds: 60,
  });
  const key = await keyFor(template, runFolder);
  const place = { runFolder, disk: own, cpufreqTable: template.cpufreqTable };
  const run = async <T>(work: (qemu: Qemu) => Promise<T>): Promise<T> => {
    await rm(consoleLog(runFolder), { force: true });
    const qemu = await startQemu(place);
    try {
      return await work(qemu);
    } finally {
      // Not killed: what the machine has written must be in the file.
      await qemu.monitor.execute("quit").catch(() => undefined);
      await qemu.kill();
    }
  };
  const console = () => readFile(consoleLog(runFolder), "utf8").catch(() => "");
  return {
    boot: () =>
      run(async () => {
        const deadline = Date.now() + BOOT_LIMIT_SECONDS * 1000;
        while (Date.now() < deadline) {
          const text = await console();
          const title = / {2}Booting `(.*)'/.exec(text)?.[1];
          if (title !== undefined && text.includes("Loading initial ramdisk")) return title;
          await sleep(100);
        }
        throw new Error(`GRUB boots nothing within ${BOOT_LIMIT_SECONDS} s; ${await consoleTail(runFolder)}`);
      }),
    cmdline: async () => {
      // QEMU hangs now and then at the start of a kernel (boot-watch.ts).
      for (let attempt = 1; ; attempt += 1) {
        const line = await run(async (qemu) => {
          await trustHostKey(runFolder, template.image.hostKey);
          const target = { folder: runFolder, port: await qemu.forwardSsh(), privateKeyPath: key.path };
          const deadline = Date.now() + BOOT_LIMIT_SECONDS * 1000;
          while (Date.now() < deadline) {
            const options = { ownConnection: true, limitSeconds: 40 };
            const answer = await ssh(target, "cat /proc/cmdline", options).catch(() => undefined);
            if (answer?.code === 0) return answer.stdout.trim();
            await sleep(300);
          }
          await closeConnections(target);
          return undefined;
        });
        if (line !== undefined) return line;
        if (attempt === ATTEMPTS) throw new Error(`no SSH server from a frozen disk; ${await consoleTail(runFolder)}`);
      }
    },
    remove: () => removeOwnedFolder(runFolder),
  };
}
