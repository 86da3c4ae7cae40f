/* A host as the plan counts with it: what domains may have of it, and what is somebody's already. */
import type { ExpectedHost, PromisedDomain } from "../host/hosts";
import type { HostSnapshot } from "../host/snapshot";
import { readIsolation } from "../linux/cpu-isolation";
import { CpuSet } from "../linux/cpu-set";
import { readTopology, type Topology } from "../linux/topology";
import type { Problem } from "../resource";
import { hostFacts, type HostFacts } from "../vm-cpu-placement/host-facts";
import { claimsOf, type Claim } from "./claims";
import type { HostArgs } from "./schema";

export interface PlannedHost {
  readonly name: string;
  readonly args: HostArgs;
  readonly snapshot: HostSnapshot;
  readonly topology: Topology;
  readonly nodes: HostFacts["nodes"];
  /** On these domains may run. */
  readonly domainCpus: CpuSet;
  readonly reserved: CpuSet;
  /** For shared vCPUs and shared emulator and I/O threads. */
  readonly shared: CpuSet;
  /** Between these the kernel moves no threads: dedicated threads are placed there alone. Empty: no such restriction. */
  readonly isolated: CpuSet;
  readonly claims: readonly Claim[];
}

export interface HostReading {
  readonly name: string;
  readonly args: HostArgs;
  readonly snapshot: HostSnapshot;
  /** What a HostTuning that was checked before will make of it. */
  readonly expected: ExpectedHost | undefined;
  readonly promised: readonly PromisedDomain[];
  readonly isPlanned: (domain: { readonly name: string; readonly uuid: string | undefined }) => boolean;
}

/** Throws `TopologyError` for a host whose files contradict each other. */
export function plannedHost(reading: HostReading): PlannedHost {
  const { name, args, snapshot } = reading;
  const topology = readTopology(snapshot.files);
  const { nodes } = hostFacts(snapshot);
  const { domainCpus, isolated } = boundsOf(reading, topology);
  const reserved =
    args.reserved === undefined ? usualReserve({ topology, nodes, domainCpus, isolated }) : setOf(args.reserved);
  const inside = args.isolation === "partition" ? topology.online.minus(reserved) : domainCpus;
  return {
    name,
    args,
    snapshot,
    topology,
    nodes,
    domainCpus: inside,
    reserved,
    shared: args.shared === undefined ? usualShare({ topology, nodes, inside, reserved }) : setOf(args.shared),
    isolated,
    claims: claimsOf(reading),
  };
}

const setOf = (list: string): CpuSet => CpuSet.parseLibvirt(list);

interface Bounds {
  readonly domainCpus: CpuSet;
  readonly isolated: CpuSet;
}

/** What a program says it will make of the host counts, whatever that has now. */
function boundsOf({ args, snapshot, expected }: HostReading, { online }: Topology): Bounds {
  if (args.isolation !== undefined) return { domainCpus: online, isolated: CpuSet.empty };
  const now = readIsolation(snapshot.files, online);
  const later = CpuSet.parse(expected?.isolatedCpus ?? "").intersect(online);
  const partition = expected?.partition === undefined ? undefined : CpuSet.parse(expected.partition.cpus);
  return { domainCpus: partition?.intersect(online) ?? now.domains, isolated: now.isolated.union(later) };
}

interface Defaults extends Bounds {
  readonly topology: Topology;
  readonly nodes: HostFacts["nodes"];
}

/** What is set apart for domains says what is left to the host. */
function usualReserve({ topology, nodes, domainCpus, isolated }: Defaults): CpuSet {
  const { online } = topology;
  const setApart = isolated.isEmpty ? domainCpus : isolated;
  const left = online.minus(setApart);
  return left.isEmpty ? firstCores(topology, nodes, online) : left;
}

interface Shares {
  readonly topology: Topology;
  readonly nodes: HostFacts["nodes"];
  readonly inside: CpuSet;
  readonly reserved: CpuSet;
}

/** The host's own CPUs, unless domains can have none of them. */
function usualShare({ topology, nodes, inside, reserved }: Shares): CpuSet {
  const common = reserved.intersect(inside);
  return common.isEmpty ? firstCores(topology, nodes, inside.minus(reserved)) : common;
}

/** Of each node the first core that lies in `among`. */
function firstCores({ cores }: Topology, nodes: HostFacts["nodes"], among: CpuSet): CpuSet {
  return CpuSet.union(
    nodes.flatMap(({ cpus }) => cores.find((core) => core.isSubsetOf(cpus) && core.isSubsetOf(among)) ?? []),
  );
}

/** CPUs that a domain outside the plan has for itself. Helpers on CPUs of the host or on shared ones are where all are. */
export function heldBy({ dedicated, helpers }: Claim, { reserved, shared }: PlannedHost): CpuSet {
  return dedicated.union(helpers.minus(reserved).minus(shared));
}

/** What the program says of a host that it does not have. */
export function hostProblems({
  name,
  args,
  topology,
  nodes,
  domainCpus,
  reserved,
  shared,
}: PlannedHost): readonly Problem[] {
  const { online } = topology;
  const path = (field: string): string => `hosts.${name}.${field}`;
  const missing = (field: "reserved" | "shared", cpus: CpuSet): readonly Problem[] => {
    const off = cpus.minus(online);
    if (args[field] === undefined || off.isEmpty) return [];
    return [
      { path: path(field), reason: `CPUs ${String(off)} are not online on this host, which has ${String(online)}` },
    ];
  };
  const outside = shared.intersect(online).minus(domainCpus);
  const ids = nodes.map(({ id }) => String(id));
  const perNode = typeof args.reservedMemoryMiB === "object" ? Object.keys(args.reservedMemoryMiB) : [];
  return [
    ...missing("reserved", reserved),
    ...missing("shared", shared),
    ...(args.shared === undefined || outside.isEmpty
      ? []
      : [
          {
            path: path("shared"),
            reason: `CPUs ${String(outside)} are not among those that domains may run on, ${String(domainCpus)}`,
          },
        ]),
    ...perNode
      .filter((id) => !ids.includes(id))
      .map((id) => ({
        path: path(`reservedMemoryMiB.${id}`),
        reason: `there is no such NUMA node on this host, which has ${ids.join(", ")}`,
      })),
  ];
}
