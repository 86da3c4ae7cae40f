/* One clone of the test host a tool, each with the same domain, and what a person who means well does to them by hand. */
import { startClone, type TestHost } from "../../test/host/test-host";
import { guestXml, writeGuest } from "../../test/e2e/support/guest";

const image = "/var/lib/libvirt/images/db.img";
const xml = `<domain type='qemu'>
  <name>db</name>
  <memory unit='MiB'>128</memory>
  <vcpu placement='static'>4</vcpu>
  <cpu mode='custom' match='exact'><model fallback='allow'>qemu64</model></cpu>
  ${guestXml(image)}
</domain>`;

export async function startHostWithDomain(name: string): Promise<TestHost> {
  const host = await startClone({ name });
  await writeGuest(host, image);
  await host.output("virsh -q -c qemu:///system define /dev/stdin && virsh -q -c qemu:///system start db", {
    input: xml,
  });
  return host;
}

/** Five settings; the kernel argument wherever a tool has written it. */
export const drifts = ["sysctl", "pages", "governor", "kernel arguments", "vcpupin"] as const;

const drift = `set -e
echo 60 > /proc/sys/vm/swappiness
echo 16 > /sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages
echo powersave > /sys/devices/system/cpu/cpu3/cpufreq/scaling_governor
sed -i 's/ *nmi_watchdog=0//' $(grep -rl nmi_watchdog=0 /etc/default/grub /etc/default/grub.d)
update-grub 2> /dev/null
virsh -q -c qemu:///system vcpupin db 2 0-7 --live
`;

export async function driftByHand(host: TestHost): Promise<void> {
  await host.output(drift);
}
