/* What the planner is asked, of the arguments and the hosts as they are. */
import { CpuSet } from "../linux/cpu-set";
import { readPciDevices } from "../linux/pci-devices";
import { inOrder } from "../vm-cpu-placement/desired-pins";
import { nodeMemory } from "./capacity";
import type { PlannedVm } from "./model";
import { heldBy, type PlannedHost } from "./planned-host";
import type { PlannerCpu, PlannerHost, PlannerVm, PlanRequest, PreviousPlacement } from "./planner/model";
import { presentPlace } from "./present-place";
import { pageSizeOf } from "./schema-values";
import type { PlanArgs } from "./schema";
import type { VmArgs } from "./schema-vm";
import type { VmDomain } from "./vm-domains";

export interface Fleet {
  readonly args: PlanArgs;
  readonly hosts: readonly PlannedHost[];
  readonly domains: readonly VmDomain[];
  /** Of the last run. */
  readonly last: Readonly<Record<string, PlannedVm>>;
}

export function planRequest(fleet: Fleet): PlanRequest {
  const { args, hosts, domains } = fleet;
  return {
    hosts: hosts.map(plannerHost),
    vms: Object.entries(args.vms).map(([name, vm]) => plannerVm(name, vm, allowedHosts(name, vm, domains))),
    previous: previousPlacements(fleet),
    ...(args.searchLimit !== undefined && { searchLimit: args.searchLimit }),
  };
}

function plannerHost(host: PlannedHost): PlannerHost {
  const { name, args, snapshot, topology, domainCpus, reserved, shared, isolated, claims } = host;
  return {
    name,
    nodes: nodeMemory(host).map(({ id, plannableMiB }) => ({ id, memoryMiB: plannableMiB })),
    distances: topology.distances,
    cpus: plannerCpus(host),
    // What domains cannot have is the host's own.
    reservedCpus: reserved.union(topology.online.minus(domainCpus)).intersect(topology.online),
    sharedCpus: shared,
    sharedVcpusPerCpu: args.sharedVcpusPerCpu,
    ...(!isolated.isEmpty && { isolatedCpus: isolated }),
    hugepageSizesKiB: pageSizes(host),
    devices: readPciDevices(snapshot.files).map(({ address, numaNode }) => ({ address, node: numaNode })),
    claimedCpus: CpuSet.union(claims.map((claim) => heldBy(claim, host))).intersect(topology.online),
  };
}

/** A recorded host may lack the list of the whole host, or those of its nodes. */
function pageSizes({ topology, nodes }: PlannedHost): readonly number[] {
  const pools = [topology.hugepages, ...nodes.map(({ hugepages }) => hugepages)].flat();
  return [...new Set(pools.map(({ pageSizeKiB }) => pageSizeKiB))].toSorted((one, other) => one - other);
}

/** A CPU that is on no node belongs to none of its memory: no thread is planned there. */
export function plannerCpus({ topology, nodes }: PlannedHost): readonly PlannerCpu[] {
  const { cores, l3Groups, coreKinds } = topology;
  const indexIn = (sets: readonly CpuSet[], cpu: number): number => sets.findIndex((set) => set.has(cpu));
  return nodes.flatMap(({ id: node, cpus }) =>
    [...cpus].map((cpu) => {
      const llc = indexIn(l3Groups, cpu);
      const kind = coreKinds.length > 1 ? coreKinds.find((one) => one.cpus.has(cpu))?.kind : undefined;
      return {
        id: cpu,
        node,
        core: indexIn(cores, cpu),
        // A core without a last-level cache shares none: numbered apart from those that do.
        ...(l3Groups.length > 0 && { llc: llc < 0 ? l3Groups.length + indexIn(cores, cpu) : llc }),
        ...(kind !== undefined && { kind }),
      };
    }),
  );
}

/** The plan migrates nothing: a domain that is there stays on its host, unless the program names another. */
export function allowedHosts(
  name: string,
  { host }: VmArgs,
  domains: readonly VmDomain[],
): readonly string[] | undefined {
  const present = domains.filter(({ vm }) => vm === name);
  const running = present.filter(({ domain }) => domain.live !== undefined);
  const where = (running.length > 0 ? running : present).map((one) => one.host);
  const both = host === undefined ? where : where.filter((one) => host.includes(one));
  return both.length > 0 ? both : host;
}

function plannerVm(name: string, vm: VmArgs, hosts: readonly string[] | undefined): PlannerVm {
  const { nearDevice, antiAffinity, pins, coreKind, dedicatedVcpus, latencyClass, nodes } = vm;
  return {
    name,
    vcpus: vm.vcpus,
    memoryMiB: vm.memoryMiB,
    pageSizeKiB: pageSizeOf(vm.pageSize) ?? ordinaryPageKiB,
    cpuPolicy: vm.cpuPolicy,
    ...(dedicatedVcpus !== undefined && { dedicatedVcpus }),
    threadPolicy: vm.threadPolicy,
    emulatorThreads: vm.emulatorThreads ?? (latencyClass === "realTime" ? "isolate" : "share"),
    ioThreads: vm.ioThreads,
    nodes,
    latencyClass,
    ...(latencyClass === "realTime" && { memoryLocality: "required" as const }),
    ...(nearDevice !== undefined && { nearDevice }),
    ...(hosts !== undefined && { hosts }),
    ...(antiAffinity !== undefined && { antiAffinity }),
    ...(coreKind !== undefined && { coreKind }),
    ...(pins !== undefined && {
      pins: {
        vcpus: inOrder(pins.vcpus),
        ...(pins.emulator !== undefined && { emulator: CpuSet.parseLibvirt(pins.emulator) }),
      },
    }),
  };
}

/** Whatever the host's base page is, the planner calls it so. */
const ordinaryPageKiB = 4;

/** The last plan counts; of a VM that is not in it, what its domain has. */
function previousPlacements({ args, hosts, domains, last }: Fleet): readonly PreviousPlacement[] {
  return Object.entries(args.vms).flatMap(([name, vm]) => {
    const placed = last[name];
    const present = domains.find((one) => one.vm === name);
    // A domain that was migrated since is where it is now.
    if (placed !== undefined && (present === undefined || present.host === placed.host))
      return [
        {
          vm: name,
          host: placed.host,
          vcpuPins: Object.values(placed.settings.vcpuPins),
          emulatorPin: placed.emulatorCpus,
          cells: placed.cells,
        },
      ];
    const host = hosts.find((one) => one.name === present?.host);
    const place = host === undefined || present === undefined ? undefined : presentPlace(present.domain, { vm, host });
    return place === undefined ? [] : [{ vm: name, host: host?.name ?? "", ...place }];
  });
}
