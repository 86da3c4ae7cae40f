/* Trial boots from the preview to the last byte: good ones, ones that panic, that nobody reaches, that nobody commits. */
import { rmSync } from "node:fs";
import { machineId } from "../../support/fixture-root";
import { startGrubHost, type GrubHost } from "../../support/grub-host";
import { bootIdFile, domainState, grubConfig, isolatedFile } from "../../support/grub-host/fixture";
import { bootOnly, consent } from "../../support/grub-host/tuning";
import { type DynamicServer, startDynamicServer } from "../../support/pulumi/dynamic-server";
import type { Props } from "../../support/pulumi/provider-client";

// The first of these tests builds the package.
jest.setTimeout(60_000);

const isolation = { cpus: "2-3,6-7", irqAffinity: false };
const agreed = { isolation, ...consent };
const staged = { isolation, whenExceeded: "stage" };
let host: GrubHost;
let server: DynamicServer;
let before: Readonly<Record<string, string>>;
beforeEach(async () => {
  [host, server] = await Promise.all([startGrubHost(), startDynamicServer()]);
  before = host.lasting();
});
afterEach(async () => {
  await server.stop();
  await host.close();
});

async function planned(given: Props, olds?: Props): Promise<Props> {
  const { inputs, failures } = await server.check(host.inputs(given), olds);
  expect(failures).toEqual([]);
  return inputs;
}
const reasons = async (given: Props, olds?: Props) =>
  (await server.check(host.inputs(given), olds)).failures.map(({ reason }) => reason).join("\n");
/** Another process, which has nothing in mind. */
async function later(): Promise<void> {
  await server.stop();
  server = await startDynamicServer();
}
const trialFiles = () => Object.keys(host.state()).filter((path) => /trial|custom\.cfg/.test(path));

/** Delete, a boot, and the domain that ran: the host as it was found. */
async function takenBack(state: Props): Promise<void> {
  await server.delete(machineId, state);
  host.write({ [domainState("db")]: "shut off\n" });
  host.boot();
  host.write({ [domainState("db")]: "running\n" });
  expect(host.lasting()).toEqual(before);
}

test("good arguments are committed: they are every boot's, nothing of the trial is left, kernel.panic is as before", async () => {
  const { properties } = await server.create(await planned(agreed));
  expect(host.read(isolatedFile)).toBe("2-3,6-7\n");
  expect(host.read("/proc/sys/kernel/panic")).toBe("0\n");
  expect(trialFiles()).toEqual([]);
  expect(await planned(agreed, properties)).toMatchObject({ plan: {}, impact: "none" });
  host.boot();
  expect(host.read("/proc/cmdline")).not.toContain("trial");
  expect(host.read(isolatedFile)).toBe("2-3,6-7\n");
  await takenBack(properties);
});

test.each([
  ["trial-panics", "did not get as far as starting services"],
  ["trial-unreached", "last seen 895 s after its start, not up, or without an SSH server (failed units: ssh.service)"],
])(
  "%s: the host is back as it was, domains run, the run fails with the diagnosis, and it is not tried again",
  async (mode, words) => {
    host.mode(mode);
    const { inputs, failure } = await server.check(host.inputs(agreed)).then(async (checked) => ({
      inputs: checked.inputs,
      failure: await server.create(checked.inputs).catch(String),
    }));
    expect(failure).toContain("the trial boot with isolcpus=");
    expect(failure).toContain(words);
    expect(host.read(isolatedFile)).toBe("\n");
    expect(host.read(grubConfig)).not.toContain("isolcpus");
    expect(host.domain("db")).toBe("running");
    expect(trialFiles()).toEqual(["/var/lib/kvm-tuning/trial-failed"]);

    await later();
    expect(await reasons(agreed, inputs)).toContain(words);
    // What was the matter is mended: with the note gone, or other time, it is tried again.
    expect(await reasons({ ...agreed, rebootTimeoutSeconds: 1200 }, inputs)).toBe("");
    const other = await planned({ ...agreed, isolation: { ...isolation, cpus: "2-3" } }, inputs);
    expect(other["plan"]).toMatchObject({ "isolation.domain": "none → 2-3  [host-reboot]" });
    // The program goes back: the note goes too.
    const without = await planned({}, inputs);
    expect(without["plan"]).toEqual({ "trial boot": "failed → (absent)  [live]" });
  },
);

test("staged: only the trial's entry is written; somebody's boot is the trial, and the next run commits it", async () => {
  const inputs = await planned(staged);
  expect(inputs["plan"]).toEqual({
    "isolation.domain (at boot)": "(absent) → isolcpus=domain,2-3,6-7  [live]",
    "trial boot": "(absent) → the next boot, and only that one until a run has verified it  [live]",
  });
  const { properties } = await server.create(inputs);
  expect(properties["pending"]).toEqual({ "isolation.domain": "none → 2-3,6-7  [host-reboot]" });
  expect(host.read(grubConfig)).not.toContain("isolcpus");
  await later();
  expect(await planned(staged, properties)).toMatchObject({ plan: {}, impact: "none" });

  host.boot();
  await later();
  expect(host.read(isolatedFile)).toBe("2-3,6-7\n");
  const commit = await planned(staged, properties);
  expect(commit["plan"]).toMatchObject({
    "isolation.domain (at boot)": "(absent) → isolcpus=domain,2-3,6-7  [live]",
    "trial boot": "running, not committed → (absent)  [live]",
  });
  const { properties: after } = await server.update(machineId, properties, commit);
  expect(trialFiles()).toEqual([]);
  host.boot();
  expect(host.read(isolatedFile)).toBe("2-3,6-7\n");
  await takenBack(after);
});

