/*
 * A guest that boots at once and costs nothing: eleven instructions in a boot sector that wait for the power button and
 * then power off. `virsh shutdown` works as with a real guest, and an idle guest takes no CPU time under emulation.
 */
import type { TestHost } from "../../host/test-host";

/** 16-bit code at 0x7c00. The ACPI event registers of QEMU's "pc" machine start at port 0x600. */
const code = Buffer.from([
  ...[0xba, 0x02, 0x06], // mov dx, 0x602   PM1a enable
  ...[0xb8, 0x00, 0x01], // mov ax, 0x100   power button
  ...[0xef], //             out dx, ax
  ...[0xfb, 0xf4, 0xfa], // sti; hlt; cli   sleep until the next timer tick
  ...[0xba, 0x00, 0x06], // mov dx, 0x600   PM1a status
  ...[0xed], //             in ax, dx
  ...[0xf6, 0xc4, 0x01], // test ah, 1      power button pressed?
  ...[0x74, 0xf4], //       jz to the sti
  ...[0xba, 0x04, 0x06], // mov dx, 0x604   PM1a control
  ...[0xb8, 0x00, 0x20], // mov ax, 0x2000  soft off
  ...[0xef, 0xeb, 0xfe], // out dx, ax; jmp to itself
]);

/** Writes the guest's disk. */
export async function writeGuest(host: TestHost, image: string): Promise<void> {
  const sector = Buffer.alloc(512);
  code.copy(sector);
  sector.writeUInt16LE(0xaa55, 510);
  await host.output(`base64 -d > ${image}`, { input: sector.toString("base64") });
}

/** The parts of a definition that make it this guest. With a small cache of translated code, which `locked` locks too. */
export const guestXml = (image: string): string => `<os><type arch='x86_64' machine='pc'>hvm</type><boot dev='hd'/></os>
  <features><acpi/><tcg><tb-cache unit='MiB'>32</tb-cache></tcg></features>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='${image}'/><target dev='hda' bus='ide'/></disk>
    <controller type='usb' model='none'/>
    <memballoon model='none'/>
  </devices>`;
