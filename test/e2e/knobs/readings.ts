/* What all knobs set, read by plain ssh with commands that any admin knows. */
import type { TestHost } from "../../host/test-host";

const cpu = "/sys/devices/system/cpu";
const node = "/sys/devices/system/node/node";

/** Each live value, by the name of its argument. */
const live = {
  cpuGovernor: `for cpu in 0 1 2 3 4 5 6 7; do cat ${cpu}/cpu$cpu/cpufreq/scaling_governor 2>/dev/null || echo -; done`,
  "hugepages on node 0": `cat ${node}0/hugepages/hugepages-2048kB/nr_hugepages`,
  "hugepages on node 1": `cat ${node}1/hugepages/hugepages-2048kB/nr_hugepages`,
  irqAffinity: "cat /proc/irq/default_smp_affinity",
  ksm: "cat /sys/kernel/mm/ksm/run",
  numaBalancing: "cat /proc/sys/kernel/numa_balancing",
  schedRtRuntimeMicroseconds: "cat /proc/sys/kernel/sched_rt_runtime_us",
  services: "systemctl is-enabled numad; systemctl is-active numad",
  smt: `cat ${cpu}/smt/control ${cpu}/online`,
  "vm.swappiness": "cat /proc/sys/vm/swappiness",
  "kernel.timer_migration": "cat /proc/sys/kernel/timer_migration",
  systemdCpuAffinity: "taskset -pc 1 | sed 's/.*: //'",
  transparentHugepages:
    "grep -ho '\\[.*\\]' /sys/kernel/mm/transparent_hugepage/enabled /sys/kernel/mm/transparent_hugepage/defrag",
  workqueueCpus: "cat /sys/devices/virtual/workqueue/cpumask",
} as const;

/** What only a boot gives. */
const booted = {
  isolated: `cat ${cpu}/isolated`,
  nohzFull: `cat ${cpu}/nohz_full`,
  "1G pages on node 1": `cat ${node}1/hugepages/hugepages-1048576kB/nr_hugepages`,
  "printk.time": "cat /sys/module/printk/parameters/time",
  "processor.max_cstate": "cat /sys/module/processor/parameters/max_cstate",
  "command line":
    "tr ' ' '\\n' < /proc/cmdline | grep -E '^(isolcpus|nohz_full|rcu_nocbs|irqaffinity|hugepages.*|printk.time|fsck.mode|console|processor.max_cstate)=' | sort",
} as const;

/** With the live tuning, and still so with the one that needs a boot. */
export const tunedValues = {
  cpuGovernor: "performance - performance - powersave - powersave -",
  "hugepages on node 0": "64",
  "hugepages on node 1": "32",
  irqAffinity: "33",
  ksm: "1",
  numaBalancing: "0",
  schedRtRuntimeMicroseconds: "-1",
  services: "masked inactive",
  smt: "off 0,2,4,6",
  "vm.swappiness": "10",
  "kernel.timer_migration": "0",
  systemdCpuAffinity: "0,4",
  transparentHugepages: "[madvise] [defer+madvise]",
  workqueueCpus: "11",
};

/** After that boot; the command line aside. */
export const bootedValues = {
  isolated: "2-3,6-7",
  nohzFull: "2-3,6-7",
  "1G pages on node 1": "1",
  "printk.time": "N",
  "processor.max_cstate": "1",
};

export const readLive = (host: TestHost) => readAll(host, live);
export const readBooted = (host: TestHost) => readAll(host, booted);

/** Values of several lines are joined by blanks. */
async function readAll<Name extends string>(
  host: TestHost,
  commands: Readonly<Record<Name, string>>,
): Promise<Readonly<Record<Name, string>>> {
  const names = Object.keys(commands) as Name[];
  const script = names.map((name) => `echo $(${commands[name]})`).join("; ");
  const lines = (await host.output(script)).split("\n");
  return Object.fromEntries(names.map((name, index) => [name, lines[index] ?? ""])) as Record<Name, string>;
}
