/*
 * What a boot makes of a fixture tree: the next menu entry's arguments and what Linux 6.1 makes of them, another
 * boot_id, an empty /run/kvm-tuning, the values that systemd-sysctl and kvm-tuning.service set. A fake firmware, GRUB,
 * kernel and systemd, in simple code over the project's own readers of formats.
 */
import { randomUUID } from "node:crypto";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readGrubMenu } from "../../../provider/linux/grub-config";
import { parseGrubEnvironment } from "../../../provider/linux/grub-environment";
import { kernelEffect } from "../../../provider/linux/kernel-effect";
import { kernelValues, parseKernelLine } from "../../../provider/linux/kernel-args";
import { parseSysctlConf } from "../../../provider/linux/sysctl-conf";
import type { FixtureRoot } from "../fixture-root";
import { governorFile, poolFile } from "../tuned-host/fixture";
import { bootIdFile, domainState, grubConfig, isolatedFile, nohzFile, uuids, type DomainName } from "./fixture";

export interface BootedTree {
  readonly tree: FixtureRoot;
  /** Flags of the stand-ins. */
  readonly modes: string;
  note(event: string): void;
}

export function boot({ tree, modes, note }: BootedTree): void {
  endDomains({ tree, modes, note });
  rmSync(tree.path("/run/kvm-tuning"), { recursive: true, force: true });
  const line = bootKernel(tree);
  const token = kernelValues(parseKernelLine(line), "kvm_tuning.trial").at(-1);
  // `trial-panics`: before anything of the system runs. `trial-unreached`: services, but nobody gets in, until the unit reboots.
  if (typeof token === "string" && existsSync(join(modes, "trial-panics"))) {
    note("panic");
    bootKernel(tree);
  } else if (typeof token === "string" && existsSync(join(modes, "trial-unreached"))) {
    note("unreached");
    tree.write({ "/var/lib/kvm-tuning/trial-seen": `${token} 895 starting ssh.service \n` });
    bootKernel(tree);
  } else if (typeof token === "string") {
    tree.write({ "/var/lib/kvm-tuning/trial-seen": `${token} 12 up \n` });
  }
  const values = Object.entries(savedValues(tree));
  tree.write(Object.fromEntries(values.map(([path, value]) => [path, `${value}\n`])));
  const unit = "/etc/systemd/system/multi-user.target.wants/kvm-tuning.service";
  rmSync(join(modes, "unit-active"), { force: true });
  if (tree.has(unit)) writeFileSync(join(modes, "unit-active"), "");
  for (const name of Object.keys(uuids) as DomainName[])
    if (tree.has(`/libvirt/${uuids[name]}/autostart`)) tree.write({ [domainState(name)]: "running\n" });
}

/** A domain that runs when the power goes is the accident that a drain is there to prevent. */
function endDomains({ tree, note }: BootedTree): void {
  for (const name of Object.keys(uuids) as DomainName[]) {
    if (!existsSync(tree.path(domainState(name))) || tree.read(domainState(name)) === "shut off\n") continue;
    note(`power cut under domain ${name}`);
    tree.write({ [domainState(name)]: "shut off\n" });
  }
}

/** Gives the kernel's line. GRUB empties `next_entry` before it boots. */
function bootKernel(tree: FixtureRoot): string {
  const environment = parseGrubEnvironment(tree.read("/boot/grub/grubenv"));
  const custom = tree.has("/boot/grub/custom.cfg") ? tree.read("/boot/grub/custom.cfg") : undefined;
  const menu = readGrubMenu({ config: tree.read(grubConfig), environment, custom });
  const line = (menu.nextOnly ?? menu.default)?.kernelLine ?? "";
  const lasting = tree.read("/boot/grub/grubenv").replaceAll(/^next_entry=.*\n/gm, "");
  tree.write({ "/boot/grub/grubenv": lasting.padEnd(1024, "#") });
  const effect = kernelEffect(line, { cpuCount: 8, nodes: [0, 1], pageSizesKiB: [2048, 1048576] });
  tree.write({
    [bootIdFile]: `${randomUUID()}\n`,
    "/proc/cmdline": `BOOT_IMAGE=/vmlinuz-6.1.0-56-amd64 ${line}\n`,
    [isolatedFile]: `${effect.isolated.toString()}\n`,
    [nohzFile]: effect.nohzFull.isEmpty ? "  (null)\n" : `${effect.nohzFull.toString()}\n`,
    "/proc/sys/kernel/numa_balancing": "1\n",
    "/proc/sys/vm/swappiness": "60\n",
    ...Object.fromEntries([0, 1, 2, 3, 4, 5, 6, 7].map((cpu) => [governorFile(cpu), "schedutil\n"])),
    ...Object.fromEntries(
      [2048, 1048576].flatMap((size) =>
        [0, 1].map((node) => [poolFile(node, size), `${effect.hugepages.get(size)?.get(node) ?? 0}\n`]),
      ),
    ),
    "/proc/sys/kernel/panic": `${kernelValues(parseKernelLine(line), "panic").at(-1) ?? "0"}\n`,
  });
  return line;
}

function savedValues(tree: FixtureRoot): Record<string, string> {
  const text = (path: string) => (tree.has(path) ? tree.read(path) : "");
  const sysctls = parseSysctlConf(text("/etc/sysctl.d/zz-kvm-tuning.conf"), "zz-kvm-tuning.conf").assignments;
  const lines = text("/etc/kvm-tuning/boot-values")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split(" "));
  return Object.fromEntries([
    ...sysctls.map(({ path, value }) => [`/proc/sys/${path}`, value ?? ""]),
    ...lines.map(([path, ...value]) => [path, value.join(" ")]),
  ]) as Record<string, string>;
}
