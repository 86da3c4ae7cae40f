import type { CpuSet } from "./cpu-set";
import type { CpuStates } from "./topology-cpus";
import type { Nodes } from "./topology-nodes";
import { cpuRoot, quote, readNumber, type Reading } from "./topology-reading";

type Levels = CpuStates & Nodes & { readonly sockets: readonly CpuSet[]; readonly cores: readonly CpuSet[] };

/** What must hold between the levels: a core lies in one socket and on one node, a socket has one id. */
export function checkTopology(reading: Reading, topology: Levels): void {
  checkInside(reading, topology.cores, { groups: topology.sockets, name: "socket" });
  const nodes = (topology.numaNodes ?? []).map((node) => node.cpus).filter((cpus) => !cpus.isEmpty);
  checkInside(reading, topology.cores, { groups: nodes, name: "NUMA node" });
  checkSocketIds(reading, topology);
}

function checkInside(
  reading: Reading,
  cores: readonly CpuSet[],
  outer: { groups: readonly CpuSet[]; name: string },
): void {
  for (const core of cores) {
    const touched = outer.groups.filter((group) => group.intersects(core));
    if (touched.length < 2 || touched.some((group) => core.isSubsetOf(group))) continue;
    const where = touched.map(quote).join(" and ");
    reading.problems.push(
      `CPUs ${quote(core)} are siblings of one core, but lie in more than one ${outer.name}: ${where}`,
    );
  }
}

/**
 * Kernels up to 4.x took each node of a cluster-on-die socket for a socket. s390 is left out: there the id is that of
 * a book or missing, never of a socket.
 */
function checkSocketIds(reading: Reading, topology: Levels): void {
  const first = topology.online.first;
  if (first === undefined || reading.files.text(`${cpuRoot}cpu${first}/topology/book_id`) !== undefined) return;
  const sockets = new Map<number, CpuSet>();
  for (const socket of topology.sockets) {
    const id = readNumber(reading, `${cpuRoot}cpu${socket.first ?? first}/topology/physical_package_id`);
    if (id === undefined || id < 0) continue;
    const other = sockets.get(id);
    if (other !== undefined) {
      reading.doubts.push(
        `CPUs ${quote(other)} and ${quote(socket)} have one physical_package_id, ${id}, but are two sockets by their masks`,
      );
    }
    sockets.set(id, socket);
  }
}
