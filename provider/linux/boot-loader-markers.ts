/** What boot loaders other than GRUB on Debian leave on a host. A snapshot has these names, without their content. */
export const bootLoaderMarkers: readonly (readonly [string, string])[] = [
  ["/run/ostree-booted", "an ostree system (rpm-ostree, bootc)"],
  ["/boot/grub2/grub.cfg", "GRUB with /boot/grub2 (RHEL, Fedora, SUSE)"],
  ["/boot/efi/loader/loader.conf", "systemd-boot"],
  ["/efi/loader/loader.conf", "systemd-boot"],
  ["/boot/loader/loader.conf", "systemd-boot"],
  ["/boot/extlinux/extlinux.conf", "extlinux"],
  ["/boot/firmware/config.txt", "the Raspberry Pi's firmware"],
  ["/etc/kernel/proxmox-boot-uuids", "proxmox-boot-tool"],
];
