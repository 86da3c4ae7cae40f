// One folder a running QEMU, in the system's temporary folder. A run that died leaves its folder and, where the kernel
// could not end it with its parent, its QEMU: the next run sweeps both.
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pidFile } from "./machine";

const PREFIX = "kvm-tuning-host-";
const OWNER = "owner";
const open = new Set<string>();

/** Process id with its start time in clock ticks since boot (proc(5), stat field 22): ids alone are used again. */
function identify(pid: number): string | undefined {
  try {
    const afterName = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /s, "");
    return `${pid} ${afterName.split(" ")[19]}`;
  } catch {
    return undefined;
  }
}

export async function makeRunFolder(): Promise<string> {
  if (open.size === 0) process.once("exit", () => open.forEach(removeNow));
  await sweep();
  const folder = await mkdtemp(join(tmpdir(), PREFIX));
  open.add(folder);
  await writeFile(join(folder, OWNER), identify(process.pid) ?? "");
  return folder;
}

export async function removeRunFolder(folder: string): Promise<void> {
  open.delete(folder);
  await rm(folder, { recursive: true, force: true });
}

function removeNow(folder: string): void {
  killQemu(folder);
  rmSync(folder, { recursive: true, force: true });
}

/** Kills the QEMU of a run folder, and no other process that has got its pid since. */
export function killQemu(folder: string): void {
  try {
    const pid = Number(readFileSync(pidFile(folder), "utf8"));
    if (readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(folder)) process.kill(pid, "SIGKILL");
  } catch {
    // No pid file or no such process: it has ended.
  }
}

async function sweep(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(PREFIX)) continue;
    const folder = join(tmpdir(), name);
    const owner = await readFile(join(folder, OWNER), "utf8").catch(() => undefined);
    // Without the owner's file the folder is being made at this moment.
    if (owner === undefined || owner === identify(Number(owner.split(" ")[0]))) continue;
    killQemu(folder);
    await rm(folder, { recursive: true, force: true });
  }
}
