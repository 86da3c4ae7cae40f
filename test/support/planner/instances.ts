/* Random instances, small enough for the exhaustive oracle, with every word of the model in some of them. */
import { CpuSet } from "../../../provider/linux/cpu-set";
import type {
  PlanRequest,
  PlannerHost,
  PlannerVm,
  PreviousPlacement,
} from "../../../provider/placement-plan/planner/model";
import { seeded, type Random } from "./random";

const GiB = 1024;

/** At most 3 nodes, 8 CPUs and 5 VMs in all. */
export function smallInstance(seed: number): PlanRequest {
  const random = seeded(seed);
  const nodes = random.between(1, 3);
  const perHost = nodes > 1 && random.chance(0.35) ? [1, nodes - 1] : [nodes];
  const device = random.chance(0.2);
  let cpus = 8;
  const hosts = perHost.map((count, index) => {
    const host = smallHost(random, {
      name: `h${index}`,
      nodes: count,
      cpus: Math.floor(cpus / (perHost.length - index)),
      device,
    });
    cpus -= host.cpus.length;
    return host;
  });
  const count = random.between(1, 5);
  const vms = Array.from({ length: count }, (_, index) =>
    smallVm(random, { name: `v${index}`, hosts, device, many: count }),
  );
  const request = { hosts, vms: withPins(random, vms, hosts) };
  return random.chance(0.3) ? { ...request, previous: somePrevious(random, request) } : request;
}

function smallHost(random: Random, of: { name: string; nodes: number; cpus: number; device: boolean }): PlannerHost {
  const smt = random.pick([1, 2, 2, 2, 4]);
  const cpus: { id: number; node: number; core: number; llc: number; kind?: string }[] = [];
  const cores = Math.max(1, Math.floor(of.cpus / smt));
  const interleaved = random.chance(0.5);
  const hybrid = random.chance(0.08);
  const split = random.chance(0.4);
  for (let core = 0; core < cores; core += 1) {
    const node = core % of.nodes;
    const llc = split ? core : node + 100;
    for (let thread = 0; thread < smt; thread += 1) {
      const id = interleaved ? core + thread * cores : core * smt + thread;
      if (thread > 0 && random.chance(0.05)) continue;
      cpus.push({
        id,
        node,
        core,
        llc: split && random.chance(0.5) ? node + 100 : llc,
        ...(hybrid && { kind: core % 2 === 0 ? "P" : "E" }),
      });
    }
  }
  const domains = new Map(cpus.map((cpu) => [cpu.core, cpu.llc]));
  const same = cpus.map((cpu) => ({ ...cpu, llc: domains.get(cpu.core)! }));
  const ids = same.map((cpu) => cpu.id);
  const some = (probability: number) => CpuSet.from(ids.filter(() => random.chance(probability)));
  const reserved = random.chance(0.4) ? CpuSet.of(random.pick(ids)) : CpuSet.empty;
  return {
    ...{ name: of.name, cpus: same, reservedCpus: reserved, housekeepingCores: 0 },
    nodes: Array.from({ length: of.nodes }, (_, id) => ({
      id,
      memoryMiB: random.chance(0.08) ? 0 : random.between(2, 10) * GiB,
      ...(random.chance(0.1) && { pools: [{ pageSizeKiB: 2048, memoryMiB: random.between(1, 4) * GiB }] }),
    })),
    distances: random.chance(0.3) ? null : distances(random, of.nodes),
    ...(random.chance(0.2) && { claimedCpus: some(0.15).minus(reserved) }),
    ...(random.chance(0.15) && { sharedCpus: reserved.union(some(0.15)) }),
    ...(random.chance(0.08) && { isolatedCpus: some(0.7) }),
    ...(random.chance(0.08) && { partitions: [{ name: "rt", cpus: some(0.4) }] }),
    ...(random.chance(0.3) && { sharedVcpusPerCpu: random.between(1, 3) }),
    ...(of.device && {
      devices: [{ address: "0000:3b:00.0", node: random.chance(0.1) ? null : random.below(of.nodes) }],
    }),
  };
}

function distances(random: Random, nodes: number): number[][] {
  const rows = Array.from({ length: nodes }, () => Array<number>(nodes).fill(10));
  for (let row = 0; row < nodes; row += 1)
    for (let column = 0; column < row; column += 1)
      rows[row]![column] = rows[column]![row] = random.pick([11, 16, 20, 20, 21, 31]);
  return rows;
}

