/* The domains of a host, as libvirt tells them. */
import type { DomainSnapshot, HostSnapshot } from "../host/snapshot";

export interface Domain {
  readonly uuid: string;
  readonly name: string;
}

/** Domains that are not shut off. None if libvirt was not asked. */
export function runningDomains(snapshot: HostSnapshot): readonly DomainSnapshot[] {
  const active = (snapshot.libvirt?.domains ?? []).filter((domain) => domain.state !== "shut off");
  return active.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Why they are not known. Without the daemon's unit a missing virsh means that nothing runs under libvirt. */
export function domainsUnknown(snapshot: HostSnapshot): string | undefined {
  const hasLibvirt = ["libvirtd.service", "virtqemud.service"].some(
    (unit) => snapshot.units.get(unit)?.loadState === "loaded",
  );
  return hasLibvirt ? snapshot.libvirt?.unavailable : undefined;
}
