/* The domain of these chapters, and a host whose every call of virsh is written down. */
import type { TestHost } from "../../host/test-host";
import { guestXml, writeGuest } from "../support/guest";

export const uuid = "6d0fd1c2-4b1f-4a52-9a0d-3f6f0a5c7e11";
const image = "/var/lib/libvirt/images/placed.img";

/** Two vCPUs of four are plugged in; memory in the only mode whose nodes move live. */
const xml = `<domain type='qemu'>
  <name>db</name>
  <uuid>${uuid}</uuid>
  <metadata><a:note xmlns:a='urn:example'>not ours</a:note></metadata>
  <memory unit='MiB'>128</memory>
  <vcpu placement='static' current='2'>4</vcpu>
  <numatune><memory mode='restrictive' nodeset='0'/></numatune>
  <cpu mode='custom' match='exact'><model fallback='allow'>qemu64</model></cpu>
  ${guestXml(image)}
</domain>`;

const log = "/run/virsh-calls";
/** Of the first on root's and on sudo's path. The test itself calls the real one. */
const recorder = `#!/bin/sh
printf '%s\\n' "$*" >> ${log}
exec /usr/bin/virsh "$@"
`;
export const virsh = "/usr/bin/virsh -q -c qemu:///system";

export async function startPlacedDomain(host: TestHost): Promise<void> {
  await writeGuest(host, image);
  await host.output(`${virsh} define /dev/stdin && ${virsh} start db`, { input: xml });
  await host.output("cat > /usr/local/bin/virsh && chmod 755 /usr/local/bin/virsh", { input: recorder });
}

/** What only reads. Everything else that was called is shown, whatever it is. */
const readers = /^(echo|list|domcapabilities|dumpxml|domstate|hypervisor-cpu-compare)\b/;

/** The calls since the last time, in order, but for those that read. */
export async function writes(host: TestHost): Promise<readonly string[]> {
  const text = await host.output(`cat ${log}; : > ${log}`);
  const calls = text.split("\n").map((line) => line.replace("-c qemu:///system ", ""));
  if (!calls.some((call) => readers.test(call))) throw new Error(`no call of virsh was recorded: ${text}`);
  return calls.filter((call) => !readers.test(call)).map((call) => call.replaceAll(uuid, "UUID"));
}

export async function definition(host: TestHost): Promise<string> {
  return host.output(`${virsh} dumpxml --inactive --security-info db`);
}

/** Process of the domain's QEMU. */
export async function pidOf(host: TestHost): Promise<string> {
  return host.output("cat /run/libvirt/qemu/db.pid");
}
