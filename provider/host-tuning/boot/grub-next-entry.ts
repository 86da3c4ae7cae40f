/*
 * `next_entry` in grubenv: GRUB takes it for one boot and empties it before it boots, by writing a block of the file. It
 * cannot on LVM, RAID, btrfs and ZFS, and a trial that fails would then be tried for ever.
 * Source: GRUB manual, "The GRUB environment block"; grub-reboot(8); /etc/grub.d/00_header of GRUB 2.06.
 */
import type { HostSnapshot } from "../../host/snapshot";
import { mountOf } from "../../linux/mounts";
import { environmentFile } from "./grub-menu";
import type { GrubPlace } from "./grub-place";

/** GRUB writes to a plain partition alone: no abstraction below it, no file system that moves its blocks. */
export function cannotWrite(folder: string, snapshot: HostSnapshot): string | undefined {
  const mount = mountOf(environmentFile(folder), snapshot.files.text("/proc/mounts") ?? "");
  if (mount === undefined)
    return `the file system of ${folder} is not in /proc/mounts, so whether GRUB can write to it is not known`;
  const where = `${folder} is on ${mount.device} (${mount.type})`;
  const loop = "GRUB could not write there that the trial has had its one boot";
  if (/^\/dev\/(mapper\/|dm-)/.test(mount.device)) return `${where}, LVM or another device mapper: ${loop}`;
  if (/^\/dev\/md/.test(mount.device)) return `${where}, a RAID: ${loop}`;
  if (!["ext2", "ext3", "ext4", "xfs", "vfat"].includes(mount.type)) return `${where}: ${loop}`;
  return undefined;
}

/** Shell functions select_entry and unselect_entry. */
export const chooseScript = ({ folder, prefix }: Pick<GrubPlace, "folder" | "prefix">, trialId: string): string => `
env=$root${environmentFile(folder)}
chosen() { [ -e "$env" ] && ${prefix}-editenv "$env" list | grep -q '^next_entry=${trialId}$'; }
select_entry() {
  # Debian makes it when it is first needed.
  [ -e "$env" ] || { word 'new grubenv' && ${prefix}-editenv "$env" create; } || fail "cannot make $env"
  ${prefix}-editenv "$env" set next_entry=${trialId} && sync "$env" && chosen || fail "cannot choose the trial in $env"
}
unselect_entry() {
  ! chosen || { ${prefix}-editenv "$env" unset next_entry && sync "$env"; } || fail "cannot take the trial out of $env"
  if grep -qsx 'new grubenv' "$record" && [ -e "$env" ] && [ -z "$(${prefix}-editenv "$env" list)" ]; then rm -f "$env"; fi
}
`;
