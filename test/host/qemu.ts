// One running QEMU: started, forwarded to, killed.
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { diesWithUs, lastLines } from "../../scripts/lib/process";
import { consoleLog, monitorSocket, qemuArguments, type Machine } from "./machine";
import { openMonitor, type Monitor } from "./monitor";

export interface Qemu {
  readonly monitor: Monitor;
  /** Forwards a port of this machine, chosen by the kernel, to the guest's sshd. */
  forwardSsh(): Promise<number>;
  stopForwarding(port: number): Promise<void>;
  kill(): Promise<void>;
}

export async function startQemu(machine: Machine): Promise<Qemu> {
  const [file = "", ...args] = diesWithUs(qemuArguments(machine));
  // A process group of its own: Ctrl-C in the terminal ends us, and our end ends it.
  const child = spawn(file, args, { detached: true, stdio: ["ignore", "ignore", "pipe"] });
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complaints += text));
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const failed = new Promise<never>((_, reject) => {
    child.once("error", (error) => reject(new Error(`cannot start QEMU: ${error.message}`)));
    child.once("close", () => reject(new Error(`QEMU ended at once: ${lastLines(complaints)}`)));
  });
  failed.catch(() => undefined);
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await ended;
  };
  try {
    const monitor = await Promise.race([openMonitor(monitorSocket(machine.runFolder)), failed]);
    const end = (): Promise<void> => {
      monitor.close();
      return kill();
    };
    return { monitor, ...forwarding(monitor), kill: end };
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
}

function forwarding(monitor: Monitor): Pick<Qemu, "forwardSsh" | "stopForwarding"> {
  const forwarded = async (): Promise<readonly number[]> => {
    const table = await monitor.human("info usernet");
    return [...table.matchAll(/TCP\[HOST_FORWARD\]\s+\d+\s+127\.0\.0\.1\s+(\d+)/g)].map((match) => Number(match[1]));
  };
  return {
    forwardSsh: async () => {
      const before = await forwarded();
      const complaint = await monitor.human("hostfwd_add n0 tcp:127.0.0.1:0-:22");
      const port = (await forwarded()).find((candidate) => !before.includes(candidate));
      if (port === undefined) throw new Error(`QEMU forwards no port to the test host: ${complaint.trim()}`);
      return port;
    },
    stopForwarding: async (port) => {
      await monitor.human(`hostfwd_remove n0 tcp:127.0.0.1:${port}`);
    },
  };
}

/** The end of the serial console, for messages about a guest that does not answer. */
export async function consoleTail(runFolder: string): Promise<string> {
  const text = await readFile(consoleLog(runFolder), "utf8").catch(() => "");
  return text.trim() === "" ? "its console shows nothing" : `the end of its console:\n${lastLines(text, 15)}`;
}
