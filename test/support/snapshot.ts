import type { JournalEntry } from "../../provider/host/journal";
import type { HostSnapshot, UnitState } from "../../provider/host/snapshot";
import { fileTree } from "../../provider/linux/file-tree";

interface Parts {
  readonly files?: Readonly<Record<string, string>>;
  readonly journal?: readonly JournalEntry[];
  readonly journalledFiles?: Readonly<Record<string, string>>;
  readonly links?: Readonly<Record<string, string>>;
  readonly units?: Readonly<Record<string, Partial<UnitState>>>;
  readonly owner?: string;
  readonly machineId?: string;
  /** Default: Wednesday, 25 November 2026, 12:00 UTC. */
  readonly readAt?: number;
}

/** A snapshot written out by hand, for tests of pure code. */
export function snapshotOf(parts: Parts): HostSnapshot {
  const units = Object.entries(parts.units ?? { "libvirtd.service": {} }).map(([name, state]): [string, UnitState] => [
    name,
    { loadState: "loaded", activeState: "inactive", unitFileState: "enabled", ...state },
  ]);
  return {
    machineId: parts.machineId ?? "0123456789abcdef0123456789abcdef",
    bootId: "5ab6b6b3-2c5e-4d5e-9f45-3c8e5a2f0c11",
    hostname: "kvm-01",
    files: fileTree(new Map(Object.entries(parts.files ?? {}))),
    units: new Map(units),
    links: new Map(Object.entries(parts.links ?? {})),
    journal: parts.journal ?? [],
    journalledFiles: new Map(Object.entries(parts.journalledFiles ?? {})),
    owner: parts.owner === undefined ? undefined : { urn: parts.owner },
    leftStopped: [],
    readAt: parts.readAt ?? Date.UTC(2026, 10, 25, 12),
    request: { sysctlKeys: [] },
  };
}

const cpuFolder = "/sys/devices/system/cpu";
const nodeFolder = "/sys/devices/system/node";

/** Four CPUs with cpufreq, two nodes of 4 GiB with pools of 2M and 1G, the usual sysctls: nothing tuned. */
export function untunedFiles(): Record<string, string> {
  const cpus = [0, 1, 2, 3].flatMap((cpu) => [
    [`${cpuFolder}/cpu${cpu}/cpufreq/scaling_governor`, "schedutil"],
    [`${cpuFolder}/cpu${cpu}/cpufreq/scaling_driver`, "acpi-cpufreq"],
    [`${cpuFolder}/cpu${cpu}/cpufreq/scaling_available_governors`, "performance schedutil"],
  ]);
  const nodes = [0, 1].flatMap((node) => [
    [`${nodeFolder}/node${node}/cpulist`, node === 0 ? "0-1" : "2-3"],
    [`${nodeFolder}/node${node}/meminfo`, `Node ${node} MemTotal:  4194304 kB\nNode ${node} MemFree:  4000000 kB`],
    [`${nodeFolder}/node${node}/hugepages/hugepages-2048kB/nr_hugepages`, "0"],
    [`${nodeFolder}/node${node}/hugepages/hugepages-1048576kB/nr_hugepages`, "0"],
  ]);
  return Object.fromEntries([
    ...cpus,
    ...nodes,
    [`${cpuFolder}/online`, "0-3"],
    ["/proc/sys/kernel/numa_balancing", "1"],
    ["/proc/sys/vm/swappiness", "60"],
    ["/proc/sys/net/ipv4/ip_local_port_range", "32768\t60999"],
  ]) as Record<string, string>;
}
