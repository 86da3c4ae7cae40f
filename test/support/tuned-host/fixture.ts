import { smallHost, type Fixture } from "../fixture-root";
import { intelIdle, powerFiles } from "./recorded-power";

const cpu = "/sys/devices/system/cpu";
const node = "/sys/devices/system/node";

export const governorFile = (id: number): string => `${cpu}/cpu${id}/cpufreq/scaling_governor`;
export const poolFile = (id: number, pageKiB = 2048): string =>
  `${node}/node${id}/hugepages/hugepages-${pageKiB}kB/nr_hugepages`;

const wants = "/etc/systemd/system/multi-user.target.wants";
const slice = "/sys/fs/cgroup/machine.slice";

/** For the stand-in of systemctl: what a unit of this host does. One without a file is not there. */
export const unitFile = (unit: string): string => `/run/stand-in-units/${unit}`;

/** A host of ours that lacks nothing which a live argument sets. */
const tunable: Fixture = {
  ...Object.fromEntries(
    Object.entries(
      powerFiles({
        online: [0, 1, 2, 3, 4, 5, 6, 7],
        idle: intelIdle,
        preferences: "default performance balance_performance balance_power power",
        boost: "no_turbo",
        smt: "on",
      }),
    ).map(([path, text]) => [path, `${text}\n`]),
  ),
  [`${cpu}/intel_pstate/status`]: "passive\n",
  "/sys/kernel/mm/transparent_hugepage/enabled": "[always] madvise never\n",
  "/sys/kernel/mm/transparent_hugepage/defrag": "always defer defer+madvise [madvise] never\n",
  "/sys/kernel/mm/ksm/run": "1\n",
  "/sys/kernel/irq/24/actions": "eth0-rx-0\n",
  "/proc/irq/24/smp_affinity_list": "0-7\n",
  "/proc/irq/default_smp_affinity": "ff\n",
  "/sys/devices/virtual/workqueue/cpumask": "ff\n",
  "/proc/sys/kernel/sched_rt_runtime_us": "950000\n",
  "/proc/sys/kernel/sched_rt_period_us": "1000000\n",
  "/proc/1/status": "Cpus_allowed_list:\t0-7\n",
  // Of the site, so that the stand-in for systemd-analyze has what was there before.
  "/etc/systemd/system.conf": "[Manager]\nCPUAffinity=0-7\n",
  "/sys/fs/cgroup/cgroup.controllers": "cpuset cpu io memory hugetlb pids rdma misc\n",
  [`${slice}/cpuset.cpus`]: "\n",
  [`${slice}/cpuset.cpus.effective`]: "0-7\n",
  [`${slice}/cpuset.cpus.partition`]: "member\n",
  "/run/stand-in-irqbalance": "",
  [unitFile("irqbalance.service")]: "active\n",
  [unitFile("ksmtuned.service")]: "inactive\n",
  [unitFile("numad.service")]: "active\n",
  [`${wants}/ksmtuned.service`]: { link: "/lib/systemd/system/ksmtuned.service" },
};

/**
 * An untuned host: 8 CPUs with cpufreq, two nodes of 4 GiB with pools of 2M and 1G, the usual sysctls, files of other
 * people in sysctl.d, a unit of somebody else. All are plain files: unlike the kernel's they take any value and read
 * back what was written. What systemd and the kernel make of them here, the stand-ins do (stand-ins.ts).
 */
export const eightCpuHost: Fixture = {
  ...smallHost,
  ...tunable,
  ...Object.fromEntries(
    [0, 1, 2, 3, 4, 5, 6, 7].flatMap((id) => [
      [governorFile(id), "schedutil\n"],
      [`${cpu}/cpu${id}/cpufreq/scaling_driver`, "intel_cpufreq\n"],
      [`${cpu}/cpu${id}/cpufreq/scaling_available_governors`, "conservative performance powersave schedutil \n"],
    ]),
  ),
  ...Object.fromEntries(
    [0, 1].flatMap((id) => [
      [`${node}/node${id}/cpulist`, id === 0 ? "0-3\n" : "4-7\n"],
      [`${node}/node${id}/meminfo`, `Node ${id} MemTotal:        4194304 kB\nNode ${id} MemFree:         4000000 kB\n`],
      [poolFile(id), "0\n"],
      [poolFile(id, 1048576), "0\n"],
    ]),
  ),
  [`${cpu}/online`]: "0-7\n",
  [`${cpu}/possible`]: "0-7\n",
  [`${cpu}/present`]: "0-7\n",
  [`${node}/online`]: "0-1\n",
  "/etc/os-release": 'ID=debian\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
  "/etc/sysctl.conf": "# nothing set\n",
  "/etc/sysctl.d/99-sysctl.conf": { link: "../sysctl.conf" },
  "/etc/sysctl.d/50-site.conf": { content: "vm.dirty_ratio = 15\n", mode: 0o600 },
  "/usr/lib/sysctl.d/50-default.conf": "net.ipv4.conf.default.rp_filter = 2\n",
  "/etc/systemd/system/site.service": "[Service]\nExecStart=/bin/true\n",
  "/etc/systemd/system/multi-user.target.wants/site.service": { link: "/etc/systemd/system/site.service" },
  "/proc/cmdline": "BOOT_IMAGE=/vmlinuz-6.1.0 root=/dev/vda1 ro quiet\n",
  "/proc/sys/net/ipv4/ip_local_port_range": "32768\t60999\n",
  "/proc/sys/net/ipv4/ip_local_reserved_ports": "\n",
  "/proc/sys/vm/compact_memory": "",
};

