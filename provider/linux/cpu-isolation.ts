/* Which CPUs this kernel keeps from its own balancing and ticks, and which of them domains may have, as it is now. */
import { CpuListError } from "./cpu-list-error";
import { CpuSet } from "./cpu-set";
import { machinePartition, unbalancedCpus } from "./cpuset-partition";
import type { FileTree } from "./file-tree";

export interface CpuIsolation {
  /** Between these the kernel does not move threads: isolcpus=, or machine.slice as an "isolated" partition. */
  readonly isolated: CpuSet;
  readonly nohzFull: CpuSet;
  /** On these domains may run: those of machine.slice where it has its own (cgroup v2), else all that are online. */
  readonly domains: CpuSet;
  /** Left to the host's own work, where CPUs are set apart for domains; else empty. */
  readonly reserved: CpuSet;
}

export function readIsolation(files: FileTree, online: CpuSet): CpuIsolation {
  const isolated = listed(files, "isolated").union(unbalancedCpus(files)).intersect(online);
  const slice = machinePartition(files);
  // A partition that is not granted bounds nobody; a plain cpuset ("member") does.
  const own = slice === undefined || slice.invalid !== undefined ? CpuSet.empty : slice.cpus.intersect(online);
  const setApart = isolated.union(own);
  return {
    isolated,
    nohzFull: listed(files, "nohz_full").intersect(online),
    domains: own.isEmpty ? online : own,
    reserved: setApart.isEmpty ? CpuSet.empty : online.minus(setApart),
  };
}

/** Without nohz_full= that file reads "  (null)". */
function listed(files: FileTree, name: string): CpuSet {
  try {
    return CpuSet.parse(files.text(`/sys/devices/system/cpu/${name}`)?.trim() ?? "");
  } catch (error) {
    if (error instanceof CpuListError) return CpuSet.empty;
    throw error;
  }
}
