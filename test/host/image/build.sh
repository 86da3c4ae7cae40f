#!/bin/sh
# Makes WORK/disk.raw (no partition table yet, file system from sector 2048) and WORK/out/{boot,grub-core}.img,
# WORK/out/host-key.pub from Debian packages. WORK holds the build inputs beside this script and id_ed25519.pub.
# No loop device, no mount, no grub-install. As root: mode root; else mode unshare (needs uidmap and /etc/subuid).
set -eu
work=$1 suite=$2 size=$3
uuid=$(cat /proc/sys/kernel/random/uuid)
if [ "$(id -u)" = 0 ]; then mode=root; else mode=unshare; fi
chmod 755 "$work"
mkdir -p "$work/out"
truncate -s 0 "$work/disk.raw"
if [ $mode = unshare ]; then
  # Inside the user namespace root is another user of this machine.
  chmod 777 "$work" "$work/out"
  chmod 666 "$work/disk.raw"
fi

echo "step: unpacking Debian packages"
# A tarball of its own keeps mmdebstrap from needing a file system that can hold other users' files.
mmdebstrap --mode=$mode --variant=apt --quiet --include="$(paste -sd, "$work/packages.txt")" \
  --aptopt='APT::Install-Recommends "false"' \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='force-unsafe-io' \
  --essential-hook="sh '$work/essential-hook.sh' \"\$1\"" \
  --customize-hook="sh '$work/customize-hook.sh' \"\$1\" '$work' $uuid" \
  "$suite" "$work/root.tar"

echo "step: writing the file system"
if [ $mode = root ]; then
  sh "$work/file-system-hook.sh" "$work" "$uuid" "$size"
else
  mmdebstrap --unshare-helper sh "$work/file-system-hook.sh" "$work" "$uuid" "$size"
fi
