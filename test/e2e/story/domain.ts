/*
 * A domain for the story. Its guest is eleven instructions in a boot sector that wait for the power button and then
 * power off: `virsh shutdown` works as with a real guest, and an idle guest costs no CPU time under emulation.
 */
import type { TestHost } from "../../host/test-host";

const name = "db";
const image = "/var/lib/libvirt/images/story.img";

/** 16-bit code at 0x7c00. The ACPI event registers of QEMU's "pc" machine start at port 0x600. */
const guest = Buffer.from([
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

function bootSector(): string {
  const sector = Buffer.alloc(512);
  guest.copy(sector);
  sector.writeUInt16LE(0xaa55, 510);
  return sector.toString("base64");
}

const xml = `<domain type='qemu'>
  <name>${name}</name>
  <description>comments, order and quotes of this definition are somebody else's</description>
  <memory unit='MiB'>64</memory>
  <vcpu placement='static'>4</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type><boot dev='hd'/></os>
  <features><acpi/><tcg><tb-cache unit='MiB'>32</tb-cache></tcg></features>
  <cpu mode='custom' match='exact'><model fallback='allow'>qemu64</model></cpu>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='${image}'/><target dev='hda' bus='ide'/></disk>
    <controller type='usb' model='none'/>
    <memballoon model='none'/>
  </devices>
</domain>`;

export async function startDomain(host: TestHost): Promise<void> {
  await host.output(`base64 -d > ${image}`, { input: bootSector() });
  await host.output("virsh -q -c qemu:///system define /dev/stdin", { input: xml });
  await host.output(`virsh -q -c qemu:///system start ${name}`, { limitSeconds: 120 });
}

/** Process of the domain's QEMU; "" when it is shut off. */
export async function qemuPid(host: TestHost): Promise<string> {
  return host.output(`cat /run/libvirt/qemu/${name}.pid 2>/dev/null || true`);
}

/** Thread -> the CPUs that the kernel lets it run on, for the threads whose names libvirt and QEMU give. */
export async function threadMasks(host: TestHost): Promise<Readonly<Record<string, string>>> {
  const pid = await qemuPid(host);
  const lines = await host.output(`grep -hE '^(Name|Cpus_allowed_list):' /proc/${pid}/task/*/status`);
  const found = lines.matchAll(/Name:\t(.*)\nCpus_allowed_list:\t(.*)/g);
  return Object.fromEntries([...found].map(([, thread = "", cpus = ""]) => [thread, cpus]));
}

export async function definition(host: TestHost): Promise<string> {
  return host.output(`virsh -c qemu:///system dumpxml --inactive --security-info ${name}`);
}

/** Pins of the running domain as libvirt has them. */
export async function runningPins(host: TestHost): Promise<string> {
  const commands = ["vcpupin", "emulatorpin", "iothreadinfo"].map((command) => `${command} ${name}`);
  return host.output(`virsh -c qemu:///system '${commands.join("; ")}'`);
}
