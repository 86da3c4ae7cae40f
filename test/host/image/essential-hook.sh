#!/bin/sh
# There is no boot disk inside the chroot: keep grub-pc's postinst from asking for one.
set -eu
printf '%s\n' 'grub-pc grub-pc/install_devices_empty boolean true' 'grub-pc grub-pc/install_devices multiselect' |
  chroot "$1" debconf-set-selections
