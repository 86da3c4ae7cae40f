/* The arguments of HostTuning in the two versions that the test of all knobs needs, and what their previews say. */

/** Every live knob that the test host can show, and the four that it cannot, of which each says why. */
export const liveTuning = `
  cpuGovernor: [{ cpus: "0-3", governor: "performance" }, { cpus: "4-7", governor: "powersave" }],
  energyPerformancePreference: "performance",
  boost: false,
  cStates: { maxLatencyMicroseconds: 50 },
  hugepages: [{ size: "2M", nodes: { 0: 64, 1: 32 } }],
  irqAffinity: { default: "0-1,4-5" },
  irqbalance: { bannedCpus: "2-3,6-7" },
  ksm: "on",
  numaBalancing: false,
  schedRtRuntimeMicroseconds: -1,
  services: { numad: "masked", ksmtuned: "stopped" },
  sysctl: { "vm.swappiness": 10, "kernel.timer_migration": 0 },
  systemdCpuAffinity: "0,4",
  transparentHugepages: { enabled: "madvise", defrag: "defer+madvise" },
  workqueueCpus: "0,4",
  smt: "off",`;

/** The same, and what a kernel can only be given at boot. */
export const bootTuning = `${liveTuning
  .replace("maxLatencyMicroseconds: 50 }", "maxLatencyMicroseconds: 50, kernelArguments: { processorMaxCstate: 1 } }")
  .replace("1: 32 } }]", '1: 32 } }, { size: "1G", nodes: { 1: 1 } }]')}
  isolation: { cpus: "2-3,6-7", managedIrq: true, nohzFull: true, rcuNocbs: true },
  kernelArguments: { "printk.time": "0", "fsck.mode": null, console: ["tty0", "ttyS0,115200"] },
  maxDisruption: "host-reboot",
  trialBoot: "off",`;

export const firstPlan = {
  "cpuGovernor.0-3": "schedutil → performance  [live]",
  "cpuGovernor.4-7": "schedutil → powersave  [live]",
  "hugepages.2M.node0": "0 → 64  [live]",
  "hugepages.2M.node1": "0 → 32  [live]",
  "irqAffinity.default": "0-7 → 0-1,4-5  [live]",
  ksm: "0 → 1  [live]",
  "kvm-tuning.service": "(absent) → enabled  [live]",
  numaBalancing: "1 → 0  [live]",
  schedRtRuntimeMicroseconds: "950000 → -1  [live]",
  "services.numad.service": "active → masked  [live]",
  smt: "on → off  [live]",
  "sysctl.kernel.timer_migration": "1 → 0  [live]",
  "sysctl.vm.swappiness": "60 → 10  [live]",
  systemdCpuAffinity: "0-7 → 0,4  [live]",
  "transparentHugepages.defrag": "madvise → defer+madvise  [live]",
  "transparentHugepages.enabled": "always → madvise  [live]",
  workqueueCpus: "0-7 → 0,4  [live]",
};

/** Emulated CPUs have neither turbo nor idle states; irqbalance and ksmtuned are not installed. */
export const notThere = [
  "boost: not applicable: the CPUs have no boost, the firmware has switched it off, or the driver cannot",
  "cStates.maxLatencyMicroseconds: not applicable: the host has no cpuidle driver",
  "energyPerformancePreference: not applicable: ",
  "irqbalance.bannedCpus: not applicable: irqbalance is not installed",
  "services.ksmtuned.service: not applicable: this host has no such unit",
];

/** Every value of the program, changed by hand. */
export const byHand = [
  // First, because the events of CPUs that come online give these their values again.
  "echo on > /sys/devices/system/cpu/smt/control",
  "echo schedutil > /sys/devices/system/cpu/cpu2/cpufreq/scaling_governor",
  "echo performance > /sys/devices/system/cpu/cpu6/cpufreq/scaling_governor",
  "echo 60 > /sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages",
  "echo 40 > /sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages",
  "echo 0f > /proc/irq/default_smp_affinity",
  "echo 0 > /sys/kernel/mm/ksm/run",
  "sysctl -q -w kernel.numa_balancing=1 kernel.sched_rt_runtime_us=900000 vm.swappiness=33 kernel.timer_migration=1",
  "systemctl -q unmask numad && systemctl start numad",
  "taskset -pc 0-3 1 > /dev/null",
  "echo always > /sys/kernel/mm/transparent_hugepage/defrag",
  "echo never > /sys/kernel/mm/transparent_hugepage/enabled",
  "echo 0f > /sys/devices/virtual/workqueue/cpumask",
].join(" && ");

export const driftPlan = {
  "cpuGovernor.0-3": "performance on 0-1,3, schedutil on 2 → performance  [live]",
  "cpuGovernor.4-7": "performance on 6, powersave on 4-5,7 → powersave  [live]",
  "hugepages.2M.node0": "60 → 64  [live]",
  "hugepages.2M.node1": "40 → 32  [live]",
  "irqAffinity.default": "0-3 → 0-1,4-5  [live]",
  ksm: "0 → 1  [live]",
  numaBalancing: "1 → 0  [live]",
  schedRtRuntimeMicroseconds: "900000 → -1  [live]",
  "services.numad.service": "active → masked  [live]",
  smt: "on → off  [live]",
  "sysctl.kernel.timer_migration": "1 → 0  [live]",
  "sysctl.vm.swappiness": "33 → 10  [live]",
  systemdCpuAffinity: "0-3 → 0,4  [live]",
  "transparentHugepages.defrag": "always → defer+madvise  [live]",
  "transparentHugepages.enabled": "never → madvise  [live]",
  workqueueCpus: "0-3 → 0,4  [live]",
};

export const bootPlan = {
  "cStates.kernelArguments.processorMaxCstate": "(absent) → 1  [host-reboot]",
  "hugepages.1G.node1": "0 → 1  [host-reboot]",
  "isolation.domain": "none → 2-3,6-7  [host-reboot]",
  "isolation.irqAffinity": "none → 0-1,4-5  [host-reboot]",
  "isolation.managedIrq": "none → 2-3,6-7  [host-reboot]",
  "isolation.nohzFull": "none → 2-3,6-7  [host-reboot]",
  "isolation.rcuNocbs": "none → 2-3,6-7  [host-reboot]",
  "kernelArguments.console": "console=ttyS0 → console=tty0 console=ttyS0,115200  [host-reboot]",
  "kernelArguments.fsck.mode": "fsck.mode=skip → (not given)  [host-reboot]",
  "kernelArguments.printk.time": "(not given) → printk.time=0  [host-reboot]",
};
