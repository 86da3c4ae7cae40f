/* All checks of a host and its domains. Pure. */
import type { HostSnapshot } from "../host/snapshot";
import { inspectDomain, type InspectedDomain } from "./domain-checks";
import { hostChecks } from "./host-checks";
import type { Check } from "./model";
import type { Sample } from "./sample";
import { intruderChecks, missChecks, threadChecks } from "./sample-checks";

export interface Inspection {
  readonly checks: readonly Check[];
  readonly domains: readonly InspectedDomain[];
  /** Why the domains are not known. */
  readonly unavailable?: string;
}

/** `only`: names or UUIDs of domains; undefined: all that run. Throws for a domain that is not there. */
export function inspect(snapshot: HostSnapshot, sample?: Sample, only?: readonly string[]): Inspection {
  const { libvirt } = snapshot;
  const host = hostChecks(snapshot);
  if (libvirt === undefined || libvirt.unavailable !== undefined) {
    if (only !== undefined)
      throw new Error(`domains are not known: ${libvirt?.unavailable ?? "libvirt was not asked"}`);
    return {
      checks: host,
      domains: [],
      ...(libvirt?.unavailable !== undefined && { unavailable: libvirt.unavailable }),
    };
  }
  const running = libvirt.domains.filter(({ live }) => live !== undefined).map(({ uuid }) => uuid);
  const domains = (only ?? running).map((name) => {
    const found = inspectDomain(snapshot, name, sample?.memory);
    if (found === undefined) throw new Error(`there is no domain ${JSON.stringify(name)} on this host`);
    return found;
  });
  const all = running.flatMap((uuid) => inspectDomain(snapshot, uuid)?.domain ?? []);
  const counters = sample === undefined ? [] : [...missChecks(sample), ...intruderChecks(snapshot, sample, all)];
  return {
    checks: [
      ...host,
      ...counters,
      ...domains.flatMap(({ domain, checks }) => [
        ...checks,
        ...(sample === undefined ? [] : threadChecks(domain, sample)),
      ]),
    ],
    domains,
  };
}
