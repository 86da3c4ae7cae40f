import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Fixture } from "../fixture-root";

const menu = readFileSync(join(__dirname, "../../fixtures/grub/debian-12-stock.cfg"), "utf8");
export const grubConfig = "/boot/grub/grub.cfg";
export const isolatedFile = "/sys/devices/system/cpu/isolated";
export const nohzFile = "/sys/devices/system/cpu/nohz_full";
export const bootIdFile = "/proc/sys/kernel/random/boot_id";

export const uuids = {
  db: "11111111-1111-4111-8111-111111111111",
  web: "22222222-2222-4222-8222-222222222222",
} as const;
export type DomainName = keyof typeof uuids;

export const domainState = (name: DomainName): string => `/libvirt/${uuids[name]}/state`;

const domain = (name: DomainName, state: string): Fixture => ({
  [`/libvirt/${uuids[name]}/name`]: `${name}\n`,
  [domainState(name)]: `${state}\n`,
});

/** Over the eight-CPU host: Debian with GRUB, booted from its menu, and two domains of which `db` runs. */
export const grubHostFixture: Fixture = {
  "/proc/version": "Linux version 6.1.0-56-amd64 (debian-kernel@lists.debian.org) #1 SMP\n",
  "/proc/cmdline": "BOOT_IMAGE=/vmlinuz-6.1.0-56-amd64 root=/dev/vda1 ro quiet\n",
  [isolatedFile]: "\n",
  [nohzFile]: "  (null)\n",
  [grubConfig]: { content: menu, mode: 0o400 },
  "/boot/grub/grubenv": "# GRUB Environment Block\n".padEnd(1024, "#"),
  "/proc/mounts": "/dev/vda1 / ext4 rw,relatime 0 0\nproc /proc proc rw 0 0\n",
  "/proc/sys/kernel/panic": "0\n",
  "/etc/default/grub": `GRUB_DEFAULT=0
GRUB_TIMEOUT=5
GRUB_DISTRIBUTOR=\`printf Debian\`
GRUB_CMDLINE_LINUX_DEFAULT="quiet"
GRUB_CMDLINE_LINUX=""
`,
  ...domain("db", "running"),
  ...domain("web", "shut off"),
};
