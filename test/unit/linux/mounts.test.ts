import { mountOf } from "../../../provider/linux/mounts";

const text = [
  "/dev/mapper/vg-root / ext4 rw 0 0",
  "/dev/vda1 /boot ext4 rw 0 0",
  "/dev/vda2 /boot xfs rw 0 0",
  "/dev/sdb1 /boot/my\\040efi vfat rw 0 0",
].join("\n");

test.each([
  ["/etc/fstab", "/dev/mapper/vg-root"],
  ["/bootx", "/dev/mapper/vg-root"],
  // Of two at one folder the later is the one that is seen.
  ["/boot/grub/grubenv", "/dev/vda2"],
  ["/boot/my efi/x", "/dev/sdb1"],
])("%s is on %s", (path, device) => {
  expect(mountOf(path, text)?.device).toBe(device);
});

test("nothing is mounted: not known", () => {
  expect(mountOf("/boot", "")).toBeUndefined();
});
