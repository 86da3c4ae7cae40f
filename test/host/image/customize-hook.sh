#!/bin/sh
# Turns the unpacked packages into the test host. Arguments: the root folder, the folder with the build inputs, the file system's UUID.
set -eu
root=$1 inputs=$2 uuid=$3
cd "$root"

cp -R --no-preserve=ownership "$inputs/rootfs/." .
chmod 440 etc/sudoers.d/ops
: > etc/machine-id

# Users: root and ops (sudo without a password), both with the generated key.
chroot . useradd -m -s /bin/bash -G libvirt ops
for home in root home/ops; do
  mkdir -p -m 700 $home/.ssh
  cp "$inputs/id_ed25519.pub" $home/.ssh/authorized_keys
done
chroot . chown -R ops:ops /home/ops
rm -f etc/ssh/ssh_host_*
chroot . ssh-keygen -q -t ed25519 -N '' -C test-host -f /etc/ssh/ssh_host_ed25519_key
cp etc/ssh/ssh_host_ed25519_key.pub "$inputs/out/host-key.pub"

# Each login would start a user manager, which takes seconds.
sed -i '/pam_systemd/s/^/#/' etc/pam.d/common-session
sed -i '/pam_motd\|pam_mail/s/^/#/' etc/pam.d/sshd

# The distribution's own GRUB defaults, with a serial console and without what slows an emulated boot.
sed -e 's/^GRUB_TIMEOUT=.*/GRUB_TIMEOUT=0/' \
  -e 's/^GRUB_CMDLINE_LINUX_DEFAULT=.*/GRUB_CMDLINE_LINUX_DEFAULT="quiet"/' \
  -e 's/^GRUB_CMDLINE_LINUX=.*/GRUB_CMDLINE_LINUX="console=ttyS0 mitigations=off cryptomgr.notests apparmor=0 audit=0 nowatchdog no_timer_check net.ifnames=0 fsck.mode=skip rw"/' \
  usr/share/grub/default/grub > etc/default/grub
cat >> etc/default/grub <<'GRUB'
GRUB_TERMINAL=serial
GRUB_SERIAL_COMMAND="serial --unit=0 --speed=115200"
GRUB_DISABLE_OS_PROBER=true
GRUB_DISABLE_RECOVERY=true
GRUB_DISABLE_SUBMENU=y
GRUB
chmod -x etc/grub.d/05_debian_theme etc/grub.d/20_linux_xen etc/grub.d/30_* etc/grub.d/40_custom

# systemd-boot, for a host that uses it in GRUB's place: not installed here, where its hooks would run. And the firmware.
mkdir -p usr/local/share/systemd-boot
(
  cd usr/local/share/systemd-boot
  APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get -q download systemd-boot systemd-boot-efi
  mkdir "$inputs/firmware"
  cd "$inputs/firmware"
  APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get -q download ovmf
  dpkg-deb -x ovmf_*.deb .
  cp usr/share/OVMF/OVMF_CODE_4M.fd usr/share/OVMF/OVMF_VARS_4M.fd "$inputs/out/"
)

# Units and generators that a test host does not need.
while read -r unit; do ln -sf /dev/null "etc/systemd/system/$unit"; done < "$inputs/masked-units.txt"
mkdir -p etc/systemd/system-generators
for generator in usr/lib/systemd/system-generators/*; do
  ln -sf /dev/null "etc/systemd/system-generators/$(basename "$generator")"
done
chroot . systemctl -q enable test-host-network.service ssh.service libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket
chroot . systemctl -q disable numad.service libvirtd.service
chroot . systemctl -q set-default multi-user.target

# First boot loader: core.img finds /boot/grub on the first MBR partition. grub-probe cannot work in a chroot, so this
# menu is written by hand; the host's own update-grub replaces it.
chroot . grub-mkimage -O i386-pc -p '(hd0,msdos1)/boot/grub' -o /boot/grub-core.img \
  biosdisk part_msdos ext2 normal linux configfile search search_fs_uuid serial terminal echo test
mkdir -p boot/grub
cp -r usr/lib/grub/i386-pc boot/grub/
version=$(basename boot/vmlinuz-* | sed s/vmlinuz-//)
# Two modules in 93 KB: initramfs-tools' image costs 17 s of an emulated boot.
chroot . mktirfs -m no --include-modules=virtio_pci,virtio_blk -o "/boot/initrd.img-$version" "$version"
cat > boot/grub/grub.cfg <<MENU
set timeout=0
menuentry first {
  linux /boot/vmlinuz-$version root=UUID=$uuid rw console=ttyS0 quiet net.ifnames=0 mitigations=off
  initrd /boot/initrd.img-$version
}
MENU
