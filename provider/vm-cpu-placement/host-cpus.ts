import type { ExpectedHost } from "../host/hosts";
import { CpuSet } from "../linux/cpu-set";
import type { FileTree } from "../linux/file-tree";
import { readTopology } from "../linux/topology";
import { TopologyError } from "../linux/topology-error";

/** What a placement needs to know of its host. */
export interface HostCpus {
  readonly online: CpuSet;
  readonly offline: CpuSet;
  /** Node numbers. */
  readonly nodes: CpuSet;
  /** By isolcpus=: between these the kernel does not balance. */
  readonly isolated: CpuSet;
  /** SMT siblings. */
  readonly cores: readonly CpuSet[];
}

/** The host as it will be when the run is through. */
export function withExpected(host: HostCpus, expected: ExpectedHost | undefined): HostCpus {
  if (expected === undefined) return host;
  return { ...host, isolated: host.isolated.union(CpuSet.parse(expected.isolatedCpus)) };
}

export function hostCpus(files: FileTree): HostCpus {
  const set = (path: string): CpuSet => CpuSet.parse(files.text(path)?.trim() ?? "");
  const isolated = set("/sys/devices/system/cpu/isolated");
  try {
    const { online, offline, numaNodes, cores } = readTopology(files);
    // A kernel without NUMA: libvirt calls all its memory node 0.
    const nodes = numaNodes === null ? CpuSet.of(0) : CpuSet.from(numaNodes.map(({ id }) => id));
    return { online, offline, nodes, isolated, cores };
  } catch (error) {
    if (!(error instanceof TopologyError)) throw error;
    // A contradiction somewhere in sysfs: CPUs and nodes are still known.
    const online = set("/sys/devices/system/cpu/online");
    const offline = set("/sys/devices/system/cpu/offline");
    return { online, offline, nodes: set("/sys/devices/system/node/online"), isolated, cores: [] };
  }
}