function smallVm(
  random: Random,
  of: { name: string; hosts: readonly PlannerHost[]; device: boolean; many: number },
): PlannerVm {
  const floats = of.hosts.every((host) => (host.sharedCpus ?? host.reservedCpus).size > 0) || random.chance(0.02);
  const policy = floats
    ? random.pick(["dedicated", "dedicated", "mixed", "shared"] as const)
    : random.pick(["dedicated"] as const);
  // Mostly a fair share of all that there is, so that most fleets fit and many only just.
  const cpus = of.hosts.reduce((sum, host) => sum + host.cpus.length, 0);
  const memory = of.hosts.flatMap((host) => host.nodes).reduce((sum, node) => sum + node.memoryMiB, 0);
  const share = random.pick([0.4, 0.6, 0.8, 1]) / of.many;
  const smt = of.hosts.some((host) => new Set(host.cpus.map((cpu) => cpu.core)).size < host.cpus.length);
  const threadPolicy = random.pick([
    "prefer",
    "prefer",
    "prefer",
    "spread",
    ...(smt ? (["require", "isolate"] as const) : []),
  ] as const);
  const usable = cpus * share * random.pick(threadPolicy === "isolate" ? [0.25, 0.5] : [0.5, 1, 1]);
  const vcpus = Math.max(policy === "mixed" ? 2 : 1, Math.min(4, Math.round(usable)));
  const memoryMiB = Math.max(1, Math.round((memory / GiB) * share * random.pick([0.3, 0.6, 1]))) * GiB;
  const partitions = of.hosts.some((host) => host.partitions !== undefined);
  const isHybrid = of.hosts.some((host) => host.cpus.some((cpu) => cpu.kind !== undefined));
  return {
    ...{ name: of.name, vcpus, memoryMiB, cpuPolicy: policy, threadPolicy },
    ...(policy === "mixed" && { dedicatedVcpus: random.between(1, vcpus - 1) }),
    pageSizeKiB: random.pick([4, 4, 2048, 2048, 1048576]),
    emulatorThreads: random.chance(0.25) ? "isolate" : "share",
    ioThreads: random.chance(0.3) ? random.between(1, 2) : 0,
    nodes: cellsOf(random, {
      vcpus: policy === "mixed" ? 1 : vcpus,
      memoryMiB,
      most: Math.max(...of.hosts.map((host) => host.nodes.length)),
    }),
    ...(random.chance(0.1) && { split: random.pick(["threads", "packed"] as const) }),
    ...(policy === "dedicated" && random.chance(floats ? 0.15 : 0.02) && { latencyClass: "realTime" as const }),
    ...(random.chance(0.5) && { memoryLocality: "required" as const }),
    ...(random.chance(0.05) && { emulatorLocality: "required" as const }),
    ...(of.device &&
      random.chance(0.5) && {
        nearDevice: { address: "0000:3b:00.0", policy: random.pick(["required", "preferred"] as const) },
      }),
    ...(of.hosts.length > 1 && random.chance(0.25) && { hosts: [random.pick(of.hosts).name] }),
    ...(random.chance(0.05) && { allowedNodes: [0] }),
    ...(random.chance(0.15) && { antiAffinity: ["a"] }),
    ...(partitions && random.chance(0.5) && { partition: "rt" }),
    ...(isHybrid && random.chance(0.3) && { coreKind: random.pick(["P", "E"]) }),
  };
}

function cellsOf(random: Random, vm: { vcpus: number; memoryMiB: number; most: number }): PlannerVm["nodes"] {
  if (vm.most < 2 || vm.vcpus < 2 || vm.memoryMiB < 2 * GiB) return random.pick([1, "fit", "fit"] as const);
  if (random.chance(0.07)) {
    const half = Math.floor(vm.memoryMiB / 2 / GiB) * GiB;
    if (half > 0)
      return [
        { vcpus: vm.vcpus - 1, memoryMiB: vm.memoryMiB - half },
        { vcpus: 1, memoryMiB: half },
      ];
  }
  return random.pick([1, 1, 2, "fit", "fit", "fit"] as const);
}

/** Some VM gets its CPUs from the program. */
function withPins(random: Random, vms: readonly PlannerVm[], hosts: readonly PlannerHost[]): PlannerVm[] {
  if (!random.chance(0.1)) return [...vms];
  const host = random.pick(hosts);
  const open = host.cpus
    .map((cpu) => cpu.id)
    .filter((cpu) => !host.reservedCpus.has(cpu) && !host.claimedCpus?.has(cpu));
  const [first, ...others] = vms;
  if (first === undefined || first.cpuPolicy !== "dedicated" || open.length < first.vcpus) return [...vms];
  const { partition: _partition, antiAffinity: _groups, allowedNodes: _allowed, nearDevice: _device, ...rest } = first;
  return [
    { ...rest, nodes: "fit", hosts: [host.name], pins: { vcpus: random.shuffled(open).slice(0, first.vcpus) } },
    ...others,
  ];
}

/** Of some VMs, as they may have been: on CPUs of their own, which need not be what a plan would choose. */
function somePrevious(random: Random, { hosts, vms }: PlanRequest): PreviousPlacement[] {
  const free = new Map(hosts.map((host) => [host.name, random.shuffled(host.cpus.map((cpu) => cpu.id))]));
  return vms
    .filter(() => random.chance(0.7))
    .flatMap((vm) => {
      const host = random.pick(hosts);
      const cpus = free.get(host.name)!.splice(0, vm.vcpus + 1);
      if (cpus.length <= vm.vcpus) return [];
      const node = host.cpus.find((cpu) => cpu.id === cpus[0])!.node;
      const vcpus = vm.vcpus === 1 ? "0" : `0-${vm.vcpus - 1}`;
      return [
        {
          ...{ vm: vm.name, host: host.name },
          vcpuPins: cpus.slice(1).map(String),
          emulatorPin: String(cpus[0]),
          cells: [{ id: 0, vcpus, memoryMiB: vm.memoryMiB, memoryNode: node, cpuNode: node }],
        },
      ];
    });
}
