import type { CpuSet } from "../../provider/linux/cpu-set";
import type { Topology } from "../../provider/linux/topology";
import { difference } from "./corpus";

interface NodeFacts {
  readonly id: number;
  readonly cpus: string | null;
  readonly memoryKiB: number | null;
  readonly hugepages: Readonly<Record<string, number>> | null;
}

/** The fields of a machine's facts.json that are scored. null: the source does not say. */
export interface Machine {
  readonly kind: "real" | "vm" | "emulated" | "reduced" | "damaged";
  readonly facts: {
    readonly onlineCpus: string | null;
    readonly offlineCpus: string | null;
    readonly possible: string | null;
    readonly present: string | null;
    readonly packages: readonly string[] | null;
    readonly dies: readonly string[] | null;
    readonly clusters: readonly string[] | null;
    readonly cores: readonly string[] | null;
    readonly l3: readonly string[] | null;
    readonly numaNodes: readonly NodeFacts[] | null;
    readonly isolated: string | null;
    readonly smtControl: string | null;
    readonly distances: { readonly nodes: readonly number[]; readonly matrix: readonly (readonly number[])[] } | null;
    readonly cpulessNodeLocality: Readonly<Record<string, string>> | null;
  };
  /** By field: which programs gave the value. Some values were given to a test by other ways than the tree. */
  readonly witnesses: Readonly<Record<string, readonly string[]>>;
  /** Names of fields on which the witnesses differ. */
  readonly disputed: Readonly<Record<string, unknown>> | null;
}

/** Every difference in a field that the facts give and nobody disputes. */
export function compareFacts(topology: Topology, machine: Machine): readonly string[] {
  const facts = machine.facts;
  const compare = (field: string, got: unknown, want: unknown) =>
    want === null || skipped(machine, field) ? [] : difference(field, got, want);
  // Without a node folder the facts are null: that is an answer, except in a trimmed tree.
  const nodes = topology.numaNodes;
  const noNodes = facts.numaNodes === null && machine.kind !== "reduced" ? difference("numaNodes", nodes, null) : [];
  return [
    ...compare("online", topology.online.toString(), facts.onlineCpus),
    ...compare("offline", topology.offline.toString(), facts.offlineCpus),
    ...compare("possible", topology.possible.toString(), facts.possible),
    ...compare("present", topology.present.toString(), facts.present),
    ...compare("packages", texts(topology.sockets), facts.packages),
    ...compare("dies", texts(topology.dies), facts.dies),
    ...compare("clusters", texts(topology.clusters), facts.clusters),
    ...compare("cores", texts(topology.cores), facts.cores),
    ...compare("l3", texts(topology.l3Groups), facts.l3),
    ...compare("distances", topology.distances, facts.distances?.matrix ?? null),
    ...compare(
      "distances",
      nodes?.map((node) => node.id),
      facts.distances?.nodes ?? null,
    ),
    ...noNodes,
    ...(facts.numaNodes ?? []).flatMap((want) => compareNode(topology, want, compare)),
    ...compare(
      "numaNodes",
      nodes?.map((node) => node.id),
      facts.numaNodes?.map((node) => node.id) ?? null,
    ),
    ...Object.entries(facts.cpulessNodeLocality ?? {}).flatMap(([id, cpus]) =>
      compare(`cpulessNodeLocality`, nodes?.find((node) => node.id === Number(id))?.localCpus.toString(), cpus),
    ),
  ];
}

function skipped(machine: Machine, field: string): boolean {
  const witnesses = machine.witnesses[field];
  const inTree = witnesses?.some((witness) => witness.startsWith("sysfs")) ?? true;
  return machine.disputed?.[field] !== undefined || !inTree;
}

type Compare = (field: string, got: unknown, want: unknown) => readonly string[];

function compareNode(topology: Topology, want: NodeFacts, compare: Compare): readonly string[] {
  const got = topology.numaNodes?.find((node) => node.id === want.id);
  const pages = Object.fromEntries(got?.hugepages.map((pool) => [String(pool.pageSizeKiB), pool.total]) ?? []);
  return [
    ...compare("numaCpus", got?.cpus.toString(), want.cpus),
    ...compare("numaMemoryKiB", got?.memoryKiB, want.memoryKiB),
    ...compare("hugepages", pages, sorted(want.hugepages)),
  ];
}

/** The order of the facts: as texts. */
function texts(groups: readonly CpuSet[]): readonly string[] {
  return groups.map(String).sort();
}

function sorted(pages: NodeFacts["hugepages"]): unknown {
  return pages === null ? null : Object.fromEntries(Object.entries(pages));
}
