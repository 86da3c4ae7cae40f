/* What the story says of the host is read by plain ssh, with commands that any admin knows: never by the provider. */
import type { TestHost } from "../../host/test-host";

/** One line of the before/after table: what it is, and the command that reads it. */
const readings: readonly (readonly [string, string])[] = [
  ["kernel.numa_balancing", "cat /proc/sys/kernel/numa_balancing"],
  ["vm.swappiness", "cat /proc/sys/vm/swappiness"],
  ["kernel.timer_migration", "cat /proc/sys/kernel/timer_migration"],
  ["governor of all CPUs", "sort -u /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor | tr '\\n' ' '"],
  ["2M pages on node 0", "cat /sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages"],
  ["2M pages on node 1", "cat /sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages"],
  ["1G pages on node 1", "cat /sys/devices/system/node/node1/hugepages/hugepages-1048576kB/nr_hugepages"],
  ["isolated CPUs", "cat /sys/devices/system/cpu/isolated"],
  ["CPUs without a tick", "cat /sys/devices/system/cpu/nohz_full"],
  ["transparent huge pages", "sed 's/.*\\[\\(.*\\)\\].*/\\1/' /sys/kernel/mm/transparent_hugepage/enabled"],
  ["page merging", "cat /sys/kernel/mm/ksm/run"],
  ["CPUs of new interrupts", "cat /proc/irq/default_smp_affinity"],
  ["CPUs of kernel work queues", "cat /sys/devices/virtual/workqueue/cpumask"],
  ["numad.service", "systemctl is-active numad.service || true"],
  ["kvm-tuning.service", "systemctl is-enabled kvm-tuning.service 2>/dev/null || true"],
  ["files in /etc/sysctl.d", "ls /etc/sysctl.d | tr '\\n' ' '"],
];

export type Facts = Readonly<Record<string, string>>;

export async function readFacts(host: TestHost): Promise<Facts> {
  const script = readings.map(([, command]) => `printf '%s\\n' "$(${command})"`).join("; ");
  const lines = (await host.output(script)).split("\n");
  return Object.fromEntries(
    readings.map(([name], index) => [name, (lines[index] ?? "").trim().replace("(null)", "") || "(none)"]),
  );
}

/** Every file and link below /etc, with mode, owner and content hash, and what else the package may leave behind. */
export async function readTree(host: TestHost): Promise<string> {
  return host.output(
    "cd / && find etc boot/grub/grub.cfg var/lib/kvm-tuning -printf '%y %m %U:%G %p %l\\n' 2>/dev/null | sort; " +
      "find etc boot/grub/grub.cfg -type f -print0 | sort -z | xargs -0 sha256sum",
    { limitSeconds: 120 },
  );
}
