import type { PromisedDomain } from "../host/hosts";
import type { DomainSnapshot, HostSnapshot } from "../host/snapshot";
import { hostFacts } from "./host-facts";
import type { Domain, PlacementState } from "./model";
import { otherDomains } from "./others";
import { domainsFolder, parseRecord, type DomainRecord } from "./record";
import { documentOf } from "./snapshot-documents";

/** The run that asks: what its other placements have promised on this host, and which resource asks. */
export interface PlacementRun {
  readonly promised: readonly PromisedDomain[];
  readonly urn: string | undefined;
}

const noRun: PlacementRun = { promised: [], urn: undefined };

/** The domain with this name or UUID, and what its host says. Throws where libvirt cannot be asked. */
export function placementState(snapshot: HostSnapshot, nameOrUuid: string, run: PlacementRun = noRun): PlacementState {
  const { libvirt } = snapshot;
  if (libvirt === undefined) throw new Error("the snapshot does not hold the host's domains");
  if (libvirt.unavailable !== undefined) {
    throw new LibvirtUnavailable(`libvirt on this host cannot be asked: ${libvirt.unavailable}`);
  }
  const host = hostFacts(snapshot);
  const { domains } = libvirt;
  const found =
    domains.find(({ uuid }) => uuid === nameOrUuid.toLowerCase()) ?? domains.find(({ name }) => name === nameOrUuid);
  // Without a document it was gone between the list and its document.
  if (found === undefined || (found.live ?? found.inactive) === undefined) {
    const others = otherDomains(snapshot, { ...run, self: { uuid: undefined, name: nameOrUuid } });
    return { domain: undefined, record: undefined, host, others };
  }
  const others = otherDomains(snapshot, { ...run, self: found });
  return { domain: domainOf(found), record: recordOf(snapshot, found.uuid), host, others };
}

export class LibvirtUnavailable extends Error {
  override readonly name = "LibvirtUnavailable";
}

function recordOf(snapshot: HostSnapshot, uuid: string): DomainRecord | undefined {
  const text = snapshot.libvirt?.records.get(uuid);
  return text === undefined ? undefined : parseRecord(`${domainsFolder}/${uuid}/placement.json`, text);
}

function domainOf(domain: DomainSnapshot): Domain {
  const { uuid, name, state, persistent, autostart, managedSave, snapshots, numad, process } = domain;
  return {
    uuid,
    name,
    state,
    persistent,
    autostart,
    managedSave,
    snapshots,
    live: documentOf(domain, "live"),
    config: documentOf(domain, "inactive"),
    ...(numad !== undefined && { numad }),
    ...(process !== undefined && { process }),
  };
}
