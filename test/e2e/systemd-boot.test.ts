/*
 * A host whose UEFI firmware starts systemd-boot, both real: arguments with which it does not come up are gone by
 * themselves, good ones last, for a kernel that is installed later too, and destroy leaves every byte.
 */
import type { TestHost } from "../host/test-host";
import { startUefiHost } from "../host/uefi-host";
import { shows } from "./story/expect";
import { readTree } from "./story/facts";
import { despiteHangs } from "./support/despite-hangs";
import { createProject, type Project } from "./support/project";

let host: TestHost | undefined;
let project: Project | undefined;

beforeAll(async () => {
  project = await createProject({ name: "systemd-boot" });
  host = await startUefiHost({ name: "kvm-09" });
}, 480_000);

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
new HostTuning("kvm-09", {
  connection: { host: "${address}", port: ${port}, user: "root", privateKey, hostKey: "${hostKey}" },
  maxDisruption: "host-reboot",
  trialBoot: "require",
${tuning}
});
`;

const laterKernel = "9.9.9-repacked";
const installKernel = `set -e
release=$(uname -r)
ln -s $release /lib/modules/${laterKernel}
kernel-install add ${laterKernel} /boot/vmlinuz-$release /boot/initrd.img-$release`;
const removeKernel = `kernel-install remove ${laterKernel} && rm /lib/modules/${laterKernel}`;

/** The entries, systemd-boot's settings and its variables. */
const menu = (from: TestHost): Promise<string> =>
  from.output(
    "cd /efi && find loader -type f ! -name random-seed | sort | xargs sha256sum; ls /sys/firmware/efi/efivars | grep LoaderEntry[DO] || true",
  );

test("trials come back by themselves, or are committed", async () => {
  if (host === undefined || project === undefined) throw new Error("the set-up has failed");
  const [here, stack] = [host, project];
  const write = (tuning: string) => stack.write({ "index.ts": program(here, tuning) });
  const up = (options = {}) => stack.pulumi(["up", "--yes", "--skip-preview"], options);
  const cmdline = () => here.output("cat /proc/cmdline");
  await stack.pulumi(["config", "set", "--secret", "privateKey", "--", here.privateKey]);
  const before = { tree: await readTree(here), cmdline: await cmdline(), menu: await menu(here) };

  // There is no root file system.
  await write('  kernelArguments: { rootfstype: "nosuchfs" },');
  const panic = await up({ expectExitCode: "failure" });
  shows(
    panic.output.replaceAll(/\s+/g, " "),
    "the trial boot with rootfstype=nosuchfs failed",
    "did not get as far as starting services",
  );
  expect(await cmdline()).toBe(before.cmdline);
  expect(await menu(here)).toBe(before.menu);

  await write('  isolation: { cpus: "2-3" },');
  const boot = await here.bootId();
  await despiteHangs(here, () => up());
  expect(await here.bootId()).not.toBe(boot);
  expect(await here.output("cat /sys/devices/system/cpu/isolated")).toBe("2-3");
  expect(await here.output("cat /proc/sys/kernel/panic")).toBe("0");
  expect(await menu(here)).not.toContain("trial");
  await stack.pulumi(["preview", "--expect-no-changes"]);

  // A kernel that is installed later has them, and is the next boot.
  await here.output(installKernel, { limitSeconds: 180 });
  await stack.pulumi(["preview", "--expect-no-changes"]);
  await here.reboot();
  expect(await cmdline()).toContain(laterKernel);
  expect(await cmdline()).not.toContain("kvm_tuning");
  expect(await here.output("cat /sys/devices/system/cpu/isolated")).toBe("2-3");
  await here.output(removeKernel, { limitSeconds: 180 });

  await stack.pulumi(["destroy", "--yes", "--skip-preview"]);
  expect((await readTree(here)).split("\n")).toEqual(before.tree.split("\n"));
  expect(await menu(here)).toBe(before.menu);
}, 1_200_000);
