/*
 * Trial boots by an entry of its own (GRUB with boot loader entries, systemd-boot), on file trees with stand-ins for the
 * loaders' commands: what the next boot and the one after it would take, at every moment; and refusals.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readSnapshot } from "../../../provider/host/read-snapshot";
import type { HostSnapshot } from "../../../provider/host/snapshot";
import type { BootArguments } from "../../../provider/host-tuning/boot/boot-arguments";
import type { TrialLoader } from "../../../provider/host-tuning/boot/boot-loader";
import { bootLoaderOf } from "../../../provider/host-tuning/boot/boot-loaders";
import { clearSteps, stageSteps } from "../../../provider/host-tuning/trial-plan";
import { printKernelLine } from "../../../provider/linux/kernel-args";
import { families, writeBootCommands, type Family } from "../../support/boot-families";
import { fixtureRoot, smallHost, type Fixture, type FixtureRoot } from "../../support/fixture-root";
import { applySteps } from "../../support/fixture-root/apply";
import { localTransport } from "../../support/local-transport";

const line: BootArguments = {
  keys: ["isolcpus", "resume", "hugepagesz", "hugepages"],
  arguments: [
    { key: "isolcpus", value: "2-7" },
    { key: "hugepagesz", value: "1G" },
    { key: "hugepages", value: "8" },
  ],
};

const efi = "/sys/firmware/efi/efivars";
const variable = (name: string) => `${efi}/${name}-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f`;
/** As the firmware keeps text: attributes, then UTF-16. */
const stored = (text: string) => `\u0007\0\0\0${text.replaceAll(/./g, "$&\0")}\0\0`;
const hostFiles: Fixture = {
  "/proc/sys/kernel/panic": "0\n",
  "/etc/systemd/system/.keep": "",
  "/var/lib/kvm-tuning/.keep": "",
  [variable("LoaderInfo")]: stored("systemd-boot 252"),
  "/usr/bin/bootctl": "",
};
const bootPartition = { "/proc/mounts": "/dev/vda2 /boot xfs rw 0 0\n/dev/vda1 /boot/efi vfat rw 0 0\n" };

let tree: FixtureRoot;
let bin = "";
beforeAll(() => {
  bin = mkdtempSync(join(tmpdir(), "boot-entry-trial-"));
  writeBootCommands(bin);
});
afterAll(() => rmSync(bin, { recursive: true, force: true }));
afterEach(() => tree.remove());

const transport = () => localTransport({ root: tree.root, bin, env: { EVENTS: join(bin, "events") } });
const read = (): Promise<HostSnapshot> => readSnapshot(transport(), { sysctlKeys: [] });

function loaderOf(snapshot: HostSnapshot) {
  const found = bootLoaderOf(snapshot);
  if ("problem" in found) throw new Error(found.problem);
  return found.loader;
}

function trialOf(snapshot: HostSnapshot): TrialLoader {
  const { trial } = loaderOf(snapshot);
  if (trial === undefined) throw new Error("no trials");
  return trial;
}

const state = () => Object.fromEntries(Object.entries(tree.state()).filter(([path]) => !path.startsWith("/var/lib")));

const withEntries = families.filter(({ name }) => /boot loader entries|systemd-boot/.test(name));

const start = (family: Family, more: Fixture = {}) =>
  (tree = fixtureRoot({ ...smallHost, ...hostFiles, ...bootPartition, ...family.tree, ...more }));

