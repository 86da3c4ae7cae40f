import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { runSteps } from "../../../provider/host/executor";
import { lockHost } from "../../../provider/host/lock";
import type { Step } from "../../../provider/host/step";
import type { StepError } from "../../../provider/host/step-error";
import { fixtureRoot, type FixtureRoot } from "../../support/fixture-root";
import { shells } from "../../support/fixture-root/shells";
import { localTransport, type LocalTransport } from "../../support/local-transport";

const command = (...argv: readonly string[]): Step => ({ kind: "run", setting: "x", argv });
const quiet = (): void => undefined;

describe.each(shells)("the host's lock in %s", (_name, shell) => {
  let fixture: FixtureRoot;
  let transport: LocalTransport;
  beforeEach(() => {
    fixture = fixtureRoot();
    transport = localTransport({ root: fixture.root, shell });
  });
  afterEach(() => fixture.remove());

  test("is held by one run at a time: the second gets it when the first lets go", async () => {
    const first = await lockHost(transport, 5);
    let second: string | undefined;
    const waiting = lockHost(transport, 20).then((lock) => {
      second = lock.token;
      return lock;
    });
    await sleep(300);
    expect(second).toBeUndefined();
    await first.release();
    await (await waiting).release();
    expect(second).toMatch(/^[0-9a-f]{32}$/);
  });

  test("names the holder, its process and since when, after the time to wait", async () => {
    const first = await lockHost(transport, 5);
    const error: unknown = await lockHost(transport, 0).catch((cause: unknown) => cause);
    await first.release();
    expect(String(error)).toMatch(
      /^Error: root@fixture:22: cannot lock the host for tuning: .*not free within 0 s. It is held by:\n.+ on .+ \(process \d+\), process \d+ on the host, since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\nWait for that run\./,
    );
  });

  test("is free again after its holder was killed", async () => {
    const first = await lockHost(transport, 5);
    const pid = /process (\d+) on the host/.exec(fixture.read("/run/kvm-tuning/holder"))?.[1];
    process.kill(Number(pid), "SIGKILL");
    await (await lockHost(transport, 5)).release();
    await first.release();
  });

  test("waits for a step that goes on after its run has lost the lock", async () => {
    const first = await lockHost(transport, 5);
    const done = fixture.path("/done");
    const slow = runSteps({ transport, token: first.token }, [command("sh", "-c", `sleep 1; echo > ${done}`)], quiet);
    await sleep(300);
    await first.release();
    expect(fixture.has("/done")).toBe(false);
    const second = await lockHost(transport, 10);
    expect(fixture.has("/done")).toBe(true);
    await second.release();
    await slow;
  });

  test("says so when such a step does not end in time", async () => {
    const first = await lockHost(transport, 5);
    const slow = runSteps({ transport, token: first.token }, [command("sleep", "2")], quiet);
    await sleep(300);
    await first.release();
    await expect(lockHost(transport, 0)).rejects.toThrow("a command of an earlier run, whose connection was lost");
    await slow;
  });

  test("is asked for by each step: one that starts after the lock was lost does nothing", async () => {
    const first = await lockHost(transport, 5);
    await first.release();
    const late = command("sh", "-c", `echo > ${fixture.path("/done")}`);
    const alone = await runSteps({ transport, token: first.token }, [late], quiet).catch((cause: unknown) => cause);
    const second = await lockHost(transport, 5);
    const beside = await runSteps({ transport, token: first.token }, [late], quiet).catch((cause: unknown) => cause);
    await second.release();
    for (const error of [alone, beside] as StepError[]) {
      expect(error.exitCode).toBe(73);
      expect(error.stderr).toBe("this run has lost its lock on the host");
    }
    expect(fixture.has("/done")).toBe(false);
  });

  test("lives in the state folder on a host without /run", async () => {
    fixture.remove();
    fixture.write({ "/var/lib/": "" });
    const lock = await lockHost(transport, 5);
    expect(fixture.has("/var/lib/kvm-tuning/lock")).toBe(true);
    expect(fixture.has("/run")).toBe(false);
    await lock.release();
  });
});

test("a host without flock is told what to install", async () => {
  const fixture = fixtureRoot();
  const error: unknown = await lockHost(
    localTransport({ root: fixture.root, env: { PATH: "/nowhere" }, shell: ["/bin/sh"] }),
    1,
  ).catch((cause: unknown) => cause);
  fixture.remove();
  expect(String(error)).toContain("command not found on the host: flock (package util-linux)");
});

test("a command that began goes on to its end when its connection is gone", async () => {
  const fixture = fixtureRoot();
  const transport = localTransport({ root: fixture.root });
  const lock = await lockHost(transport, 5);
  const step = command("sh", "-c", `echo begun; sleep 0.5; echo printed; echo > ${fixture.path("/done")}`);
  const recorded: string[][] = [];
  const recorder = {
    ...transport,
    exec: (request: { argv: readonly string[] }) => {
      recorded.push([...request.argv]);
      return Promise.resolve({ exitCode: 0, stdout: "", stderr: "" });
    },
  };
  await runSteps({ transport: recorder, token: lock.token }, [step], quiet);
  const [sh = "", ...args] = recorded[0] ?? [];
  const child = spawn(sh, args, { env: { ...process.env, KVM_TUNING_ROOT: fixture.root }, detached: true });
  await sleep(200);
  // As sshd does: both ends of the pipes are closed; and a hang-up, as from a terminal of sudo.
  child.stdin.destroy();
  child.stdout.destroy();
  child.stderr.destroy();
  child.kill("SIGHUP");
  await once(child, "exit");
  expect(fixture.has("/done")).toBe(true);
  await lock.release();
  fixture.remove();
});
