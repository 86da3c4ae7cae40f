/* Small hosts of our own making, each with a peculiarity that a knob must bear. */
import { untunedFiles } from "../snapshot";
import { sliceFiles } from "./machine-slice";
import { acpiIdle, intelIdle, powerFiles, psciIdle } from "./recorded-power";

type Files = Record<string, string>;

const cpuFolder = "/sys/devices/system/cpu";
const nodeFolder = "/sys/devices/system/node";

interface Shape {
  /** CPU list of each node, by the node's number. */
  readonly nodes: Readonly<Record<number, string>>;
  readonly online: string;
  readonly pageSizesKiB: readonly number[];
  readonly cpufreq?: { readonly cpus: readonly number[]; readonly driver: string; readonly governors: string };
  readonly sysctl?: Readonly<Record<string, string>>;
}

function host({ nodes, online, pageSizesKiB, cpufreq, sysctl }: Shape): Files {
  const files: Files = {
    [`${cpuFolder}/online`]: online,
    [`${cpuFolder}/present`]: online,
    "/proc/cmdline": "root=/dev/vda1 ro",
    "/proc/version": "Linux version 6.1.0-18-amd64",
    "/proc/sys/vm/swappiness": "60",
  };
  for (const [node, cpus] of Object.entries(nodes)) {
    files[`${nodeFolder}/node${node}/cpulist`] = cpus;
    files[`${nodeFolder}/node${node}/meminfo`] = `Node ${node} MemTotal:       16777216 kB`;
    for (const size of pageSizesKiB)
      files[`${nodeFolder}/node${node}/hugepages/hugepages-${size}kB/nr_hugepages`] = "0";
  }
  for (const cpu of cpufreq?.cpus ?? []) {
    files[`${cpuFolder}/cpu${cpu}/cpufreq/scaling_governor`] = "powersave";
    files[`${cpuFolder}/cpu${cpu}/cpufreq/scaling_driver`] = cpufreq?.driver ?? "";
    files[`${cpuFolder}/cpu${cpu}/cpufreq/scaling_available_governors`] = cpufreq?.governors ?? "";
  }
  for (const [path, value] of Object.entries(sysctl ?? {})) files[`/proc/sys/${path}`] = value;
  return files;
}

/** What most kernels have, as `mask` prints all CPUs: memory of their own accord, interrupts, workers, systemd. */
function kernelFiles(online: string, mask: string): Files {
  return {
    "/sys/kernel/mm/transparent_hugepage/enabled": "[always] madvise never",
    "/sys/kernel/mm/transparent_hugepage/defrag": "always defer defer+madvise [madvise] never",
    "/sys/kernel/mm/ksm/run": "1",
    "/sys/kernel/mm/ksm/pages_shared": "100",
    "/sys/kernel/mm/ksm/pages_sharing": "1000",
    "/proc/meminfo": "MemTotal:  8000000 kB\nMemFree:  4000000 kB\nMemAvailable:  6000000 kB",
    "/proc/vmstat": "nr_free_pages 1000100",
    "/proc/irq/default_smp_affinity": mask,
    "/proc/irq/9/smp_affinity_list": online,
    "/proc/irq/24/smp_affinity_list": "0",
    "/proc/irq/24/effective_affinity_list": "0",
    "/sys/kernel/irq/24/actions": "eth0-rx-0",
    "/sys/devices/virtual/workqueue/cpumask": mask,
    "/proc/1/status": `Cpus_allowed_list:\t${online}`,
    "/proc/sys/kernel/sched_rt_runtime_us": "950000",
    "/proc/sys/kernel/sched_rt_period_us": "1000000",
  };
}

export const recordedHosts: Readonly<Record<string, Files>> = {
  "two nodes with acpi-cpufreq": {
    ...untunedFiles(),
    ...kernelFiles("0-3", "f"),
    ...sliceFiles(),
    ...powerFiles({ online: [0, 1, 2, 3], idle: acpiIdle, boost: "host", smt: "on", cores: ["0,2", "1,3"] }),
  },
  "sixty-four possible CPUs, eight online": {
    ...host({ nodes: { 0: "0-7" }, online: "0-7", pageSizesKiB: [2048] }),
    ...kernelFiles("0-7", "00000000,000000ff"),
  },
  "intel_pstate active, one node, CPU 3 offline": {
    ...host({
      nodes: { 0: "0-2" },
      online: "0-2",
      pageSizesKiB: [2048, 1048576],
      cpufreq: { cpus: [0, 1, 2], driver: "intel_pstate", governors: "performance powersave" },
      sysctl: { "kernel/numa_balancing": "0" },
    }),
    ...powerFiles({
      online: [0, 1, 2],
      offline: [3],
      idle: intelIdle,
      preferences: "default performance balance_performance balance_power power",
      boost: "no_turbo",
      smt: "on",
      cores: ["0,1", "2"],
    }),
    [`${cpuFolder}/present`]: "0-3",
    [`${cpuFolder}/intel_pstate/status`]: "active",
  },
  "amd_pstate active with SMT off": {
    ...host({
      nodes: { 0: "0-3" },
      online: "0-1",
      pageSizesKiB: [2048],
      cpufreq: { cpus: [0, 1], driver: "amd-pstate-epp", governors: "performance powersave" },
    }),
    ...powerFiles({
      online: [0, 1],
      offline: [2, 3],
      idle: acpiIdle,
      preferences: "default performance balance_performance balance_power power",
      boost: "policy",
      smt: "off",
      cores: ["0", "1"],
    }),
    [`${cpuFolder}/present`]: "0-3",
    [`${cpuFolder}/amd_pstate/status`]: "active",
  },
  "64K pages on arm64": {
    ...host({
      nodes: { 0: "0-3", 1: "4-7" },
      online: "0-7",
      pageSizesKiB: [2048, 524288, 16777216],
      cpufreq: { cpus: [0, 1, 2, 3, 4, 5, 6, 7], driver: "cppc_cpufreq", governors: "" },
      sysctl: { "kernel/numa_balancing": "1" },
    }),
    ...sliceFiles("member"),
    ...powerFiles({ online: [0, 1, 2, 3, 4, 5, 6, 7], idle: psciIdle, smt: "notimplemented" }),
  },
  "nodes 0 and 8, the latter without CPUs": host({
    nodes: { 0: "0-15", 8: "" },
    online: "0-15",
    pageSizesKiB: [2048],
    sysctl: { "kernel/numa_balancing": "2" },
  }),
  "a virtual machine with nothing": {
    ...host({ nodes: {}, online: "0", pageSizesKiB: [] }),
    ...powerFiles({ online: [0], smt: "notsupported" }),
  },
};
