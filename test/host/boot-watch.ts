// QEMU's emulation now and then hangs at the very start of a kernel (seen about once in a hundred boots; the console
// ends with the boot loader's words). No host does that for the tuning's sake: such a boot is begun again.
import { readFile } from "node:fs/promises";
import { createConnection } from "node:net";
import { consoleLog } from "./machine";
import type { Monitor } from "./monitor";

const EVERY_MS = 5_000;
/** A boot takes half a minute; on a busy machine three times that. */
const HUNG_AFTER_MS = 180_000;
/** GRUB's, or the firmware's before systemd-boot, which says nothing. */
const bootLoaderWords = / {2}Booting `|BdsDxe: starting /;
const BANNER_LIMIT_MS = 3_000;

interface Watched {
  readonly runFolder: string;
  readonly monitor: Monitor;
  readonly port: () => number;
}

export interface BootWatch {
  /** How often the machine was reset. */
  hangs(): number;
  end(): void;
}

/** Resets a machine whose sshd has not answered within three minutes of the boot loader. */
export function watchBoots({ runFolder, monitor, port }: Watched): BootWatch {
  let boots = 0;
  let hangs = 0;
  let since: number | undefined;
  const look = async (): Promise<void> => {
    const text = await readFile(consoleLog(runFolder), "utf8").catch(() => "");
    const now = text.split(bootLoaderWords).length - 1;
    if (now > boots) [boots, since] = [now, Date.now()];
    if (since === undefined) return;
    const { status } = (await monitor.execute("query-status")) as { status: string };
    // A machine that a test has stopped does not boot.
    if (status !== "running") since = Date.now();
    else if (await answers(port())) since = undefined;
    else if (Date.now() - since > HUNG_AFTER_MS) {
      since = Date.now();
      hangs += 1;
      process.stderr.write("test host: QEMU hangs at the start of the kernel; it is reset\n");
      await monitor.execute("system_reset");
    }
  };
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    // A machine that has ended answers nothing.
    look()
      .catch(() => undefined)
      .finally(() => (busy = false));
  }, EVERY_MS);
  timer.unref();
  return { hangs: () => hangs, end: () => clearInterval(timer) };
}

/** Whether an SSH server says its name there. */
export function answers(port: number, limitMs = BANNER_LIMIT_MS): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, "127.0.0.1");
    const end = (banner: boolean): void => {
      socket.destroy();
      resolve(banner);
    };
    socket.setTimeout(limitMs, () => end(false));
    socket.once("data", (data) => end(data.toString("latin1").startsWith("SSH-")));
    socket.once("error", () => end(false));
    socket.once("close", () => end(false));
  });
}
