/** Boot loaders whose arguments we do not change. A snapshot has these names, without their content. */
export const foreignLoaders: readonly (readonly [string, string])[] = [
  ["/boot/extlinux/extlinux.conf", "extlinux"],
  ["/boot/firmware/config.txt", "the Raspberry Pi's firmware"],
  ["/etc/kernel/proxmox-boot-uuids", "proxmox-boot-tool"],
];

/** Not a file of the host: in a snapshot what `rpm-ostree kargs` has printed. */
export const kargsFile = "/run/kvm-tuning/ostree-kargs";

/** A variable of the Boot Loader Interface (systemd.io), as a file. */
export const loaderVariable = (name: string): string =>
  `/sys/firmware/efi/efivars/${name}-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f`;

export const bootctlFiles: readonly string[] = ["/usr/bin/bootctl", "/bin/bootctl"];

/** What else tells how a host boots. Patterns of the shell. */
export const bootLoaderFiles: readonly string[] = [
  "/run/ostree-booted",
  "/etc/kernelstub/configuration",
  "/etc/zipl.conf",
  "/usr/sbin/transactional-update",
  "/boot/EFI/Linux/*.efi",
  "/boot/efi/EFI/Linux/*.efi",
  "/efi/EFI/Linux/*.efi",
  loaderVariable("LoaderInfo"),
  ...bootctlFiles,
];
