/* Small hosts of our own making, each with a peculiarity that a knob must bear. */
import { untunedFiles } from "../snapshot";

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

export const recordedHosts: Readonly<Record<string, Files>> = {
  "two nodes with acpi-cpufreq": untunedFiles(),
  "intel_pstate active, one node, CPU 3 offline": host({
    nodes: { 0: "0-2" },
    online: "0-2",
    pageSizesKiB: [2048, 1048576],
    cpufreq: { cpus: [0, 1, 2], driver: "intel_pstate", governors: "performance powersave" },
    sysctl: { "kernel/numa_balancing": "0" },
  }),
  "64K pages on arm64": host({
    nodes: { 0: "0-3", 1: "4-7" },
    online: "0-7",
    pageSizesKiB: [2048, 524288, 16777216],
    cpufreq: { cpus: [0, 1, 2, 3, 4, 5, 6, 7], driver: "cppc_cpufreq", governors: "" },
    sysctl: { "kernel/numa_balancing": "1" },
  }),
  "nodes 0 and 8, the latter without CPUs": host({
    nodes: { 0: "0-15", 8: "" },
    online: "0-15",
    pageSizesKiB: [2048],
    sysctl: { "kernel/numa_balancing": "2" },
  }),
  "a virtual machine with nothing": host({ nodes: {}, online: "0", pageSizesKiB: [] }),
};
