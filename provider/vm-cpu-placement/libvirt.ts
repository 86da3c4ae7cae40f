import type { DomainSnapshot, HostSnapshot } from "../host/snapshot";
import type { Step } from "../host/step";
import { readDomain } from "./domain-xml";
import { parseSetting, unpinned, type FactChanges, type Facts } from "./facts";
import { hostCpus } from "./host-cpus";
import type { Domain, PlacementState } from "./model";
import { domainsFolder, parseRecord, type DomainRecord } from "./record";

/** Always the system's daemon: over SSH LIBVIRT_DEFAULT_URI or a login's session daemon would be asked instead. */
export const virsh = ["virsh", "-c", "qemu:///system"] as const;

/** The domain with this name or UUID, and what its host says. Throws where libvirt cannot be asked. */
export function placementState(snapshot: HostSnapshot, nameOrUuid: string): PlacementState {
  const { libvirt } = snapshot;
  if (libvirt === undefined) throw new Error("the snapshot does not hold the host's domains");
  if (libvirt.unavailable !== undefined) {
    throw new LibvirtUnavailable(`libvirt on this host cannot be asked: ${libvirt.unavailable}`);
  }
  const host = hostCpus(snapshot.files);
  const { domains } = libvirt;
  const found =
    domains.find(({ uuid }) => uuid === nameOrUuid.toLowerCase()) ?? domains.find(({ name }) => name === nameOrUuid);
  // Without a document it was gone between the list and its document.
  if (found === undefined || (found.live ?? found.inactive) === undefined)
    return { domain: undefined, record: undefined, host };
  return { domain: domainOf(found), record: recordOf(snapshot, found.uuid), host };
}

export class LibvirtUnavailable extends Error {
  override readonly name = "LibvirtUnavailable";
}

function recordOf(snapshot: HostSnapshot, uuid: string): DomainRecord | undefined {
  const text = snapshot.libvirt?.records.get(uuid);
  return text === undefined ? undefined : parseRecord(`${domainsFolder}/${uuid}/placement.json`, text);
}

function domainOf({ uuid, name, state, persistent, managedSave, process, live, inactive }: DomainSnapshot): Domain {
  return {
    uuid,
    name,
    state,
    persistent,
    managedSave,
    live: live === undefined ? undefined : readDomain(live),
    config: inactive === undefined ? undefined : readDomain(inactive),
    ...(process !== undefined && { process }),
  };
}

interface LiveChanges {
  readonly uuid: string;
  readonly changes: FactChanges;
  readonly facts: Facts;
  /** Where a thread runs that loses its pin. */
  readonly everywhere: string;
}

/** One virsh call for each live change; a new I/O thread takes two. The UUID stands for the name, which may begin with a dash. */
export function liveSteps({ uuid, changes, facts, everywhere }: LiveChanges): readonly Step[] {
  return [...changes].flatMap(([setting, value]): readonly Step[] => {
    const call = (verb: string, ...args: readonly string[]): Step => ({
      kind: "run",
      setting,
      argv: [...virsh, verb, uuid, ...args, "--live"],
      timeoutSeconds: 120,
    });
    const cpus = value === null || value === unpinned ? everywhere : value;
    const one = parseSetting(setting);
    switch (one.kind) {
      case "vcpuPin":
        return [call("vcpupin", String(one.vcpu), cpus)];
      case "emulatorPin":
        return [call("emulatorpin", cpus)];
      case "iothread": {
        if (value === null) return [call("iothreaddel", String(one.id))];
        const add = facts.has(setting) ? [] : [call("iothreadadd", String(one.id))];
        return [...add, call("iothreadpin", String(one.id), cpus)];
      }
      case "numa":
        // Only the nodeset of mode restrictive gets here (impact.ts).
        return value === null ? [] : [call("numatune", "--nodeset", value)];
    }
  });
}
