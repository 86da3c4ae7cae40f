/* What an isolated set means for this host: why it cannot be, and what the user should know of it. */
import type { HostSnapshot } from "../../host/snapshot";
import { CpuSet } from "../../linux/cpu-set";
import { readTopology, type Topology } from "../../linux/topology";
import { TopologyError } from "../../linux/topology-error";

const folder = "/sys/devices/system/cpu/";

function read(name: string, snapshot: HostSnapshot): CpuSet {
  return CpuSet.parse(snapshot.files.text(`${folder}${name}`)?.trim() ?? "");
}

/** Recorded hosts may lack the list of possible CPUs. */
export function possibleCpus(snapshot: HostSnapshot): CpuSet {
  const possible = read("possible", snapshot);
  return possible.isEmpty ? read("online", snapshot) : possible;
}

export function presentCpus(snapshot: HostSnapshot): CpuSet {
  const present = read("present", snapshot);
  return present.isEmpty ? possibleCpus(snapshot) : present;
}

export function isolationProblem(set: CpuSet, snapshot: HostSnapshot): string | undefined {
  const present = presentCpus(snapshot);
  const missing = set.minus(present);
  // Of a list with a CPU that cannot be the kernel would drop the whole argument.
  if (!missing.isEmpty) return `CPUs ${missing.toString()} are not on this host, which has ${present.toString()}`;
  const online = read("online", snapshot);
  if (online.minus(set).isEmpty) return `no CPU would be left for the host itself: it has ${online.toString()}`;
  if (!set.has(0)) return undefined;
  return "CPU 0 boots the host, keeps its time and takes its interrupts: the kernel keeps it out of nohz_full= silently. Leave it to the host";
}

/** irqaffinity= as a list: what the kernel would drop, add by itself, or what contradicts the isolated CPUs. */
export function irqProblem(
  irq: CpuSet,
  { isolated, snapshot }: { isolated: CpuSet; snapshot: HostSnapshot },
): string | undefined {
  const present = presentCpus(snapshot);
  const missing = irq.minus(present);
  if (!missing.isEmpty) return `CPUs ${missing.toString()} are not on this host, which has ${present.toString()}`;
  const both = irq.intersect(isolated);
  if (!both.isEmpty) return `CPUs ${both.toString()} are isolated by cpus: interrupts go to the others`;
  if (irq.has(0)) return undefined;
  const list = irq.union(CpuSet.of(0)).toString();
  return `the kernel always adds CPU 0, which boots the host: write ${JSON.stringify(list)}`;
}

export function isolationWarning(set: CpuSet, snapshot: HostSnapshot): string | undefined {
  const topology = topologyOf(snapshot);
  if (topology === undefined) return undefined;
  const halves = topology.cores.filter((core) => core.intersects(set) && !core.isSubsetOf(set));
  const nodes = (topology.numaNodes ?? []).filter((node) => !node.cpus.isEmpty && node.cpus.isSubsetOf(set));
  const words = [
    halves.length === 0
      ? ""
      : `CPUs ${CpuSet.union(halves).intersect(set).toString()} share their cores with CPUs ${CpuSet.union(halves).minus(set).toString()}, which stay with the host: its work slows them down`,
    nodes.length === 0
      ? ""
      : `NUMA node ${nodes.map((node) => node.id).join(", ")} keeps no CPU for the host: kernel threads for its memory and devices run on another node`,
  ].filter((text) => text !== "");
  return words.length === 0 ? undefined : words.join("; ");
}

/** A host whose tables contradict each other has no warnings here; the topology itself is reported elsewhere. */
function topologyOf(snapshot: HostSnapshot): Topology | undefined {
  try {
    return readTopology(snapshot.files);
  } catch (error) {
    if (error instanceof TopologyError) return undefined;
    throw error;
  }
}
