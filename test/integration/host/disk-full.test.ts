import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Step } from "../../../provider/host/step";
import { applySteps, failedStep } from "../../support/fixture-root/apply";
import { fixtureRoot, smallHost, type FixtureRoot } from "../../support/fixture-root";
import { localTransport } from "../../support/local-transport";

const path = "/etc/small/zz-kvm-tuning.conf";
const write = (content: string): Step => ({
  kind: "writeFile",
  entry: "0001-a",
  setting: path,
  path,
  content,
  mode: "0644",
});
const restore: Step = { kind: "restoreFile", entry: "0001-a", path };
const big = "x".repeat(100_000);

let fixture: FixtureRoot;
const mounted: string[] = [];
const mount = (folder: string, options: string): void => {
  mkdirSync(fixture.path(folder), { recursive: true });
  execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", fixture.path(folder)], { stdio: "pipe" });
  mounted.push(fixture.path(folder));
};
const canMount = ((): boolean => {
  if (process.getuid?.() !== 0) return false;
  const folder = mkdtempSync(join(tmpdir(), "mount-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "tmpfs", folder], { stdio: "pipe" });
    execFileSync("umount", [folder]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true });
  }
})();

beforeEach(() => {
  fixture = fixtureRoot({ ...smallHost, "/etc/small/": "" });
});
afterEach(() => {
  for (const folder of mounted.splice(0)) execFileSync("umount", [folder]);
  fixture.remove();
});

// Needs root and mount: elsewhere the stand-in below is all that is tested.
(canMount ? describe : describe.skip)("on a real file system that is too small", () => {
  test("a file that does not fit leaves the old one, no temporary file, and says what to do", async () => {
    mount("/etc/small", "size=64k");
    fixture.write({ [path]: "theirs\n" });
    const transport = localTransport({ root: fixture.root });
    const error = await failedStep(transport, [write(big)]);
    expect(error.exitCode).toBe(76);
    expect(error.message).toContain("No space left on device");
    expect(error.message).toContain("Nothing was changed by this step.");
    expect(error.message).toContain("Free some space");
    expect(fixture.state()["/etc/small/zz-kvm-tuning.conf"]).toBe("file 644 theirs\n");
    expect(Object.keys(fixture.state()).filter((one) => one.startsWith("/etc/small/"))).toEqual([path]);
    await applySteps(transport, [write("fits\n"), restore]);
    expect(fixture.read(path)).toBe("theirs\n");
  });

  test("without space for the journal nothing is written at all", async () => {
    mount("/var/lib", "size=64k");
    fixture.write({ [path]: big });
    const transport = localTransport({ root: fixture.root });
    const error = await failedStep(transport, [write("new\n")]);
    expect(error.exitCode).toBe(76);
    expect(error.message).toContain("No space left on device");
    expect(fixture.read(path)).toBe(big);
    expect(fixture.has("/var/lib/kvm-tuning/journal/0001-a")).toBe(false);
  });

  test("a full disk lets nothing be written when the journal must grow", async () => {
    mount("/var/lib", "size=64k");
    const transport = localTransport({ root: fixture.root });
    await applySteps(transport, [write("one\n")]);
    try {
      writeFileSync(fixture.path("/var/lib/filler"), big);
    } catch {
      // Full is what it shall be.
    }
    const error = await failedStep(transport, [write("two\n")]);
    expect(error.exitCode).toBe(76);
    expect(fixture.read(path)).toBe("one\n");
    rmSync(fixture.path("/var/lib/filler"));
    await applySteps(transport, [write("two\n"), restore]);
    expect(fixture.has(path)).toBe(false);
  });

  test("a read-only file system is named as such", async () => {
    mount("/etc/small", "size=64k,ro");
    const error = await failedStep(localTransport({ root: fixture.root }), [write("new\n")]);
    expect(error.exitCode).toBe(76);
    expect(error.message).toContain("Read-only file system");
    expect(error.message).toContain("mount it writable");
  });
});

test.each(["cp", "sync", "mv", "cat", "sha256sum"])(
  "a failing %s leaves the target, and the run after it is whole",
  async (command) => {
    const bin = mkdtempSync(join(tmpdir(), "failing-"));
    writeFileSync(join(bin, command), '#!/bin/sh\necho "$0: No space left on device" >&2\nexit 1\n');
    chmodSync(join(bin, command), 0o755);
    fixture.write({ [path]: "theirs\n" });
    const host = localTransport({ root: fixture.root });
    const error = await failedStep(host, [write("new\n")], localTransport({ root: fixture.root, bin }));
    rmSync(bin, { recursive: true });
    expect(error.exitCode).toBe(76);
    expect(error.message).toContain("Nothing was changed by this step.");
    expect(fixture.read(path)).toBe("theirs\n");
    expect(Object.keys(fixture.state()).filter((one) => one.startsWith("/etc/small/"))).toEqual([path]);
    await applySteps(host, [write("new\n"), restore]);
    expect(fixture.read(path)).toBe("theirs\n");
  },
);
