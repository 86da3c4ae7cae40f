/* A host with one pinned domain of which everything is true, and the ways in which it can be less so. */
import type { DomainProcess, DomainSnapshot, HostSnapshot } from "../../../provider/host/snapshot";
import { parseSample, type Sample } from "../../../provider/inspect/sample";
import { snapshotOf } from "../../support/snapshot";

const cpu = "/sys/devices/system/cpu";
const node = "/sys/devices/system/node";

export const healthyFiles: Readonly<Record<string, string>> = {
  [`${cpu}/online`]: "0-5",
  [`${cpu}/possible`]: "0-5",
  [`${cpu}/present`]: "0-5",
  [`${cpu}/isolated`]: "2-3",
  [`${cpu}/nohz_full`]: "2-3",
  ...Object.fromEntries(
    [0, 1, 2, 3, 4, 5].flatMap((one) => [
      [`${cpu}/cpu${one}/topology/thread_siblings_list`, String(one)],
      [`${cpu}/cpu${one}/topology/core_cpus_list`, String(one)],
      [`${cpu}/cpu${one}/topology/package_cpus_list`, one < 2 ? "0-1" : "2-5"],
      [`${cpu}/cpu${one}/topology/core_siblings_list`, one < 2 ? "0-1" : "2-5"],
      [`${cpu}/cpu${one}/topology/physical_package_id`, one < 2 ? "0" : "1"],
      [`${cpu}/cpu${one}/cpufreq/scaling_governor`, "performance"],
    ]),
  ),
  ...Object.fromEntries(
    [0, 1].flatMap((one) => [
      [`${node}/node${one}/cpulist`, one === 0 ? "0-1" : "2-5"],
      [`${node}/node${one}/distance`, one === 0 ? "10 20" : "20 10"],
      [`${node}/node${one}/meminfo`, `Node ${one} MemTotal: 8388608 kB\nNode ${one} MemFree: 8000000 kB`],
      [`${node}/node${one}/hugepages/hugepages-2048kB/nr_hugepages`, one === 1 ? "512" : "0"],
      [`${node}/node${one}/hugepages/hugepages-2048kB/free_hugepages`, "0"],
    ]),
  ),
  [`${node}/online`]: "0-1",
  [`${node}/possible`]: "0-1",
  "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages": "512",
  "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages": "0",
  "/proc/meminfo": "MemTotal: 16777216 kB\nHugepagesize: 2048 kB",
  "/proc/mounts": "hugetlbfs /dev/hugepages hugetlbfs rw,pagesize=2M 0 0",
  "/proc/version": "Linux version 6.1.0-56-amd64 (x) #1",
  "/proc/cmdline":
    "BOOT_IMAGE=/vmlinuz root=/dev/vda1 ro isolcpus=domain,2-3 nohz_full=2-3 hugepagesz=2M hugepages=1:512",
  "/proc/sys/kernel/numa_balancing": "0",
  "/etc/sysctl.d/90-numa.conf": "kernel.numa_balancing = 0",
  "/sys/fs/cgroup/cgroup.controllers": "cpuset cpu",
};

export const xml = `<domain type='kvm'>
  <name>db</name>
  <uuid>11111111-1111-4111-8111-111111111111</uuid>
  <memory unit='KiB'>1048576</memory>
  <vcpu placement='static'>2</vcpu>
  <cputune>
    <vcpupin vcpu='0' cpuset='2'/>
    <vcpupin vcpu='1' cpuset='3'/>
    <emulatorpin cpuset='4'/>
  </cputune>
  <numatune><memory mode='strict' nodeset='1'/></numatune>
  <memoryBacking><hugepages><page size='2048' unit='KiB'/></hugepages></memoryBacking>
  <cpu mode='host-passthrough' check='none' migratable='on'><cache mode='passthrough'/></cpu>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
</domain>
`;

