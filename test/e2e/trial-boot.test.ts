/*
 * Trial boots on a real kernel under real GRUB and systemd: arguments with which the host does not come up, or cannot be
 * reached, are gone by themselves; good ones last, for a kernel that is installed later too; destroy leaves every byte.
 */
import { startClone, type TestHost } from "../host/test-host";
import { shows } from "./story/expect";
import { readTree } from "./story/facts";
import { despiteHangs } from "./support/despite-hangs";
import { withPowerCuts, type PowerCut } from "./support/power-cuts";
import { createProject, type Project } from "./support/project";

let host: TestHost | undefined;
let project: Project | undefined;

beforeAll(async () => {
  project = await createProject({ name: "trial" });
  host = await startClone({ name: "kvm-07" });
}, 300_000);

afterAll(async () => {
  await host?.stop();
  await project?.remove();
}, 60_000);

const program = (
  { host: address, port, hostKey }: TestHost,
  tuning: string,
) => `import * as pulumi from "@pulumi/pulumi";
import { HostTuning } from "pulumi-kvm-tuning";

const privateKey = new pulumi.Config().requireSecret("privateKey");
new HostTuning("kvm-07", {
  connection: { host: "${address}", port: ${port}, user: "root", privateKey, hostKey: "${hostKey}" },
  maxDisruption: "host-reboot",
${tuning}
});
`;

/** sshd stays away from a boot with this argument. */
const noSshd = `mkdir -p /etc/systemd/system/ssh.service.d && printf '[Unit]\\nConditionKernelCommandLine=!no_sshd\\n' \
  > /etc/systemd/system/ssh.service.d/test.conf && systemctl daemon-reload`;

/** A second kernel: the same one under another name, newer by its version. */
const installKernel = `set -e
release=$(uname -r); cd /boot
cp vmlinuz-$release vmlinuz-9.9.9-repacked; cp initrd.img-$release initrd.img-9.9.9-repacked
cp config-$release config-9.9.9-repacked 2>/dev/null || true
ln -s $release /lib/modules/9.9.9-repacked
update-grub 2>/dev/null`;
const removeKernel = "rm /boot/*-9.9.9-repacked /lib/modules/9.9.9-repacked && update-grub 2>/dev/null";

/** The kernel's line of the entry that boots by default, the first in the menu. */
const lastingLine = (from: TestHost): Promise<string> =>
  from.output("sed -n 's/^[[:space:]]*linux[[:space:]]*/BOOT_IMAGE=/p' /boot/grub/grub.cfg | head -1");

/**
 * GRUB reads the disk as it is, without what is only in the file system's journal, so the first boot may know nothing of the
 * trial yet. Where the record of the trial was about to be synced the host is booted whole, which replays the journal, and
 * then twice again: the trial at most once, then the old entry or the committed one. Gives whether the trial was seen.
 */
async function bootsWell({ at, disk }: PowerCut, good: readonly string[]): Promise<boolean> {
  try {
    const line = at.endsWith("/trial") ? await disk.cmdline() : "";
    const wholeIsTrial = line.includes("kvm_tuning.trial=");
    if (line !== "" && !wholeIsTrial) expect(good).toContain(line);
    const titles = [await disk.boot(), await disk.boot()];
    const [first = "", second = ""] = titles;
    const firstIsTrial = first.startsWith("Trial of kernel arguments");
    expect({ at, titles }).toEqual({ at, titles: [firstIsTrial && !wholeIsTrial ? first : second, second] });
    expect(second).toMatch(/^Debian GNU\/Linux/);
    return wholeIsTrial || firstIsTrial;
  } finally {
    await disk.remove();
  }
}

