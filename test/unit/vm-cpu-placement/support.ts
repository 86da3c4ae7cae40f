import { CpuSet } from "../../../provider/linux/cpu-set";
import type { Change } from "../../../provider/impact";
import type { PlacementFields } from "../../../provider/vm-cpu-placement/desired-context";
import type { DomainDocument } from "../../../provider/vm-cpu-placement/domain-xml";
import type { HostFacts, HostNode } from "../../../provider/vm-cpu-placement/host-facts";
import type { Domain } from "../../../provider/vm-cpu-placement/model";
import type { OtherDomain } from "../../../provider/vm-cpu-placement/others";
import { preflight, type Request } from "../../../provider/vm-cpu-placement/preflight/preflight";
import type { DomainRecord } from "../../../provider/vm-cpu-placement/record";

export type FactTable = Readonly<Record<string, string>>;

export const gib = 1024 ** 2;

/** A node of 8 GiB with as many 2M pages as given, all free, and none of 1G. */
export function nodeOf(id: number, cpus: string, more: Partial<HostNode> = {}): HostNode {
  const set = CpuSet.parse(cpus);
  return { id, cpus: set, localCpus: set, memoryKiB: 8 * gib, hugepages: [], ...more };
}

export const pool = (pageSizeKiB: number, total: number, free = total) => ({ pageSizeKiB, total, free, surplus: 0 });

/** Eight CPUs, CPU 7 offline, two nodes of 8 GiB; CPUs 2-5 can be isolated. No SMT. */
export const host: HostFacts = {
  online: CpuSet.parse("0-6"),
  offline: CpuSet.parse("7"),
  isolated: CpuSet.empty,
  cores: [0, 1, 2, 3, 4, 5, 6].map((cpu) => CpuSet.of(cpu)),
  nodes: [nodeOf(0, "0-3"), nodeOf(1, "4-6")],
  cgroup: 2,
  realTime: { runtimeMicroseconds: -1, periodMicroseconds: 1000000, groupScheduling: false },
  hugetlbfsKiB: [2048],
  defaultPageKiB: 2048,
  numad: false,
  resctrl: false,
  cpuCapabilities: () => undefined,
};

/** Of CPUs 0-7 in two nodes of 64 GiB: with huge pages, numad, resctrl and CPU models, so that little is refused. */
export const roomyHost: HostFacts = {
  ...host,
  online: CpuSet.parse("0-7"),
  offline: CpuSet.empty,
  cores: [0, 1, 2, 3, 4, 5, 6, 7].map((cpu) => CpuSet.of(cpu)),
  nodes: [
    nodeOf(0, "0-3", { memoryKiB: 64 * gib, hugepages: [pool(2048, 32768), pool(gib, 64)] }),
    nodeOf(1, "4-7", { memoryKiB: 64 * gib, hugepages: [pool(2048, 32768), pool(gib, 64)] }),
  ],
  hugetlbfsKiB: [2048, gib],
  numad: true,
  resctrl: true,
  cpuCapabilities: () => ({
    modes: new Set(["host-passthrough", "maximum", "host-model", "custom"]),
    models: new Map([
      ["Haswell-noTSX", true],
      ["Skylake-Server-IBRS", true],
    ]),
    hostModel: { model: "Skylake-Server-IBRS", features: new Map([["vmx", "require"]]) },
  }),
};

export const uuid = "11111111-2222-4333-8444-555555555555";

export function documentOf(facts: FactTable, more: Partial<DomainDocument> = {}): DomainDocument {
  const memory = facts["memory"]?.replace(" KiB", "");
  return {
    name: "db",
    uuid,
    type: "kvm",
    maximumVcpus: Number(facts["vcpus.maximum"] ?? "4"),
    cpuset: facts["vcpuCpuset"],
    threadsPerCore: Number(facts["cpu.topology.threads"] ?? "1"),
    memoryKiB: memory === undefined ? undefined : Number(memory),
    devicesMemoryKiB: 0,
    listsVcpus: false,
    tcgCacheKiB: undefined,
    emulator: "/usr/bin/qemu-system-x86_64",
    arch: "x86_64",
    machine: "pc-q35-7.2",
    facts: new Map(Object.entries(facts)),
    ...more,
  };
}

const base = { uuid, name: "db", managedSave: false, autostart: false, snapshots: false };

export function running(live: FactTable, config: FactTable): Domain {
  return { ...base, state: "running", persistent: true, live: documentOf(live), config: documentOf(config) };
}

export function shutOff(config: FactTable): Domain {
  return { ...base, state: "shut off", persistent: true, live: undefined, config: documentOf(config) };
}

export function transient(live: FactTable): Domain {
  return { ...base, state: "running", persistent: false, live: documentOf(live), config: undefined };
}

export function recordOf(parts: Partial<DomainRecord>): DomainRecord {
  const none = { live: {}, config: {} };
  return { uuid, urn: "urn:pulumi:prod::racks::t::db", original: none, wrote: none, ...parts };
}

/** Another domain, shut off, in no program. */
export function otherOf(name: string, facts: FactTable, more: Partial<OtherDomain> = {}): OtherDomain {
  return {
    name,
    uuid: `uuid of ${name}`,
    running: false,
    autostart: false,
    owner: undefined,
    promised: false,
    facts: new Map(Object.entries(facts)),
    maximumVcpus: 4,
    ...more,
  };
}

/** What a preflight is asked beside the wanted settings; `fields` only where it looks at them itself. */
export interface Circumstances {
  readonly domain?: Domain | undefined;
  readonly host?: Partial<HostFacts>;
  readonly others?: readonly OtherDomain[];
  readonly fields?: PlacementFields;
}

/** Of `db`, shut off, with four vCPUs, unless `more` says otherwise. */
export function requestOf(wanted: Readonly<Record<string, string | null>>, more: Circumstances = {}): Request {
  const changes = new Map(Object.entries(wanted));
  return {
    fields: more.fields ?? {},
    wanted: changes,
    targets: { live: changes, config: changes },
    domain: "domain" in more ? more.domain : shutOff({}),
    host: { ...host, ...more.host },
    others: more.others ?? [],
  };
}

type Asked = Parameters<typeof requestOf>;

/** Each as `path: reason`. */
export const problemsOf = (...asked: Asked): readonly string[] =>
  preflight(requestOf(...asked)).problems.map(({ path, reason }) => `${path}: ${reason}`);

export const warningsOf = (...asked: Asked): readonly string[] => preflight(requestOf(...asked)).warnings;

/** Settings of vCPUs pinned one to one, the first to the first CPU and so on. */
export function pinned(cpus: readonly number[], first = 0): FactTable {
  return Object.fromEntries(cpus.map((cpu, index) => [`vcpuPins.${first + index}`, String(cpu)]));
}

/** A line of the plan. */
export const line = ({ setting, actual, desired, impact }: Change): string =>
  `${setting}: ${String(actual)} → ${String(desired)} [${impact}]`;
