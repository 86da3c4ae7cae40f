/*
 * Why it is slow, or does not hold: what fails, and what is not wrong but costs, each with the argument that mends it. The
 * four cases are those that people come with.
 */
import type { HostSnapshot } from "../host/snapshot";
import { readPerCpu, select } from "../host-tuning/knobs/per-cpu";
import { readIsolation } from "../linux/cpu-isolation";
import { CpuSet } from "../linux/cpu-set";
import { readTopology, type Topology } from "../linux/topology";
import { describedFields } from "../vm-cpu-placement/described-fields";
import { kibOf } from "../vm-cpu-placement/facts";
import type { Domain } from "../vm-cpu-placement/model";
import { planPlacement } from "../vm-cpu-placement/placement";
import { placementState } from "../vm-cpu-placement/placement-state";
import type { Inspection } from "./inspect";
import { governorFile, type Check } from "./model";
import { ownCpus } from "./sample-checks";

export const cases = {
  performance: "poor performance despite pinning",
  numa: "high NUMA misses, memory on the wrong node",
  pinning: "pinning does not hold",
  migration: "migration would fail",
} as const;

export type Case = keyof typeof cases;

export interface Finding {
  /** Stable: `--explain ID`. */
  readonly id: string;
  readonly case: Case;
  readonly subject: string;
  /** 3: something does not do what it says; 2: it costs; 1: worth a look. */
  readonly weight: 1 | 2 | 3;
  readonly text: string;
  readonly evidence: string;
  readonly remedy: string;
}

export function findingsOf(snapshot: HostSnapshot, inspection: Inspection): readonly Finding[] {
  const { unavailable, checks, domains } = inspection;
  const running = domains.map(({ domain }) => domain).filter(({ live }) => live !== undefined);
  const all = [
    ...(unavailable === undefined ? [] : [noLibvirt(unavailable)]),
    ...checks.filter(({ verdict }) => verdict === "fail").map(ofCheck),
    ...ofHost(snapshot, running),
    ...running.flatMap((domain) => ofDomain(snapshot, domain)),
  ];
  return all.toSorted((one, other) => other.weight - one.weight || one.id.localeCompare(other.id, "en"));
}

const noLibvirt = (unavailable: string): Finding => ({
  id: "libvirt",
  case: "pinning",
  subject: "host",
  weight: 3,
  text: "libvirt does not answer: no pin of it can be read or set",
  evidence: unavailable,
  remedy: "systemctl status libvirtd virtqemud; journalctl -u libvirtd",
});

const ofCase: readonly (readonly [RegExp, Case])[] = [
  [/^(numa\.miss|domain\.memory|domain\.numa)/, "numa"],
  [/^(domain\.|thread\.(cpu|migrations))/, "pinning"],
];

function ofCheck({ id, subject, check, expected, actual, source, remedy }: Check): Finding {
  return {
    id,
    case: ofCase.find(([pattern]) => pattern.test(id))?.[1] ?? "performance",
    subject,
    weight: 3,
    text: check,
    evidence: `expected ${expected}, found ${actual} (${source})`,
    remedy: remedy ?? "",
  };
}

interface Advice {
  readonly id: string;
  readonly case: Case;
  readonly when: boolean;
  readonly text: string;
  readonly evidence: string;
  readonly remedy: string;
}

const advised = (subject: string, all: readonly Advice[]): readonly Finding[] =>
  all.filter(({ when }) => when).map(({ when: _, ...one }) => ({ ...one, subject, weight: 2 }));

function ofHost(snapshot: HostSnapshot, domains: readonly Domain[]): readonly Finding[] {
  const own = ownCpus(domains);
  // Without a pinned domain these are a matter of taste.
  if (own.isEmpty) return [];
  const { files } = snapshot;
  const topology = readTopology(files);
  const slow = [...select(readPerCpu(governorFile, snapshot), own)].flatMap(([cpu, governor]) =>
    governor === "performance" ? [] : [cpu],
  );
  const shared = own.minus(readIsolation(files, topology.online).isolated).minus(partitionCpus(snapshot, topology));
  const balancing = files.text("/proc/sys/kernel/numa_balancing")?.trim();
  return advised("host", [
    {
      id: "governor.pinned",
      case: "performance",
      when: slow.length > 0,
      text: "CPUs that vCPUs are pinned to change their frequency",
      evidence: `CPUs ${CpuSet.from(slow).toString()} have another governor than performance`,
      remedy: 'HostTuning: cpuGovernor: "performance"',
    },
    {
      id: "isolation.pinned",
      case: "performance",
      when: !shared.isEmpty,
      text: "the host's own work may run on CPUs that vCPUs are pinned to",
      evidence: `CPUs ${shared.toString()} are neither isolated nor in a partition of machine.slice`,
      remedy: 'HostTuning: isolation: { mode: "partition", cpus } (no reboot), or isolation: { cpus }',
    },
    {
      id: "numaBalancing",
      case: "numa",
      when: balancing !== undefined && balancing !== "0",
      text: "the kernel samples and moves pages of domains that are pinned",
      evidence: `kernel.numa_balancing is ${balancing ?? ""}`,
      remedy: "HostTuning: numaBalancing: false",
    },
  ]);
}