describe.each(withEntries.map((family, index) => [`${index}: ${family.name}`, family] as const))("%s", (_, family) => {
  beforeEach(() => start(family, bootPartition));

  const stage = async () => {
    const before = await read();
    const trial = trialOf(before);
    expect(trial.refusal(before)).toBeUndefined();
    await applySteps(
      transport(),
      stageSteps(trial, { line, snapshot: before, timeoutSeconds: 900, waitsFor: "commit" }),
    );
    return { before, after: await read() };
  };

  test("the next boot is the trial, the one after it is as before; ended, nothing is left", async () => {
    const files = state();
    const { before, after } = await stage();
    const loader = loaderOf(after);
    const next = loader.nextBoot(after);
    expect(trialOf(after).isNext(after)).toBe(true);
    expect(next.entry).toBe("Trial of kernel arguments (kvm-tuning)");
    expect(next.oneShot).toBe(true);
    const words = printKernelLine(next.line).split(" ");
    expect(words).toEqual(expect.arrayContaining(["isolcpus=2-7", "hugepagesz=1G", "hugepages=8", "panic=5"]));
    expect(words).toContain(`kvm_tuning.trial=${after.bootId}`);
    expect(words).toContain("quiet");
    expect(words.filter((word) => /^(isolcpus|resume)=/.test(word))).toEqual(["isolcpus=2-7"]);
    expect(next.lastingLine).toEqual(loaderOf(before).nextBoot(before).line);
    // A change of the lasting entries leaves the trial alone.
    expect(loader.steps(line, after, () => "0001").some((step) => "path" in step && /trial/.test(step.path))).toBe(
      false,
    );

    await applySteps(transport(), clearSteps(trialOf(after)));
    const last = await read();
    expect([trialOf(last).isNext(last), trialOf(last).isLeft(last)]).toEqual([false, false]);
    const kept = Object.entries(state()).filter(([path]) => !/grubenv$/.test(path));
    expect(kept).toEqual(Object.entries(files).filter(([path]) => !/grubenv$/.test(path)));
  });

  test("staged again in place of what a cut run has left", async () => {
    const first = await stage();
    const { after } = await stage();
    expect(trialOf(after).isNext(after)).toBe(true);
    expect(loaderOf(after).nextBoot(after).lastingLine).toEqual(loaderOf(first.before).nextBoot(first.before).line);
  });
});

const [rhel = families[0], , systemdBoot = families[0]] = withEntries as readonly Family[];
const grubEnvironment = (...lines: string[]) => ["# GRUB Environment Block", ...lines, ""].join("\n").padEnd(1024, "#");

describe("refused", () => {
  test.each<[string, Family | undefined, Fixture, string]>([
    [
      "GRUB on LVM",
      rhel,
      { "/proc/mounts": "/dev/mapper/rhel-root / xfs rw 0 0\n/dev/mapper/rhel-boot /boot xfs rw 0 0\n" },
      "LVM or another device mapper",
    ],
    [
      "GRUB whose next boot is chosen",
      rhel,
      { ...bootPartition, "/boot/grub2/grubenv": grubEnvironment("next_entry=0") },
      "the next boot is chosen already (grub2-reboot)",
    ],
    [
      "a grub.cfg without next_entry",
      rhel,
      { ...bootPartition, "/boot/grub2/grub.cfg": "insmod blscfg\nblscfg\n" },
      "does not know next_entry",
    ],
    ["systemd-boot without bootctl", systemdBoot, { "/usr/bin/bootctl": "absent" }, "bootctl is not installed"],
    ["systemd-boot without variables", systemdBoot, { [variable("LoaderInfo")]: "absent" }, "are not in /sys/firmware"],
    [
      "systemd-boot whose next boot is chosen",
      systemdBoot,
      { [variable("LoaderEntryOneShot")]: stored("deb-6.1.0-9.conf") },
      "the next boot is chosen already (bootctl set-oneshot)",
    ],
    [
      "a default that is a pattern of the trial too",
      systemdBoot,
      { "/boot/efi/loader/loader.conf": "default 0-*\n" },
      "would be systemd-boot's default",
    ],
  ])("%s", async (...[, family, files, words]) => {
    if (family === undefined) throw new Error("no such family");
    start(family, Object.fromEntries(Object.entries(files).filter(([, content]) => content !== "absent")));
    for (const [path, content] of Object.entries(files))
      if (content === "absent") rmSync(join(tree.root, path), { force: true });
    const snapshot = await read();
    expect(trialOf(snapshot).refusal(snapshot)).toContain(words);
  });
});

test("@saved is the entry that was booted last", async () => {
  if (systemdBoot === undefined) throw new Error("no such family");
  start(systemdBoot, {
    "/boot/efi/loader/loader.conf": "default @saved\n",
    [variable("LoaderEntryLastBooted")]: stored("deb-6.1.0-9.conf"),
    "/boot/efi/loader/entries/deb-6.1.0-9.conf":
      "title Debian\nversion 6.1.0-9\nsort-key debian\noptions root=UUID=1 ro saved\nlinux /deb/linux.old\n",
  });
  const snapshot = await read();
  expect(printKernelLine(loaderOf(snapshot).nextBoot(snapshot).lastingLine)).toBe("root=UUID=1 ro saved");
  expect(trialOf(snapshot).refusal(snapshot)).toBeUndefined();
});
