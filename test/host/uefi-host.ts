// The test host with UEFI firmware and systemd-boot in place of a BIOS and GRUB: a clone on which Debian's own packages
// have made the EFI system partition, booted from that.
import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { makeOwnedFolder, removeOwnedFolder } from "../../scripts/lib/owned-folder";
import { ensureTemplate } from "./template";
import { boot, startClone, type TestHost } from "./test-host";

/** Prints the partition's disk, compressed. The host's generators are masked, so a unit mounts it and not /etc/fstab. */
const install = `set -e
exec 3>&1 >&2
dpkg -i /usr/local/share/systemd-boot/*.deb
cd /root
truncate -s 64M esp.raw
echo 'start=2048, type=U' | sfdisk -q -X gpt esp.raw
modprobe -a loop vfat nls_ascii nls_cp437
loop=$(losetup -fP --show esp.raw)
mkfs.vfat -F 32 -n ESP \${loop}p1
mkdir /efi
mount \${loop}p1 /efi
SYSTEMD_RELAX_ESP_CHECKS=1 bootctl install --no-variables --esp-path=/efi
mkdir -p /etc/kernel
sed 's/BOOT_IMAGE=[^ ]* //' /proc/cmdline > /etc/kernel/cmdline
kernel-install add $(uname -r) /boot/vmlinuz-$(uname -r) /boot/initrd.img-$(uname -r)
umount /efi
losetup -d $loop
cat > /etc/systemd/system/efi.mount <<'UNIT'
[Mount]
What=/dev/vdb1
Where=/efi
Type=vfat
Options=umask=0077
[Install]
WantedBy=local-fs.target
UNIT
systemctl -q enable efi.mount
rm -r /boot/grub
gzip -1 < esp.raw | base64 >&3
rm esp.raw
sync
`;

export async function startUefiHost({ name }: { readonly name: string }): Promise<TestHost> {
  const template = await ensureTemplate();
  const runFolder = await makeOwnedFolder("host");
  try {
    const disk = join(runFolder, "disk.qcow2");
    const systemPartition = join(runFolder, "esp.raw");
    const variables = join(runFolder, "variables.fd");
    await copyFile(template.image.firmware.variables, variables);
    const clone = await startClone({ name });
    try {
      const compressed = await clone.output(install, { limitSeconds: 240 });
      await writeFile(systemPartition, gunzipSync(Buffer.from(compressed, "base64")));
      await clone.leaveDisk(disk);
    } catch (error) {
      await clone.stop();
      throw error;
    }
    const firmware = { code: template.image.firmware.code, variables, systemPartition };
    return await boot({ name, template, runFolder, disk, firmware });
  } catch (error) {
    await removeOwnedFolder(runFolder);
    throw error;
  }
}