/** On these no work of the host runs. */
function partitionCpus({ files }: HostSnapshot, { online }: Topology): CpuSet {
  const { reserved, domains } = readIsolation(files, online);
  return reserved.isEmpty ? CpuSet.empty : domains;
}

function ofDomain(snapshot: HostSnapshot, domain: Domain): readonly Finding[] {
  const { name, live } = domain;
  if (live === undefined) return [];
  const facts = live.facts;
  const pins = [...facts].filter(([setting]) => setting.startsWith("vcpuPins."));
  const cpus = CpuSet.union(pins.map(([, value]) => CpuSet.parse(value)));
  const topology = readTopology(snapshot.files);
  const nodes = (topology.numaNodes ?? []).filter(({ cpus: ofNode }) => ofNode.intersects(cpus));
  const memoryKiB = kibOf(facts.get("memory")) ?? live.memoryKiB ?? 0;
  const bound = facts.get("numa.mode") === "strict" || facts.get("numa.mode") === "restrictive";
  const several = pins.filter(([, value]) => CpuSet.parse(value).size > 1);
  const isolated = readIsolation(snapshot.files, topology.online).isolated;
  const stacked = several.filter(([, value]) => CpuSet.parse(value).intersects(isolated));
  const cells = [...facts.keys()].some((setting) => setting.startsWith("numa.cells."));
  return [
    ...advised(name, [
      {
        id: "numa.unbound",
        case: "numa",
        when: pins.length > 0 && nodes.length === 1 && !bound,
        text: "its vCPUs are pinned to one node, and its memory is bound to none",
        evidence: `pins on ${cpus.toString()} (node ${nodes[0]?.id ?? "?"}), numatune ${facts.get("numa.mode") ?? "absent"}`,
        remedy: `VmCpuPlacement: numa: { mode: "strict", nodeset: "${String(nodes[0]?.id ?? 0)}" }`,
      },
      {
        id: "numa.spread",
        case: "numa",
        when: pins.length > 0 && nodes.length > 1 && !cells,
        text: "its vCPUs are on several nodes, and the guest does not know",
        evidence: `pins on ${cpus.toString()}, nodes ${nodes.map(({ id }) => id).join(", ")}, no guest cells`,
        remedy: "VmCpuPlacement: numa: { cells: [...] }, or pins on one node",
      },
      {
        id: "pins.unbalanced",
        case: "performance",
        when: stacked.length > 0,
        text: "a vCPU may run on several CPUs between which the kernel moves nothing",
        evidence: `${stacked.map(([setting, value]) => `${setting} → ${value}`).join(", ")}; isolated: ${isolated.toString()}`,
        remedy: "VmCpuPlacement: vcpuPins, one CPU each, on isolated CPUs",
      },
      {
        id: "hugepages.none",
        case: "performance",
        when: pins.length > 0 && memoryKiB >= 4 * 1024 * 1024 && !facts.has("memoryBacking.hugepages"),
        text: "it is pinned and large, and has its memory in small pages",
        evidence: `${Math.round(memoryKiB / 1024)} MiB, no <hugepages/>`,
        remedy: "HostTuning: hugepages; VmCpuPlacement: memoryBacking: { hugepages }",
      },
      {
        id: "migration.hostCpu",
        case: "migration",
        when: facts.get("cpu.mode") === "host-passthrough" && facts.get("cpu.migratable") === "off",
        text: "its CPU is the host's own, with features that cannot be migrated",
        evidence: "cpu mode host-passthrough, migratable off",
        remedy: 'VmCpuPlacement: cpu: { mode: "host-model" }, or migratable: true',
      },
    ]),
    ...preflightFindings(snapshot, domain),
  ];
}

/** What a placement of the same words would be refused or warned for. */
function preflightFindings(snapshot: HostSnapshot, { name, uuid, live }: Domain): readonly Finding[] {
  const state = placementState(snapshot, uuid);
  const plan = planPlacement(describedFields(live?.facts ?? new Map()), { ...state, record: undefined });
  const found = [
    ...plan.problems.map(({ path, reason }) => ({ path, reason, weight: 2 as const })),
    ...plan.warnings.map((reason) => ({ path: reason.split(/[:.]/)[0] ?? "placement", reason, weight: 1 as const })),
  ];
  return found.map(({ path, reason, weight }) => ({
    id: `placement.${path.split(".")[0] ?? path}`,
    case: /migrat/.test(reason) ? "migration" : /node/.test(reason) ? "numa" : "pinning",
    subject: name,
    weight,
    text: reason,
    evidence: `${path}, as libvirt has it now`,
    remedy: "VmCpuPlacement; docs/vm-placement.md",
  }));
}
