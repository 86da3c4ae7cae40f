import { CpuSet } from "../../../provider/linux/cpu-set";
import type { DomainDocument } from "../../../provider/vm-cpu-placement/domain-xml";
import type { HostCpus } from "../../../provider/vm-cpu-placement/host-cpus";
import type { Domain } from "../../../provider/vm-cpu-placement/model";
import type { DomainRecord } from "../../../provider/vm-cpu-placement/record";

export type FactTable = Readonly<Record<string, string>>;

/** Eight CPUs, CPU 7 offline, two nodes; CPUs 2-5 can be isolated. No SMT. */
export const host: HostCpus = {
  online: CpuSet.parse("0-6"),
  offline: CpuSet.parse("7"),
  nodes: CpuSet.parse("0-1"),
  isolated: CpuSet.empty,
  cores: [0, 1, 2, 3, 4, 5, 6].map((cpu) => CpuSet.of(cpu)),
};

export const uuid = "11111111-2222-4333-8444-555555555555";

export function documentOf(facts: FactTable, more: Partial<DomainDocument> = {}): DomainDocument {
  return {
    name: "db",
    uuid,
    maximumVcpus: 4,
    cpuset: undefined,
    threadsPerCore: 1,
    facts: new Map(Object.entries(facts)),
    ...more,
  };
}

export function running(live: FactTable, config: FactTable): Domain {
  return {
    uuid,
    name: "db",
    state: "running",
    persistent: true,
    managedSave: false,
    live: documentOf(live),
    config: documentOf(config),
  };
}

export function shutOff(config: FactTable): Domain {
  return {
    uuid,
    name: "db",
    state: "shut off",
    persistent: true,
    managedSave: false,
    live: undefined,
    config: documentOf(config),
  };
}

export function transient(live: FactTable): Domain {
  return {
    uuid,
    name: "db",
    state: "running",
    persistent: false,
    managedSave: false,
    live: documentOf(live),
    config: undefined,
  };
}

export function recordOf(parts: Partial<DomainRecord>): DomainRecord {
  const none = { live: {}, config: {} };
  return { uuid, urn: "urn:pulumi:prod::racks::t::db", original: none, wrote: none, ...parts };
}
