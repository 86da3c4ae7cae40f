/* A domain for the story. */
import type { TestHost } from "../../host/test-host";
import { guestXml, writeGuest } from "../support/guest";

const name = "db";
const image = "/var/lib/libvirt/images/story.img";

const xml = `<domain type='qemu'>
  <name>${name}</name>
  <description>comments, order and quotes of this definition are somebody else's</description>
  <memory unit='MiB'>64</memory>
  <vcpu placement='static'>4</vcpu>
  <cpu mode='custom' match='exact'><model fallback='allow'>qemu64</model></cpu>
  ${guestXml(image)}
</domain>`;

export async function startDomain(host: TestHost): Promise<void> {
  await writeGuest(host, image);
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
