/* Which domains of the hosts are VMs of the plan. */
import type { DomainSnapshot, HostSnapshot } from "../host/snapshot";
import { isOfSameStack } from "../urn";
import { isOurs } from "../vm-cpu-placement/record";
import type { PlannedVm } from "./model";
import { recordOf } from "./domain-record";
import type { PlanArgs } from "./schema";

export interface VmDomain {
  readonly vm: string;
  readonly host: string;
  readonly domain: DomainSnapshot;
}

export interface VmDomainsRequest {
  readonly vms: PlanArgs["vms"];
  readonly snapshots: ReadonlyMap<string, HostSnapshot>;
  /** Of the last run. */
  readonly last: Readonly<Record<string, PlannedVm>>;
  readonly urn: string | undefined;
}

/**
 * A domain with the name or UUID that the plan knows the VM by. Where a program places a domain of another name by this
 * plan and does not say so, what it has written there tells: else the plan would take its own VM for somebody else's, and
 * make way for it in each run.
 */
export function vmDomains({ vms, snapshots, last, urn }: VmDomainsRequest): readonly VmDomain[] {
  const hosts = [...snapshots].toSorted(([one], [other]) => (one < other ? -1 : 1));
  const all = hosts.flatMap(([host, snapshot]) =>
    (snapshot.libvirt?.domains ?? []).map((domain) => ({ host, domain, snapshot })),
  );
  const named = Object.entries(vms).flatMap(([vm, { domain: nameOrUuid = vm }]) =>
    all.filter(({ domain }) => isCalled(domain, nameOrUuid)).map(({ host, domain }) => ({ vm, host, domain })),
  );
  const known = new Set(named.map(({ domain }) => domain));
  const found = new Set(named.map(({ vm }) => vm));
  const others = Object.entries(last).flatMap(([vm, placed]): readonly VmDomain[] => {
    if (vms[vm] === undefined || found.has(vm)) return [];
    const own = all.find(
      ({ host, domain, snapshot }) =>
        host === placed.host && !known.has(domain) && isPlacedAs(snapshot, { domain, placed, urn }),
    );
    if (own === undefined) return [];
    known.add(own.domain);
    return [{ vm, host: own.host, domain: own.domain }];
  });
  return [...named, ...others];
}

function isCalled({ name, uuid }: DomainSnapshot, nameOrUuid: string): boolean {
  return uuid === nameOrUuid.toLowerCase() || name === nameOrUuid;
}

interface Placed {
  readonly domain: DomainSnapshot;
  readonly placed: PlannedVm;
  readonly urn: string | undefined;
}

/** Placed by this stack, with all the pins of the plan. */
function isPlacedAs({ libvirt }: HostSnapshot, { domain, placed, urn }: Placed): boolean {
  const record = recordOf(libvirt?.records.get(domain.uuid), domain.uuid);
  if (record === undefined || urn === undefined || !isOfSameStack(record.urn, urn)) return false;
  const pins = Object.entries(placed.settings.vcpuPins);
  return pins.length > 0 && pins.every(([vcpu, cpus]) => isOurs(record, `vcpuPins.${vcpu}`, cpus));
}
