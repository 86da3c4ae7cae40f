/* Fleets to draw: a realistic one, which is the picture in the README, the smallest, the largest, and odd ones. */
import { CpuSet } from "../../../provider/linux/cpu-set";
import type {
  AllocationMap,
  MapCpu,
  MapHost,
  MapNode,
  MapThread,
  MapVm,
} from "../../../provider/placement-plan/allocation-map/model";

interface Shape {
  readonly nodes: number;
  readonly coresPerNode: number;
  readonly threads?: number;
  /** Cores that share a last-level cache. */
  readonly coresPerCache?: number;
}

/** CPUs as most x86 firmware numbers them: first threads of all cores, then second threads. */
export function cpusOf({ nodes, coresPerNode, threads = 2, coresPerCache = coresPerNode }: Shape): MapCpu[] {
  const cores = nodes * coresPerNode;
  return Array.from({ length: cores * threads }, (_, id) => {
    const core = id % cores;
    return { id, core, node: Math.floor(core / coresPerNode), llc: Math.floor(core / coresPerCache) };
  });
}

export const dedicated = (cpus: readonly number[]): MapThread[] =>
  cpus.map((cpu, id) => ({ role: "vcpu", id, cpus: CpuSet.of(cpu) }));

export const floating = (count: number, cpus: string): MapThread[] =>
  Array.from({ length: count }, (_, id) => ({ role: "vcpu", id, cpus: CpuSet.parse(cpus), shared: true }));

export const emulator = (cpus: string): MapThread => ({ role: "emulator", cpus: CpuSet.parse(cpus), shared: true });

export const iothread = (id: number, cpus: string): MapThread => ({
  role: "iothread",
  id,
  cpus: CpuSet.parse(cpus),
  shared: true,
});

const gib = 1024;

function node(id: number, vms: Readonly<Record<string, number>>, more: Partial<MapNode> = {}): MapNode {
  const claims = Object.entries(vms).map(([vm, memoryGiB]) => ({ vm, memoryMiB: memoryGiB * gib }));
  const huge = claims.filter(({ vm }) => vm !== "build");
  return {
    id,
    memory: { totalMiB: 128 * gib, reservedMiB: 6 * gib, vms: claims },
    pages: [{ pageSizeKiB: 1048576, totalMiB: 104 * gib, reservedMiB: 0, vms: huge }],
    ...more,
  };
}

/** Both threads of each core. */
const cores = (first: number, last: number, all: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => [first + index, first + index + all]).flat();

function databaseHost(): MapHost {
  return {
    name: "kvm-01",
    nodes: [
      node(0, { "orders-db": 64, cache: 24 }, { devices: ["0000:3b:00.0 enp59s0f0"] }),
      node(1, { "reports-db": 64, build: 16 }, { devices: ["0000:86:00.0 nvme"] }),
    ],
    cpus: cpusOf({ nodes: 2, coresPerNode: 8, coresPerCache: 8 }),
    caches: [
      { llc: 0, level: 3, sizeKiB: 32 * 1024 },
      { llc: 1, level: 3, sizeKiB: 32 * 1024 },
    ],
    reservedCpus: CpuSet.parse("0,8,16,24"),
    isolatedCpus: CpuSet.parse("1-7,9-13,17-23,25-29"),
    vms: [
      {
        name: "orders-db",
        threads: [...dedicated(cores(1, 4, 16)), emulator("0"), iothread(1, "16"), iothread(2, "16")],
      },
      { name: "cache", threads: [...dedicated(cores(5, 6, 16)), emulator("0")] },
      { name: "reports-db", threads: [...dedicated(cores(9, 12, 16)), emulator("8"), iothread(1, "24")] },
      { name: "build", threads: [...floating(6, "14-15,30-31"), emulator("14-15,30-31")] },
    ],
  };
}

function networkHost(): MapHost {
  return {
    name: "kvm-02",
    nodes: [
      node(
        0,
        { "firewall-a": 16, "router-a": 16, metrics: 8 },
        { devices: ["0000:17:00.0 ens2f0", "0000:17:00.1 ens2f1"] },
      ),
      node(1, { "trading-rt": 32, "legacy-erp": 48 }),
    ],
    cpus: cpusOf({ nodes: 2, coresPerNode: 8, coresPerCache: 4 }),
    caches: [0, 1, 2, 3].map((llc) => ({ llc, level: 3, sizeKiB: 16 * 1024 })),
    reservedCpus: CpuSet.parse("0,8,16,24"),
    isolatedCpus: CpuSet.parse("1-6,9-14,17-22,25-30"),
    vms: [
      { name: "firewall-a", threads: [...dedicated(cores(1, 2, 16)), emulator("0")] },
      { name: "router-a", threads: [...dedicated(cores(4, 5, 16)), emulator("0")] },
      { name: "metrics", threads: [...floating(2, "7,23"), emulator("7,23")] },
      {
        name: "trading-rt",
        threads: [...dedicated([9, 10, 11]), { ...emulator("25"), shared: false }, iothread(1, "24")],
      },
      { name: "legacy-erp", planned: false, threads: [...dedicated(cores(12, 14, 16)), emulator("8,24")] },
    ],
  };
}

/** Two hosts of a small company: databases on one, network functions and a real-time application on the other. */
export const smallFleet: AllocationMap = { hosts: [databaseHost(), networkHost()] };

/** One host, four CPUs, one VM. */
export const smallestFleet: AllocationMap = {
  hosts: [
    {
      name: "edge-1",
      nodes: [
        { id: 0, memory: { totalMiB: 8 * gib, reservedMiB: 1 * gib, vms: [{ vm: "gateway", memoryMiB: 4 * gib }] } },
      ],
      cpus: cpusOf({ nodes: 1, coresPerNode: 4, threads: 1 }),
      reservedCpus: CpuSet.parse("0"),
      isolatedCpus: CpuSet.parse("1-3"),
      vms: [{ name: "gateway", threads: [...dedicated([1, 2]), emulator("0")] }],
    },
  ],
};

/** `hosts` hosts of 256 CPUs (two sockets, NPS4, cores in CCXs of eight), each with `vmsPerHost` VMs. */
export function largeFleet(hosts: number, vmsPerHost: number): AllocationMap {
  return { hosts: Array.from({ length: hosts }, (_, index) => largeHost(index + 1, vmsPerHost)) };
}

function largeHost(number: number, vmsPerHost: number): MapHost {
  const all = 128;
  const perVm = Math.floor(120 / vmsPerHost);
  const vms = Array.from({ length: vmsPerHost }, (_, index): MapVm => {
    const first = 8 + index * perVm;
    const name = `tenant-${String(number)}-${String(index + 1).padStart(2, "0")}`;
    return { name, threads: [...dedicated(cores(first, first + perVm - 1, all)), emulator("0-1,128-129")] };
  });
  return {
    name: `rack-7-${String(number).padStart(2, "0")}`,
    nodes: Array.from({ length: 8 }, (_, id) => ({
      id,
      memory: {
        totalMiB: 192 * gib,
        reservedMiB: 8 * gib,
        vms: vms.filter((_vm, index) => index % 8 === id).map(({ name }) => ({ vm: name, memoryMiB: 48 * gib })),
      },
    })),
    cpus: cpusOf({ nodes: 8, coresPerNode: 16, coresPerCache: 8 }),
    caches: Array.from({ length: 16 }, (_, llc) => ({ llc, level: 3, sizeKiB: 32 * 1024 })),
    reservedCpus: CpuSet.parse("0-7,128-135"),
    isolatedCpus: CpuSet.parse("8-127,136-255"),
    vms,
  };
}
