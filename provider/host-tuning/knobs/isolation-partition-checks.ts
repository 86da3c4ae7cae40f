/* What a partition's set means for this host: why it cannot be, and what the user should know of it. */
import type { HostSnapshot } from "../../host/snapshot";
import { CpuSet } from "../../linux/cpu-set";
import { controllersFile } from "../../linux/cpuset-partition";
import { isolationWarning, presentCpus } from "./isolation-checks";

/** Asked for, so refused rather than not applicable: a host without it would not be isolated. */
export function partitionProblem(set: CpuSet, snapshot: HostSnapshot): string | undefined {
  const controllers = snapshot.files.text(controllersFile);
  if (controllers === undefined)
    return (
      "a cpuset partition needs cgroup v2, and this host has the old or the hybrid hierarchy: " +
      'boot it with systemd.unified_cgroup_hierarchy=1, or use mode: "boot"'
    );
  // Where it is only known that the file is there, its text is empty.
  if (controllers !== "" && !controllers.split(/\s+/).includes("cpuset"))
    return `the kernel's cgroups have no cpuset controller (${controllersFile}: ${controllers}): use mode: "boot"`;
  return cpuProblem(set, snapshot);
}

function cpuProblem(set: CpuSet, snapshot: HostSnapshot): string | undefined {
  const online = cpusOf("online", snapshot);
  const absent = set.minus(presentCpus(snapshot));
  const [missing, offline] = [absent, set.minus(absent).minus(online)];
  if (!missing.isEmpty)
    return `CPUs ${missing.toString()} are not on this host, which has ${presentCpus(snapshot).toString()}`;
  if (!offline.isEmpty)
    return `CPUs ${offline.toString()} are offline: bring them online first, or leave them out of cpus`;
  if (online.minus(set).isEmpty) return `no CPU would be left for the host itself: it has ${online.toString()}`;
  return set.has(0) ? "CPU 0 boots the host, keeps its time and takes its interrupts: leave it to the host" : undefined;
}

export function partitionWarning(set: CpuSet, snapshot: HostSnapshot): string | undefined {
  const both = cpusOf("isolated", snapshot).intersect(set);
  const booted = both.isEmpty
    ? undefined
    : `CPUs ${both.toString()} are isolated by isolcpus= since the boot: between them nothing balances load, in a "root" partition too`;
  const texts = [isolationWarning(set, snapshot), booted].filter((text) => text !== undefined);
  return texts.length === 0 ? undefined : texts.join("; ");
}

function cpusOf(name: string, snapshot: HostSnapshot): CpuSet {
  return CpuSet.parse(snapshot.files.text(`/sys/devices/system/cpu/${name}`)?.trim() ?? "");
}