/** Every live argument at once; as a program gives it. */
export const everything = {
  numaBalancing: false,
  sysctl: { "vm.swappiness": 10, "net.ipv4.ip_local_port_range": "10000 65000" },
  cpuGovernor: "performance",
  energyPerformancePreference: "performance",
  boost: false,
  cStates: { maxLatencyMicroseconds: 20 },
  hugepages: [{ size: "2M", nodes: { "0": 128, "1": 64 } }],
  irqAffinity: { default: "0-1,4-5", irqs: { "24": "0-1" } },
  irqbalance: { bannedCpus: "2-3,6-7" },
  isolation: { mode: "partition", cpus: "2-3,6-7", partition: "root" },
  ksm: "off",
  schedRtRuntimeMicroseconds: -1,
  services: { ksmtuned: "stopped", numad: "masked" },
  systemdCpuAffinity: "0-1,4-5",
  transparentHugepages: { enabled: "madvise", defrag: "never" },
  workqueueCpus: "0-1,4-5",
  smt: "off",
};

/** What `check` of a new resource with `everything` prints. */
export const everythingPlanned = {
  cpuGovernor: "schedutil → performance  [live]",
  energyPerformancePreference: "balance_performance → performance  [live]",
  boost: "on → off  [live]",
  "cStates.maxLatencyMicroseconds": "none → 20  [live]",
  "hugepages.2M.node0": "0 → 128  [live]",
  "hugepages.2M.node1": "0 → 64  [live]",
  "irqAffinity.default": "0-7 → 0-1,4-5  [live]",
  "irqAffinity.irqs.24": "0-7 → 0-1  [live]",
  "irqbalance.bannedCpus": "none → 2-3,6-7  [live]",
  "isolation.partition": "member → 2-3,6-7 root  [live]",
  ksm: "1 → 0  [live]",
  numaBalancing: "1 → 0  [live]",
  schedRtRuntimeMicroseconds: "950000 → -1  [live]",
  "services.ksmtuned.service": "enabled → stopped  [live]",
  "services.numad.service": "active → masked  [live]",
  "sysctl.net.ipv4.ip_local_port_range": "32768 60999 → 10000 65000  [live]",
  "sysctl.vm.swappiness": "60 → 10  [live]",
  systemdCpuAffinity: "0-7 → 0-1,4-5  [live]",
  "transparentHugepages.enabled": "always → madvise  [live]",
  "transparentHugepages.defrag": "madvise → never  [live]",
  workqueueCpus: "0-7 → 0-1,4-5  [live]",
  smt: "on → off  [live]",
  "kvm-tuning.service": "(absent) → enabled  [live]",
};

/** What systemctl is told of it, `show` and `cat` aside. */
export const everythingTold = [
  "stop -- ksmtuned.service (locale C)",
  "stop -- numad.service (locale C)",
  "daemon-reload (locale C)",
  // Once more for machine.slice, which has a note of its own that it is owed.
  "daemon-reload (locale C)",
  "try-restart irqbalance.service (locale C)",
  "start machine.slice (locale C)",
];

/** Where each original goes: `undo` of a host that was tuned with `everything`. */
export const everythingUndone = {
  cpuGovernor: "back to schedutil  [live]",
  energyPerformancePreference: "back to balance_performance  [live]",
  boost: "back to 0  [live]",
  "cStates.maxLatencyMicroseconds": "back to 0  [live]",
  "hugepages.2M.node0": "back to 0  [live]",
  "hugepages.2M.node1": "back to 0  [live]",
  "irqAffinity.default": "back to ff  [live]",
  "irqAffinity.irqs.24": "back to 0-7  [live]",
  "isolation.partition": "back to member  [live]",
  ksm: "back to 1  [live]",
  numaBalancing: "back to 1  [live]",
  schedRtRuntimeMicroseconds: "back to 950000  [live]",
  "services.ksmtuned.service": "back to enabled  [live]",
  "services.numad.service": "back to active  [live]",
  "sysctl.net.ipv4.ip_local_port_range": "back to 32768 60999  [live]",
  "sysctl.vm.swappiness": "back to 60  [live]",
  "transparentHugepages.enabled": "back to always  [live]",
  "transparentHugepages.defrag": "back to madvise  [live]",
  workqueueCpus: "back to ff  [live]",
  smt: "back to on  [live]",
  "/etc/sysctl.d/zz-kvm-tuning.conf": "removed  [live]",
  "/etc/kvm-tuning/boot-values": "removed  [live]",
  "/etc/kvm-tuning/apply-boot-values": "removed  [live]",
  "/etc/kvm-tuning/irqbalance.env": "removed  [live]",
  "/etc/systemd/system/kvm-tuning.service": "removed  [live]",
  "/etc/systemd/system/kvm-tuning-cpu@.service": "removed  [live]",
  "/etc/systemd/system/kvm-tuning.service.d/zz-kvm-tuning.conf": "removed  [live]",
  "/etc/systemd/system/machine.slice.d/zz-kvm-tuning.conf": "removed  [live]",
  "/etc/systemd/system/irqbalance.service.d/zz-kvm-tuning.conf": "removed  [live]",
  "/etc/systemd/system.conf.d/zz-kvm-tuning.conf": "removed  [live]",
  "/etc/udev/rules.d/99-zz-kvm-tuning.rules": "removed  [live]",
  "/etc/systemd/system/multi-user.target.wants/kvm-tuning.service": "removed  [live]",
};
