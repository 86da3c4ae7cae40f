// Temporary folders that belong to one run. A run that died leaves its folders and, where the kernel could not end it
// with its parent, the process in them: the next run sweeps both.
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PREFIX = "kvm-tuning-";
const OWNER = "owner";
const open = new Set<string>();

/** Where a process writes its pid so that the folder's removal ends it; its command line must name the folder. */
export const pidFile = (folder: string): string => join(folder, "process.pid");

/** Process id with its start time in clock ticks since boot (proc(5), stat field 22): ids alone are used again. */
function identify(pid: number): string | undefined {
  try {
    const afterName = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /s, "");
    return `${pid} ${afterName.split(" ")[19]}`;
  } catch {
    return undefined;
  }
}

/** Makes `kvm-tuning-<kind>-XXXXXX`; it is gone at the latest when the run after this one makes its own. */
export async function makeOwnedFolder(kind: string, parent: string = tmpdir()): Promise<string> {
  if (open.size === 0) process.once("exit", () => open.forEach(removeNow));
  await sweep(parent);
  const folder = await mkdtemp(join(parent, `${PREFIX}${kind}-`));
  open.add(folder);
  await writeFile(join(folder, OWNER), identify(process.pid) ?? "");
  return folder;
}

export async function removeOwnedFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  open.delete(folder);
}

function removeNow(folder: string): void {
  killProcessOf(folder);
  rmSync(folder, { recursive: true, force: true });
}

function killProcessOf(folder: string): void {
  try {
    const pid = Number(readFileSync(pidFile(folder), "utf8"));
    // The pid may belong to another process by now.
    if (readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(folder)) process.kill(pid, "SIGKILL");
  } catch {
    // No pid file or no such process: it has ended.
  }
}

async function sweep(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    if (!name.startsWith(PREFIX)) continue;
    const folder = join(parent, name);
    const owner = await readFile(join(folder, OWNER), "utf8").catch(() => undefined);
    // Without the owner's file the folder is being made at this moment.
    if (owner === undefined || owner === identify(Number(owner.split(" ")[0]))) continue;
    killProcessOf(folder);
    await rm(folder, { recursive: true, force: true }).catch(() => undefined); // Another user's, or half gone already.
  }
}
