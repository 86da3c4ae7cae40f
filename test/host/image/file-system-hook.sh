#!/bin/sh
# Unpacks the tarball and puts it into an ext4 file system from sector 2048 of the disk file, without mounting anything.
# Device nodes are left out: an ordinary user cannot make them, and the kernel mounts devtmpfs.
set -eu
work=$1 uuid=$2 size=$3
mkdir "$work/root"
tar -C "$work/root" --numeric-owner --exclude='./dev/*' -xf "$work/root.tar"
cp "$work/root/usr/lib/grub/i386-pc/boot.img" "$work/root/boot/grub-core.img" "$work/out/"
chmod 644 "$work"/out/*.img
mke2fs -q -F -t ext4 -L root -U "$uuid" -m 0 -E root_owner=0:0,offset=1048576 -d "$work/root" "$work/disk.raw" "$size"
rm -rf "$work/root" "$work/root.tar"