test("a host without grubenv: it is made for the trial, and goes with it", async () => {
  rmSync(host.path("/boot/grub/grubenv"));
  before = host.lasting();
  const { properties } = await server.create(await planned(staged));
  expect(host.read("/boot/grub/grubenv")).toContain("next_entry=kvm-tuning-trial");
  await server.delete(machineId, properties);
  expect(host.lasting()).toEqual(before);
});

test("staged, booted twice and never committed: the old arguments, a warning, and staged again", async () => {
  const { properties } = await server.create(await planned(staged));
  host.boot();
  host.boot();
  await later();
  expect(host.read(isolatedFile)).toBe("\n");
  const again = await planned(staged, properties);
  expect(again["plan"]).toMatchObject({
    "trial boot": "lapsed → the next boot, and only that one until a run has verified it  [live]",
  });
  expect(server.engine.logs.map(({ message }) => message).join("\n")).toContain("no run has committed it");
  await takenBack(properties);
});

test("staged, then deleted before any boot: byte for byte as before", async () => {
  host.write({ "/boot/grub/custom.cfg": "menuentry 'Mine' { linux /mine }" });
  before = host.lasting();
  const { properties } = await server.create(await planned(staged));
  expect(host.read("/boot/grub/custom.cfg")).toContain("kvm-tuning-trial");
  expect(Object.keys(properties["undo"] as object)).toContain("trial boot");
  await takenBack(properties);
});

test.each([
  ["LVM", { "/proc/mounts": "/dev/mapper/vg-root / ext4 rw 0 0\n" }, "device mapper"],
  ["RAID", { "/proc/mounts": "/dev/vda1 / ext4 rw 0 0\n/dev/md0 /boot ext4 rw 0 0\n" }, "a RAID"],
  ["btrfs", { "/proc/mounts": "/dev/vda1 / btrfs rw 0 0\n" }, "btrfs"],
] as const)(
  "%s: refused with the reason, and booted plainly only when that is asked for",
  async (_name, files, words) => {
    host.write(files);
    expect(await reasons(agreed)).toContain(words);
    expect(await reasons({ ...agreed, trialBoot: "require" })).toContain(words);
    await later();
    const { properties } = await server.create(await planned({ ...agreed, trialBoot: "off" }));
    expect(host.read("/proc/cmdline")).not.toContain("trial");
    expect(properties["pending"]).toEqual({});
    expect(host.read(isolatedFile)).toBe("2-3,6-7\n");
  },
);

test("a menu with superusers: only an entry that boots without a password is tried", async () => {
  const menu = host.read(grubConfig);
  host.write({ [grubConfig]: `set superusers="admin"\n${menu}` });
  expect(await reasons(agreed)).toContain("superusers");
  host.write({
    [grubConfig]: `set superusers="admin"\n${menu.replaceAll("--class os ", "--class os --unrestricted ")}`,
  });
  await later();
  expect(await reasons(agreed)).toBe("");
  await server.create(await planned(agreed));
  expect(host.read(isolatedFile)).toBe("2-3,6-7\n");
});

test("the trial without its effect: not committed, nothing reboots the host any more, and the run says what is missing", async () => {
  // This kernel ignores isolcpus where a CPU does not exist: as declared, and without effect.
  host.onReboot = () =>
    host.write({
      "/boot/grub/custom.cfg": host
        .read("/boot/grub/custom.cfg")
        .replaceAll("isolcpus=domain,2-3,6-7", "isolcpus=domain,2-99"),
    });
  const failure = await server.create(await planned(agreed)).catch(String);
  expect(failure).toContain("it came up, without the wanted effect: isolation.domain");
  expect(host.events()).toContain("systemctl stop kvm-tuning-trial.service");
  expect(host.read(grubConfig)).not.toContain("isolcpus");
  expect(host.domain("db")).toBe("running");
});

test("arguments of the program's own panic=0 are refused with a trial", async () => {
  const given = { ...consent, kernelArguments: { panic: "0" } };
  expect(await reasons(given)).toContain("kernelArguments.panic must be more than 0");
  expect(await reasons({ ...given, kernelArguments: { panic: "30" } })).toBe("");
});

test("update-grub fails while a trial is committed: nothing brings the host back, and the next run commits it", async () => {
  const mended = host.mode("update-grub-fails");
  const inputs = await planned(agreed);
  const failure = await server.create(inputs).catch(String);
  expect(failure).toContain("update-grub failed");
  expect(host.read(isolatedFile)).toBe("2-3,6-7\n");
  expect(host.read(grubConfig)).not.toContain("isolcpus");
  expect(host.events()).toContain("systemctl stop kvm-tuning-trial.service");
  mended();
  await later();
  const { properties } = await server.update(machineId, inputs, await planned(agreed, inputs));
  expect(host.events()).not.toContain("boot");
  expect([trialFiles(), host.domain("db")]).toEqual([[], "running"]);
  host.boot();
  expect(host.read(isolatedFile)).toBe("2-3,6-7\n");
  await takenBack(properties);
});

test("all that a reboot brings at once: committed in one trial", async () => {
  const bootId = host.read(bootIdFile);
  const { properties } = await server.create(await planned({ ...bootOnly, ...consent }));
  expect(host.read(bootIdFile)).not.toBe(bootId);
  expect(properties["pending"]).toEqual({});
  await takenBack(properties);
});
