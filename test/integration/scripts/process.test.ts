import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { makeOwnedFolder, pidFile, removeOwnedFolder } from "../../../scripts/lib/owned-folder";
import { mustRun, run } from "../../../scripts/lib/process";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "process-test-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const isRunning = (pid: number): boolean => {
  try {
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
};

async function eventually(condition: () => boolean): Promise<boolean> {
  for (let tries = 0; tries < 100 && !condition(); tries += 1) await sleep(50);
  return condition();
}

test("gives exit code, both streams apart, and what the command reads", async () => {
  const argv = ["sh", "-c", "cat; echo warning >&2; exit 3"];
  expect(await run({ argv, input: "in\n", limitSeconds: 10 })).toEqual({
    code: 3,
    stdout: "in\n",
    stderr: "warning\n",
  });
});

test("at the limit the command and what it started are killed, and the error shows the last output", async () => {
  const pid = join(folder, "pid");
  const argv = ["sh", "-c", `echo working; sleep 60 & echo $! > ${pid}; wait`];
  await expect(run({ argv, limitSeconds: 1 })).rejects.toThrow(/did not end within 1 s and was killed\nworking/);
  const child = Number(readFileSync(pid, "utf8"));
  expect(await eventually(() => !isRunning(child))).toBe(true);
});

test("at the limit it does not wait for a process elsewhere that holds the command's output", async () => {
  const started = Date.now();
  const argv = ["sh", "-c", "setsid sleep 20 & sleep 20"];
  await expect(run({ argv, limitSeconds: 1 })).rejects.toThrow("did not end within 1 s");
  expect(Date.now() - started).toBeLessThan(5000);
});

test("a failed command is an error with its exit code and output", async () => {
  const argv = ["sh", "-c", "echo out; echo no such host >&2; exit 4"];
  await expect(mustRun({ argv, limitSeconds: 10 })).rejects.toThrow(/failed with exit code 4:\nout\nno such host/);
});

test("a program that does not exist is named", async () => {
  await expect(run({ argv: ["no-such-program-here"], limitSeconds: 10 })).rejects.toThrow(
    "cannot start no-such-program-here",
  );
});

test("sweeps the folder of a run that died together with the process in it, and not its own", async () => {
  const own = await makeOwnedFolder("sweep", folder);
  const left = join(folder, "kvm-tuning-sweep-left");
  const orphan = spawn("bash", ["-c", `exec -a ${left}/qemu sleep 60`], { stdio: "ignore" });
  await mustRun({ argv: ["mkdir", left], limitSeconds: 10 });
  writeFileSync(join(left, "owner"), "1 0");
  writeFileSync(pidFile(left), String(orphan.pid));
  const next = await makeOwnedFolder("sweep", folder);
  expect(await eventually(() => orphan.signalCode === "SIGKILL")).toBe(true);
  expect([existsSync(left), existsSync(own), existsSync(next)]).toEqual([false, true, true]);
  await removeOwnedFolder(own);
  await removeOwnedFolder(next);
});
