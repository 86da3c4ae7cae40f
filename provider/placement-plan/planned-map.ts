/* The plan as the allocation map draws it: the VMs in their places, and what other domains have of the hosts. */
import { CpuSet } from "../linux/cpu-set";
import { readPciDevices } from "../linux/pci-devices";
import { pinsOf, readSet } from "../vm-cpu-placement/preflight/judged";
import type { AllocationMap, MapHost, MapNode, MapThread, MapVm } from "./allocation-map/model";
import { nodeMemory, type NodeMemory } from "./capacity";
import type { Claim } from "./claims";
import { hostNeeds } from "./host-needs";
import type { PlannedVm } from "./model";
import type { PlannedHost } from "./planned-host";
import { plannerCpus } from "./request";
import { pageSizeOf } from "./schema-values";
import type { PlanArgs } from "./schema";

type Placed = Readonly<Record<string, PlannedVm>>;

export function plannedMap(hosts: readonly PlannedHost[], placed: Placed, args: PlanArgs): AllocationMap {
  return { hosts: hosts.map((host) => mapHost(host, placed, args)) };
}

function mapHost(host: PlannedHost, placed: Placed, args: PlanArgs): MapHost {
  const { name, topology, reserved, claims, isolated } = host;
  const here = Object.entries(placed).filter(([, one]) => one.host === name);
  const needs = hostNeeds(host, placed, args.vms);
  const taken = new Set(here.map(([vm]) => vm));
  return {
    name,
    nodes: nodeMemory(host).map((node) => mapNode(node, { host, here, needs, args, taken })),
    cpus: plannerCpus(host),
    offlineCpus: topology.offline,
    reservedCpus: reserved,
    isolatedCpus: host.args.isolation === "boot" ? CpuSet.parse(needs.isolatedCpus) : isolated,
    ...(host.args.isolation === "partition" && {
      partitions: [{ name: "machine.slice", cpus: CpuSet.parse(needs.isolatedCpus) }],
    }),
    caches: topology.l3Groups.map((cpus, llc) => ({
      llc,
      level: 3,
      sizeKiB: topology.caches.find((cache) => cache.level === 3 && cache.cpus.equals(cpus))?.sizeKiB ?? null,
    })),
    vms: [...here.map(([vm, one]) => plannedMapVm(vm, one)), ...claims.map((claim) => claimedMapVm(claim, taken))],
  };
}

interface OnHost {
  readonly host: PlannedHost;
  readonly here: readonly (readonly [name: string, PlannedVm])[];
  readonly needs: ReturnType<typeof hostNeeds>;
  readonly args: PlanArgs;
  readonly taken: ReadonlySet<string>;
}

function mapNode(
  { id, totalMiB, reservedMiB, claims }: NodeMemory,
  { host, here, needs, args, taken }: OnHost,
): MapNode {
  const own = here.flatMap(([vm, { cells }]) =>
    cells
      .filter(({ memoryNode }) => memoryNode === id)
      .map(({ memoryMiB }) => ({ vm, memoryMiB, pageKiB: pageSizeOf(args.vms[vm]?.pageSize) })),
  );
  const others = claims.map(({ domain, mib, pageKiB }) => ({
    vm: claimName(domain, taken),
    memoryMiB: mib,
    pageKiB,
  }));
  const all = [...own, ...others];
  const pages = needs.hugepages.flatMap(({ size, nodes }) => {
    const pageSizeKiB = pageSizeOf(size) ?? 0;
    const vms = all.filter(({ pageKiB }) => pageKiB === pageSizeKiB).map(({ vm, memoryMiB }) => ({ vm, memoryMiB }));
    const poolMiB = ((nodes[id] ?? 0) * pageSizeKiB) / 1024;
    return poolMiB === 0 ? [] : [{ pageSizeKiB, totalMiB: poolMiB, reservedMiB: 0, vms }];
  });
  const memory = { totalMiB, reservedMiB, vms: all.map(({ vm, memoryMiB }) => ({ vm, memoryMiB })) };
  return { id, ...(totalMiB > 0 && { memory }), pages, devices: devicesOf(host, { node: id, here, args }) };
}

/** Those that a VM is to be near to. */
function devicesOf(
  { snapshot }: PlannedHost,
  { node, here, args }: Pick<OnHost, "here" | "args"> & { readonly node: number },
): readonly string[] {
  const wanted = new Set(here.flatMap(([vm]) => args.vms[vm]?.nearDevice?.address ?? []));
  return readPciDevices(snapshot.files)
    .filter(({ address, numaNode }) => numaNode === node && wanted.has(address))
    .map(({ address, networkInterfaces }) => [address, ...networkInterfaces].join(" "));
}

function plannedMapVm(name: string, { settings, emulatorCpus }: PlannedVm): MapVm {
  const vcpus = Object.entries(settings.vcpuPins).map(([id, cpus]): MapThread => ({
    role: "vcpu",
    id: Number(id),
    cpus: CpuSet.parse(cpus),
  }));
  const iothreads = (settings.iothreads ?? []).map(({ id, cpus }): MapThread => ({
    role: "iothread",
    id,
    cpus: CpuSet.parse(cpus),
  }));
  return { name, threads: [...vcpus, { role: "emulator", cpus: CpuSet.parse(emulatorCpus) }, ...iothreads] };
}

/** Threads that run wherever the host lets them are on no CPU in particular: they are left out. */
function claimedMapVm({ domain, facts }: Claim, taken: ReadonlySet<string>): MapVm {
  const roles = { vcpuPin: "vcpu", emulatorPin: "emulator", iothread: "iothread" } as const;
  const pinned = pinsOf(facts).map(({ kind, id, cpus }): MapThread => ({
    role: roles[kind],
    ...(kind !== "emulatorPin" && { id }),
    cpus,
  }));
  const pool = facts.get("vcpuCpuset");
  const known = new Set(pinned.filter(({ role }) => role === "vcpu").map(({ id }) => id));
  const count = pool === undefined ? 0 : Number(facts.get("vcpus.maximum") ?? "1");
  const rest = Array.from({ length: count }, (_, id) => id)
    .filter((id) => !known.has(id))
    .map((id): MapThread => ({ role: "vcpu", id, cpus: readSet(pool ?? ""), shared: true }));
  return { name: claimName(domain, taken), planned: false, threads: [...pinned, ...rest] };
}

/** A domain outside the plan may have the name by which the plan knows a VM. */
const claimName = (domain: string, taken: ReadonlySet<string>): string =>
  taken.has(domain) ? `${domain} (not of the plan)` : domain;