async function inPairs<T, R>(all: readonly T[], work: (one: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  for (let index = 0; index < all.length; index += 2)
    results.push(...(await Promise.all(all.slice(index, index + 2).map(work))));
  return results;
}

test("trials come back by themselves, or are committed", async () => {
  if (host === undefined || project === undefined) throw new Error("the set-up has failed");
  const [here, stack] = [host, project];
  const write = (tuning: string) => stack.write({ "index.ts": program(here, tuning) });
  const up = (options = {}) => stack.pulumi(["up", "--yes", "--skip-preview"], options);
  const cmdline = () => here.output("cat /proc/cmdline");
  const trialFiles = () =>
    here.output("ls /var/lib/kvm-tuning /boot/grub /etc /etc/systemd/system | grep -E 'trial|custom' || true");
  await stack.pulumi(["config", "set", "--secret", "privateKey", "--", here.privateKey]);
  await here.output(noSshd);
  const before = {
    tree: await readTree(here),
    cmdline: await cmdline(),
    menu: await here.output("sha256sum /boot/grub/*.cfg"),
  };

  // A panic: there is no init.
  await write('  kernelArguments: { init: "/bin/false" },');
  const first = await stack.pulumi(["preview", "--diff"]);
  shows(first.stdout, "trial boot", "one boot with the new arguments");
  const panic = await up({ expectExitCode: "failure" });
  shows(
    panic.output.replaceAll(/\s+/g, " "),
    "the trial boot with init=/bin/false failed",
    "did not get as far as starting services",
  );
  expect(await cmdline()).toBe(before.cmdline);
  expect(await here.output("sha256sum /boot/grub/*.cfg")).toBe(before.menu);
  expect(await trialFiles()).toBe("trial-failed");
  const refused = await stack.pulumi(["preview"], { expectExitCode: "failure" });
  shows(refused.output.replaceAll(/\s+/g, " "), "the trial boot with init=/bin/false failed", "are not tried again");

  // It boots, and nobody gets in.
  await write("  kernelArguments: { no_sshd: true },\n  rebootTimeoutSeconds: 150,");
  const unreached = await up({ expectExitCode: "failure" });
  shows(unreached.output.replaceAll(/\s+/g, " "), "the trial boot with no_sshd failed", "without an SSH server");
  expect(await cmdline()).toBe(before.cmdline);

  // Good arguments last, and at no moment would a power cut have left a host without a good entry.
  await write('  kernelArguments: { "printk.time": "0" },\n  isolation: { cpus: "2-3" },');
  const boot = await here.bootId();
  const cuts = await withPowerCuts(here, () => despiteHangs(here, () => up()));
  expect(await here.bootId()).not.toBe(boot);
  expect(await here.output("cat /sys/devices/system/cpu/isolated")).toBe("2-3");
  expect(await here.output("cat /proc/sys/kernel/panic")).toBe("0");
  expect(await trialFiles()).toBe("");
  await stack.pulumi(["preview", "--expect-no-changes"]);

  // What the committed entry gives: the running kernel's line was the trial's.
  const good = [before.cmdline, await lastingLine(here)];
  expect(cuts.length).toBeGreaterThanOrEqual(8);
  const trials = await inPairs(cuts, (cut) => bootsWell(cut, good));
  expect(trials.filter(Boolean).length).toBeGreaterThan(0);
  expect(trials.every(Boolean)).toBe(false);

  // A kernel that is installed later has them too, and is the next boot.
  await here.output(installKernel, { limitSeconds: 180 });
  await stack.pulumi(["preview", "--expect-no-changes"]);
  await here.reboot();
  expect(await cmdline()).toContain("vmlinuz-9.9.9-repacked");
  expect(await cmdline()).not.toContain("kvm_tuning");
  expect(await here.output("cat /sys/devices/system/cpu/isolated")).toBe("2-3");
  await here.output(removeKernel, { limitSeconds: 180 });

  await stack.pulumi(["destroy", "--yes", "--skip-preview"]);
  expect((await readTree(here)).split("\n")).toEqual(before.tree.split("\n"));
  expect(await here.output("sha256sum /boot/grub/*.cfg")).toBe(before.menu);
}, 1_800_000);
