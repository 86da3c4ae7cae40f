/* Random instances of two to four hosts and twenty to forty VMs, of a kind that a MILP can say in full. */
import { CpuSet } from "../../provider/linux/cpu-set";
import type { PlanRequest, PlannerHost, PlannerVm } from "../../provider/placement-plan/planner/model";
import { seeded, type Random } from "../support/planner/random";

const GiB = 1024;
const address = "0000:3b:00.0";

/** One guest cell a VM, no SMT, one cache domain a node: what is left is which node has which vCPUs and memory. */
export function midSizeInstance(seed: number): PlanRequest {
  const random = seeded(seed);
  const count = random.between(20, 40);
  const nodes = random.pick([1, 2, 2, 4]);
  const hosts = Array.from({ length: random.between(2, 4) }, (_, index) =>
    makeHost(random, { name: `h${index}`, nodes, vms: count }),
  );
  const load = random.pick([0.6, 0.75, 0.85, 0.92]);
  let cpus = Math.floor(hosts.reduce((sum, host) => sum + host.cpus.length, 0) * load);
  let memory = Math.floor(
    hosts.flatMap((host) => host.nodes).reduce((sum, node) => sum + node.memoryMiB / GiB, 0) * load,
  );
  const vms: PlannerVm[] = [];
  for (let index = 0; index < count; index += 1) {
    const left = count - index;
    const vcpus = Math.max(1, Math.min(random.between(1, 6), cpus - left, Math.ceil((1.6 * cpus) / left)));
    const gib = Math.max(1, Math.min(random.between(1, 16), memory - left, Math.ceil((1.6 * memory) / left)));
    cpus -= vcpus;
    memory -= gib;
    vms.push(makeVm(random, { name: `v${String(index).padStart(2, "0")}`, vcpus, gib, hosts }));
  }
  return { hosts, vms };
}

function makeHost(random: Random, of: { name: string; nodes: number; vms: number }): PlannerHost {
  const cores = random.between(8, 16);
  return {
    name: of.name,
    nodes: Array.from({ length: of.nodes }, (_, id) => ({ id, memoryMiB: random.between(3, 5) * cores * GiB })),
    distances: Array.from({ length: of.nodes }, (_, row) =>
      Array.from({ length: of.nodes }, (_, column) => (row === column ? 10 : (row ^ column) === 1 ? 12 : 21)),
    ),
    cpus: Array.from({ length: of.nodes * cores }, (_, id) => ({ id, core: id, node: Math.floor(id / cores) })),
    reservedCpus: CpuSet.empty,
    housekeepingCores: 0,
    devices: [{ address, node: random.below(of.nodes) }],
  };
}

function makeVm(
  random: Random,
  of: { name: string; vcpus: number; gib: number; hosts: readonly PlannerHost[] },
): PlannerVm {
  const near = random.chance(0.2);
  return {
    name: of.name,
    vcpus: of.vcpus,
    memoryMiB: of.gib * GiB,
    pageSizeKiB: 1048576,
    cpuPolicy: "dedicated",
    threadPolicy: "prefer",
    emulatorThreads: "share",
    ioThreads: 0,
    nodes: 1,
    ...(near && {
      nearDevice: { address, policy: random.chance(0.2) ? ("required" as const) : ("preferred" as const) },
    }),
    ...(random.chance(0.1) && { hosts: [random.pick(of.hosts).name] }),
    ...(random.chance(2 / 40) && { antiAffinity: ["pair"] }),
  };
}
