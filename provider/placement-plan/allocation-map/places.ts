/* The hosts of a map as trees: nodes, cache groups, cores, CPUs, and who is on each CPU. */
import type { KeyedVm, Keys } from "./keys";
import { compareTexts } from "./keys";
import type { AllocationMap, MapHost, MapNode, MapThread } from "./model";

export interface HostPlace {
  readonly host: MapHost;
  /** By id. */
  readonly nodes: readonly NodePlace[];
}

export interface NodePlace {
  readonly node: MapNode;
  /** By lowest CPU; none: a node of memory alone. */
  readonly groups: readonly CacheGroup[];
}

export interface CacheGroup {
  /** "L3 32 MiB"; undefined: not known. */
  readonly label: string | undefined;
  /** By lowest CPU. */
  readonly cores: readonly CorePlace[];
}

export interface CorePlace {
  /** Undefined: all cores of the host are of one kind. */
  readonly kind: string | undefined;
  /** Ascending. */
  readonly cpus: readonly CpuPlace[];
}

export interface CpuPlace {
  readonly id: number;
  readonly reserved: boolean;
  readonly isolated: boolean;
  /** Names of the partitions that have it. */
  readonly partitions: readonly string[];
  /** Those with a thread that has the CPU for itself first, then by key. */
  readonly occupants: readonly Occupant[];
}

/** A VM on a CPU, with those of its threads that may run there. */

export interface Occupant {
  readonly vm: KeyedVm;
  /** vCPUs, the emulator, I/O threads; each by number. Never empty. */
  readonly threads: readonly MapThread[];
}

export const isShared = ({ cpus, shared = cpus.size > 1 }: MapThread): boolean => shared;

/** Whether one of its threads has the CPU for itself. */
export const isDedicated = ({ threads }: Occupant): boolean => threads.some((thread) => !isShared(thread));

/** By name of host. */
export function placesOf({ hosts }: AllocationMap, keys: Keys): readonly HostPlace[] {
  return [...hosts]
    .sort((one, other) => compareTexts(one.name, other.name))
    .map((host) => ({ host, nodes: nodesOf(host, occupantsOf(host, keys)) }));
}

type Occupants = ReadonlyMap<number, readonly Occupant[]>;

function occupantsOf(host: MapHost, keys: Keys): Occupants {
  const online = new Map(host.cpus.map(({ id }) => [id, [] as Occupant[]]));
  for (const { name, threads } of host.vms) {
    const vm = keys.of(host, name);
    if (vm === undefined) continue;
    const here = new Map<number, MapThread[]>();
    for (const thread of [...threads].sort(compareThreads)) {
      for (const cpu of thread.cpus) here.set(cpu, [...(here.get(cpu) ?? []), thread]);
    }
    for (const [cpu, those] of here) online.get(cpu)?.push({ vm, threads: those });
  }
  for (const occupants of online.values()) occupants.sort(compareOccupants);
  return online;
}

function compareOccupants(one: Occupant, other: Occupant): number {
  return Number(isDedicated(other)) - Number(isDedicated(one)) || one.vm.index - other.vm.index;
}

const roles = ["vcpu", "emulator", "iothread"] as const;

function compareThreads(one: MapThread, other: MapThread): number {
  return roles.indexOf(one.role) - roles.indexOf(other.role) || (one.id ?? 0) - (other.id ?? 0);
}

function nodesOf(host: MapHost, occupants: Occupants): readonly NodePlace[] {
  const listed = new Map(host.nodes.map((node) => [node.id, node]));
  for (const { node } of host.cpus) if (!listed.has(node)) listed.set(node, { id: node });
  return [...listed.values()]
    .sort((one, other) => one.id - other.id)
    .map((node) => ({ node, groups: groupsOf(host, node.id, occupants) }));
}

function groupsOf(host: MapHost, node: number, occupants: Occupants): readonly CacheGroup[] {
  const kinds = new Set(host.cpus.map(({ kind }) => kind)).size;
  const mine = host.cpus.filter((cpu) => cpu.node === node).sort((one, other) => one.id - other.id);
  return grouped(mine, ({ llc }) => llc).map((members) => ({
    label: labelOf(host, members[0]?.llc),
    cores: grouped(members, ({ core }) => core).map((threads) => ({
      kind: kinds > 1 ? threads[0]?.kind : undefined,
      cpus: threads.map(({ id }) => cpuOf(host, id, occupants)),
    })),
  }));
}

function cpuOf(host: MapHost, id: number, occupants: Occupants): CpuPlace {
  return {
    id,
    reserved: host.reservedCpus.has(id),
    isolated: host.isolatedCpus.has(id),
    partitions: (host.partitions ?? []).filter(({ cpus }) => cpus.has(id)).map(({ name }) => name),
    occupants: occupants.get(id) ?? [],
  };
}

function labelOf({ caches = [] }: MapHost, llc: number | undefined): string | undefined {
  const cache = caches.find((one) => one.llc === llc);
  if (cache === undefined) return undefined;
  const { level, sizeKiB } = cache;
  if (sizeKiB === null) return `L${level}`;
  return sizeKiB % 1024 === 0 ? `L${level} ${sizeKiB / 1024} MiB` : `L${level} ${sizeKiB} KiB`;
}

/** In the order of each group's first member. */
function grouped<Item>(items: readonly Item[], keyOf: (item: Item) => unknown): readonly (readonly Item[])[] {
  const groups = new Map<unknown, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return [...groups.values()];
}
