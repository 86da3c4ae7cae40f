/* Hosts and VMs for tests and measurements, from a few numbers. */
import { CpuSet } from "../../../provider/linux/cpu-set";
import type { PlannerHost, PlannerVm } from "../../../provider/placement-plan/planner/model";
import { seeded } from "./random";

export interface HostShape {
  readonly nodes: number;
  /** By node. */
  readonly cores: number;
  readonly threads?: number;
  /** By node. */
  readonly gib: number;
  /** Cache domains by node. */
  readonly domains?: number;
  readonly distances?: readonly (readonly number[])[];
}

/** CPU numbers as on most hosts: siblings are i and i + cores. Nothing is reserved. */
export function makeHost(name: string, shape: HostShape): PlannerHost {
  const cores = shape.nodes * shape.cores;
  const domains = shape.domains ?? 1;
  return {
    name,
    nodes: Array.from({ length: shape.nodes }, (_, id) => ({ id, memoryMiB: shape.gib * 1024 })),
    distances: shape.distances ?? null,
    cpus: Array.from({ length: cores * (shape.threads ?? 1) }, (_, id) => {
      const core = id % cores;
      const node = Math.floor(core / shape.cores);
      return { id, core, node, llc: node * domains + Math.floor(((core % shape.cores) * domains) / shape.cores) };
    }),
    reservedCpus: CpuSet.empty,
    housekeepingCores: 0,
  };
}

export function makeVm(
  name: string,
  [vcpus, gib]: readonly [number, number],
  more: Partial<PlannerVm> = {},
): PlannerVm {
  return {
    ...{ name, vcpus, memoryMiB: gib * 1024, pageSizeKiB: 1048576 },
    ...{ cpuPolicy: "dedicated", threadPolicy: "prefer", emulatorThreads: "share", ioThreads: 0, nodes: "fit" },
    ...more,
  };
}

/** VMs of 2 to 12 vCPUs until so much of the CPUs or of the memory is wanted. */
export function makeFleet(
  seed: number,
  hosts: readonly PlannerHost[],
  { load, most, ...more }: { load: number; most: number } & Partial<PlannerVm>,
): PlannerVm[] {
  const random = seeded(seed);
  let cpus = hosts.reduce((sum, host) => sum + host.cpus.length, 0) * load;
  let gib = (hosts.flatMap((host) => host.nodes).reduce((sum, node) => sum + node.memoryMiB, 0) / 1024) * load;
  const vms: PlannerVm[] = [];
  for (let index = 0; index < most; index += 1) {
    const vcpus = random.pick([2, 4, 4, 6, 8, 12]);
    const size = vcpus * random.pick([2, 4, 4, 5]);
    if (vcpus > cpus || size > gib) continue;
    cpus -= vcpus;
    gib -= size;
    vms.push(makeVm(`vm-${String(index).padStart(4, "0")}`, [vcpus, size], more));
  }
  return vms;
}