const threads = [
  { tid: 100, name: "qemu-system-x86", cpus: "4", policy: "other" as const, priority: 0 },
  { tid: 101, name: "CPU 0/KVM", cpus: "2", policy: "other" as const, priority: 0 },
  { tid: 102, name: "CPU 1/KVM", cpus: "3", policy: "other" as const, priority: 0 },
];

export const process: DomainProcess = { pid: 100, threads };

export const domain: DomainSnapshot = {
  uuid: "11111111-1111-4111-8111-111111111111",
  name: "db",
  state: "running",
  persistent: true,
  autostart: false,
  managedSave: false,
  snapshots: false,
  live: xml,
  inactive: xml,
  process,
};

export interface Parts {
  readonly files?: Readonly<Record<string, string>>;
  readonly domain?: Partial<DomainSnapshot>;
}

export function host({ files = {}, domain: more = {} }: Parts = {}): HostSnapshot {
  return {
    ...snapshotOf({ files: { ...healthyFiles, ...files } }),
    libvirt: { domains: [{ ...domain, ...more }], records: new Map(), capabilities: new Map() },
  };
}

const stat = (
  tid: number,
  comm: string,
  { cpu: on, ticks, flags = 4194560 }: { cpu: number; ticks: number; flags?: number },
) => {
  // Fields 3 to 41 of proc(5), state first.
  const fields = Array.from({ length: 39 }, () => "0");
  fields[0] = "S";
  fields[6] = String(flags);
  fields[11] = String(ticks);
  fields[36] = String(on);
  return `(${comm}) ${fields.join(" ")}`.replace(/^/, `${tid} `);
};

export interface Counters {
  readonly cpu0?: number;
  readonly migrations?: number;
  readonly waitNanoseconds?: number;
  readonly intruderTicks?: number;
  readonly interrupts?: number;
  readonly misses?: number;
  readonly memoryNode?: number;
  readonly hugeKiB?: number;
}

/** Two rounds, ten seconds apart; the second with these differences. */
export function sample(counters: Counters = {}): Sample {
  const round = (name: string, seconds: number, now: Counters) =>
    [
      `@${name} ${seconds}.00 9.00`,
      `proc/100/task/101/stat:${stat(101, "CPU 0/KVM", { cpu: now.cpu0 ?? 2, ticks: 50 })}`,
      `proc/100/task/102/stat:${stat(102, "CPU 1/KVM", { cpu: 3, ticks: 50 })}`,
      `proc/7/task/7/stat:${stat(7, "backup (x) y", { cpu: 2, ticks: 10 + (now.intruderTicks ?? 0) })}`,
      `proc/8/task/8/stat:${stat(8, "ksoftirqd/2", { cpu: 2, ticks: now === counters ? 900 : 0, flags: 0x200040 })}`,
      `proc/100/task/101/schedstat:1000 ${now.waitNanoseconds ?? 0} 10`,
      `proc/100/task/102/schedstat:1000 0 10`,
      `proc/100/task/101/sched:se.nr_migrations                              :                    ${now.migrations ?? 4}`,
      `proc/100/task/101/status:voluntary_ctxt_switches:\t5`,
      `proc/100/task/101/status:nonvoluntary_ctxt_switches:\t6`,
      "proc/interrupts:            CPU0       CPU1       CPU2       CPU3       CPU4       CPU5",
      `proc/interrupts:  24:          0          9          ${now.interrupts ?? 3}          0          0          0   PCI-MSI 1-edge      virtio0-input.0`,
      "proc/interrupts: LOC:   1   1   99999   1   Local timer interrupts",
      `sys/devices/system/node/node0/numastat:numa_hit 5`,
      `sys/devices/system/node/node0/numastat:numa_miss ${now.misses ?? 70}`,
    ].join("\n");
  const memory = `@memory 100\nbind:1 2048 ${counters.memoryNode ?? 1} ${counters.hugeKiB ?? 1048576}\nVmLck:\t0 kB`;
  return parseSample(`noise\n${round("1", 10, {})}\n${round("2", 20, counters)}\n${memory}\n@end\n`);
}
