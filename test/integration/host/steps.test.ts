import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runSteps } from "../../../provider/host/executor";
import { lockHost } from "../../../provider/host/lock";
import type { Step } from "../../../provider/host/step";
import { StepError } from "../../../provider/host/step-error";
import { fixtureRoot, smallHost, type FixtureRoot } from "../../support/fixture-root";
import { shells } from "../../support/fixture-root/shells";
import { localTransport, type LocalTransport } from "../../support/local-transport";

const governor = (cpu: number): string => `/sys/devices/system/cpu/cpu${cpu}/cpufreq/scaling_governor`;
const thp = "/sys/kernel/mm/transparent_hugepage/enabled";
const dropIn = "/etc/sysctl.d/zz-kvm-tuning.conf";
const journal = "/var/lib/kvm-tuning/journal";

describe.each(shells)("steps in %s", (_name, shell) => {
  let fixture: FixtureRoot;
  let transport: LocalTransport;

  const apply = async (...steps: readonly Step[]): Promise<void> => {
    const lock = await lockHost(transport, 5);
    try {
      await runSteps({ transport, token: lock.token }, steps, () => undefined);
    } finally {
      await lock.release();
    }
  };
  const failure = async (...steps: readonly Step[]): Promise<StepError> => {
    const error: unknown = await apply(...steps).then(
      () => undefined,
      (cause: unknown) => cause,
    );
    if (error instanceof StepError) return error;
    throw new Error(`no StepError but ${String(error)}`);
  };

  beforeEach(() => {
    fixture = fixtureRoot({
      ...smallHost,
      [governor(0)]: "schedutil\n",
      [governor(1)]: "ondemand\n",
      [thp]: "always [madvise] never\n",
      "/proc/sys/net/ipv4/tcp_rmem": "4096\t131072\t6291456\n",
    });
    transport = localTransport({ root: fixture.root, shell });
  });
  afterEach(() => fixture.remove());

  const writeFile = (content: string, more: { path?: string; mode?: string } = {}): Step => ({
    kind: "writeFile",
    entry: "0001-file",
    setting: "a setting",
    path: dropIn,
    mode: "0644",
    content,
    ...more,
  });
  const restoreFile = (path = dropIn): Step => ({ kind: "restoreFile", entry: "0001-file", path });

  test("writes a new file with its mode, journals its absence, and removes it again", async () => {
    const before = fixture.state();
    await apply(writeFile("vm.swappiness = 10\n"));
    expect(fixture.state()[dropIn]).toBe("file 644 vm.swappiness = 10\n");
    expect(fixture.read(`${journal}/0001-file/original`)).toBe("absent\n");
    expect(fixture.read(`${journal}/0001-file/meta`)).toBe(
      `{"version":1,"kind":"file","setting":"a setting","paths":["${dropIn}"]}\n`,
    );
    expect(fixture.state()[`${journal}/0001-file`]).toBe("folder 700");
    await apply(restoreFile(), { kind: "run", setting: "x", argv: ["rm", "-r", fixture.path("/var/lib/kvm-tuning")] });
    expect(fixture.state()).toEqual(before);
  });

  test.each([
    ["without a newline at its end", "a=1"],
    ["empty", ""],
    ["with CRLF, quotes, dollars, backslashes, NUL and non-ASCII", "a='$x' \\n \"`ü\r\n\0\n\n"],
  ])("writes content %s byte for byte", async (_what, content) => {
    await apply(writeFile(content));
    expect(fixture.read(dropIn)).toBe(content);
  });

  test("puts back content, mode and time of a file that was there", async () => {
    fixture.write({ [dropIn]: { content: "theirs\r\nno newline", mode: 0o640 } });
    const before = fixture.state();
    await apply(writeFile("one\n"), writeFile("two\n", { mode: "0600" }));
    expect(fixture.state()[dropIn]).toBe("file 600 two\n");
    await apply(restoreFile());
    expect(fixture.state()[dropIn]).toBe(before[dropIn]);
    expect(fixture.has(`${journal}/0001-file`)).toBe(false);
  });

  test("leaves a file alone that is as wanted, and does not journal it", async () => {
    fixture.write({ [dropIn]: "same\n" });
    const before = fixture.state();
    await apply(writeFile("same\n"));
    expect(fixture.state()).toEqual(before);
  });

  test("corrects the mode of a file whose content is right", async () => {
    fixture.write({ [dropIn]: { content: "same\n", mode: 0o600 } });
    await apply(writeFile("same\n"));
    expect(fixture.state()[dropIn]).toBe("file 644 same\n");
    await apply(restoreFile());
    expect(fixture.state()[dropIn]).toBe("file 600 same\n");
  });

  test("makes missing folders and removes those that it made, deepest first", async () => {
    const path = "/etc/kvm tuning/a:b/values";
    await apply(writeFile("x\n", { path }));
    expect(fixture.state()["/etc/kvm tuning/a:b"]).toBe("folder 755");
    expect(fixture.read(`${journal}/0001-file/original`)).toBe(
      "absent\nmade /etc/kvm tuning\nmade /etc/kvm tuning/a:b\n",
    );
    await apply(restoreFile(path));
    expect(fixture.has("/etc/kvm tuning")).toBe(false);
    expect(fixture.has("/etc")).toBe(true);
  });

  test("removes a folder that it made also when the file that made it goes first", async () => {
    const [first, second] = ["/etc/kvm-tuning/a", "/etc/kvm-tuning/b"];
    await apply(writeFile("a\n", { path: first }), { ...writeFile("b\n", { path: second }), entry: "0002-b" } as Step);
    await apply(restoreFile(first));
    expect(fixture.read(second)).toBe("b\n");
    await apply({ kind: "restoreFile", entry: "0002-b", path: second });
    expect(fixture.has("/etc/kvm-tuning")).toBe(false);
    expect(fixture.has(`${journal}/made`)).toBe(false);
  });

  test("keeps a folder that it made once somebody else has a file in it", async () => {
    await apply(writeFile("a\n", { path: "/etc/kvm-tuning/a" }));
    fixture.write({ "/etc/kvm-tuning/theirs": "x\n" });
    await apply(restoreFile("/etc/kvm-tuning/a"));
    expect(fixture.read("/etc/kvm-tuning/theirs")).toBe("x\n");
    expect(fixture.has("/etc/kvm-tuning/a")).toBe(false);
  });

  test("leaves and names a file that others have changed", async () => {
    await apply(writeFile("ours\n"));
    fixture.write({ [dropIn]: "theirs\n" });
    const error = await failure(restoreFile());
    expect(error.exitCode).toBe(75);
    expect(error.message).toContain(
      `root@fixture:22: restore ${dropIn} failed with exit code 75: ${dropIn} was changed by others`,
    );
    expect(error.message).toContain("Nothing was changed by this step.");
    expect(fixture.read(dropIn)).toBe("theirs\n");
    await apply({ kind: "forget", entry: "0001-file" });
    expect(fixture.has(`${journal}/0001-file`)).toBe(false);
    expect(fixture.read(dropIn)).toBe("theirs\n");
  });

  test("brings a file back that somebody has removed since", async () => {
    fixture.write({ [dropIn]: "theirs\n" });
    await apply(writeFile("ours\n"));
    await apply({ kind: "run", setting: "x", argv: ["rm", fixture.path(dropIn)] }, restoreFile());
    expect(fixture.read(dropIn)).toBe("theirs\n");
  });

  test("refuses to put back a journalled original that is damaged", async () => {
    fixture.write({ [dropIn]: "theirs\n" });
    await apply(writeFile("ours\n"));
    fixture.write({ [`${journal}/0001-file/content`]: "rotten\n" });
    expect((await failure(restoreFile())).stderr).toContain("0001-file/content is damaged");
    expect(fixture.read(dropIn)).toBe("ours\n");
  });

  test("makes a link, replaces one, and puts the old one back", async () => {
    const path = "/etc/systemd/system/multi-user.target.wants/kvm-tuning.service";
    const link = (to: string): Step => ({ kind: "writeLink", entry: "0001-l", setting: "unit", path, to });
    await apply(link("../kvm-tuning.service"));
    expect(fixture.state()[path]).toBe("link ../kvm-tuning.service");
    await apply({ kind: "restoreFile", entry: "0001-l", path });
    expect(fixture.has("/etc/systemd/system/multi-user.target.wants")).toBe(false);
    fixture.write({ [path]: { link: "/dev/null" } });
    await apply(link("../kvm-tuning.service"));
    await apply({ kind: "restoreFile", entry: "0001-l", path });
    expect(fixture.state()[path]).toBe("link /dev/null");
  });

  test("replaces a link by a file and puts the link back, without touching what it leads to", async () => {
    fixture.write({ "/etc/sysctl.conf": "x = 1\n", [dropIn]: { link: "../sysctl.conf" } });
    await apply(writeFile("ours\n"));
    expect(fixture.state()[dropIn]).toBe("file 644 ours\n");
    expect(fixture.read("/etc/sysctl.conf")).toBe("x = 1\n");
    await apply(restoreFile());
    expect(fixture.state()[dropIn]).toBe("link ../sysctl.conf");
  });

  test("refuses a target that is a folder or leads to one", async () => {
    fixture.write({ "/etc/sysctl.d/zz-kvm-tuning.conf/": "" });
    expect((await failure(writeFile("x\n"))).exitCode).toBe(76);
    expect(fixture.has(journal)).toBe(false);
  });

  const values = (wanted: Record<string, string>): Step => ({
    kind: "writeValues",
    entry: "0001-values",
    setting: "cpuGovernor",
    values: Object.entries(wanted).map(([path, value]) => ({ path, value })),
  });

  test("writes values, journals their originals, and puts them back", async () => {
    const before = fixture.state();
    await apply(values({ [governor(0)]: "performance", [governor(1)]: "performance" }));
    expect(fixture.read(governor(0)) + fixture.read(governor(1))).toBe("performance\nperformance\n");
    expect(fixture.read(`${journal}/0001-values/original`)).toBe(`${governor(0)}:schedutil\n${governor(1)}:ondemand\n`);
    expect(fixture.read(`${journal}/0001-values/wrote`)).toBe(
      `${governor(0)}:performance\n${governor(1)}:performance\n`,
    );
    const restored = { [governor(0)]: "schedutil", [governor(1)]: "ondemand" };
    await apply({ ...values(restored), kind: "restoreValues" } as Step);
    await apply({ kind: "run", setting: "x", argv: ["rm", "-r", fixture.path("/var/lib/kvm-tuning")] });
    expect(fixture.state()).toEqual(before);
  });

  test("writes nothing when all values are as wanted: a choice by its bracket, tabs as spaces", async () => {
    const before = fixture.state();
    await apply(
      values({ [thp]: "madvise", "/proc/sys/net/ipv4/tcp_rmem": "4096 131072 6291456", [governor(0)]: "schedutil" }),
    );
    expect(fixture.state()).toEqual(before);
  });

  test("records originals without writing, and keeps them when it writes later", async () => {
    await apply({ kind: "recordValues", entry: "0001-values", setting: "cpuGovernor", paths: [governor(0)] });
    expect(fixture.read(`${journal}/0001-values/original`)).toBe(`${governor(0)}:schedutil\n`);
    fixture.write({ [governor(0)]: "powersave\n" });
    await apply(values({ [governor(0)]: "performance" }));
    expect(fixture.read(`${journal}/0001-values/original`)).toBe(`${governor(0)}:schedutil\n`);
    expect(fixture.read(`${journal}/0001-values/wrote`)).toBe(`${governor(0)}:performance\n`);
  });

  test("notes what a boot will write as ours, beside the original", async () => {
    const step = { kind: "recordValues", entry: "0001-values", setting: "hugepages", paths: [governor(0)] } as const;
    await apply({ ...step, awaited: [{ path: governor(0), value: "powersave" }] });
    await apply({ ...step, awaited: [{ path: governor(0), value: "performance" }] });
    expect(fixture.read(governor(0))).toBe("schedutil\n");
    expect(fixture.read(`${journal}/0001-values/original`)).toBe(`${governor(0)}:schedutil\n`);
    expect(fixture.read(`${journal}/0001-values/wrote`)).toBe(`${governor(0)}:powersave\n${governor(0)}:performance\n`);
  });

  test("refuses to write a value whose original the journal entry does not hold", async () => {
    await apply(values({ [governor(0)]: "performance" }));
    const error = await failure(values({ [governor(0)]: "performance", [governor(1)]: "performance" }));
    expect(error.stderr).toBe(`journal entry 0001-values does not hold the original of ${governor(1)}`);
    expect(fixture.read(governor(1))).toBe("ondemand\n");
  });

  test("refuses a value whose file the host does not have, before it writes or journals anything", async () => {
    const before = fixture.state();
    const error = await failure(values({ [governor(0)]: "performance", [governor(7)]: "performance" }));
    expect(error.stderr).toBe(`this host has no ${governor(7)}`);
    expect(error.message).toContain("Nothing was changed by this step.");
    expect(fixture.state()).toEqual(before);
  });

  test("passes over a value to restore whose file is gone", async () => {
    await apply(values({ [governor(0)]: "performance", [governor(1)]: "performance" }));
    await apply({ kind: "run", setting: "x", argv: ["rm", fixture.path(governor(1))] });
    const restored = { [governor(0)]: "schedutil", [governor(1)]: "ondemand" };
    await apply({ ...values(restored), kind: "restoreValues" } as Step);
    expect(fixture.read(governor(0))).toBe("schedutil\n");
    expect(fixture.has(governor(1))).toBe(false);
  });

  test("names path, value and reason when the kernel refuses a value", async () => {
    // A file of the real kernel that takes numbers up to 1000 only, of the writing process itself.
    fixture.write({ "/sys/strict": { link: "/proc/self/oom_score_adj" } });
    const error = await failure(values({ "/sys/strict": "2000" }));
    expect(error.stderr).toBe('cannot write "2000" to /sys/strict: Invalid argument');
    expect(error.exitCode).toBe(77);
    expect(error.setting).toBe("cpuGovernor");
  });

  test.each(["Input/output error", "Operation not permitted"])(
    "a refusal that may be (%s) is noted and no failure; of another kind, or unexpected, it is one",
    async (words) => {
      // A file of the real kernel that refuses, and a stand-in that says so as a managed interrupt's affinity does.
      fixture.write({ "/sys/managed": { link: "/proc/self/oom_score_adj" } });
      const bin = mkdtempSync(join(tmpdir(), "bin-"));
      const cat = `#!/bin/sh\n/bin/cat "$@" 2> /dev/null || { echo 'cat: write error: ${words}' >&2; exit 1; }\n`;
      writeFileSync(join(bin, "cat"), cat, { mode: 0o755 });
      const refusable = { ...values({ "/sys/managed": "2000" }), refusal: "(refused nvme0q1)" } as Step;
      expect((await failure(refusable)).stderr).toBe('cannot write "2000" to /sys/managed: Invalid argument');
      transport = localTransport({ root: fixture.root, shell, bin });
      expect((await failure(values({ "/sys/managed": "2000" }))).stderr).toBe(
        `cannot write "2000" to /sys/managed: ${words}`,
      );
      await apply(refusable);
      await apply(refusable);
      rmSync(bin, { recursive: true });
      const wrote = fixture.read(`${journal}/0001-values/wrote`).split("\n");
      expect(wrote.filter((line) => line.includes("refused"))).toEqual(["/sys/managed:(refused nvme0q1)"]);
    },
  );

  test("compacts memory and tries again when a value does not stick, and leaves the verdict to verification", async () => {
    // A file of the real kernel that takes a write without an error and reads as something else: the reader's own name.
    fixture.write({ "/sys/short": { link: "/proc/self/comm" }, "/proc/sys/vm/compact_memory": "0\n" });
    const slept = Date.now();
    await apply({ ...values({ "/sys/short": "512" }), settle: { attempts: 2 } } as Step);
    expect(Date.now() - slept).toBeGreaterThan(1000);
    expect(fixture.read("/proc/sys/vm/compact_memory")).toBe("1\n");
    expect(fixture.read(`${journal}/0001-values/wrote`)).toMatch(/^\/sys\/short:512\n\/sys\/short:\w+\n$/);
  });

  test("writes the governors of a thousand CPUs in one step", async () => {
    const all = Object.fromEntries(Array.from({ length: 1000 }, (_cpu, cpu) => [governor(cpu), "performance"]));
    fixture.write(Object.fromEntries(Object.keys(all).map((path) => [path, "schedutil\n"])));
    await apply(values(all));
    expect(fixture.read(governor(999))).toBe("performance\n");
    expect(fixture.read(`${journal}/0001-values/original`).split("\n")).toHaveLength(1001);
  }, 60_000);

  test("runs a command, and shows its output and exit code when it fails", async () => {
    const error = await failure({
      kind: "run",
      setting: "boot",
      argv: ["sh", "-c", "echo out; echo no such thing >&2; exit 3"],
    });
    expect(error.exitCode).toBe(3);
    expect(error.stderr).toBe("out\nno such thing");
    expect(error.command).toBe("sh -c echo out; echo no such thing >&2; exit 3");
  });
});
