/*
 * What domains that are no VM of the plan have of their host: CPUs and memory, of the running domain and of its
 * definition, which its next start will take. A domain that is shut off claims as much as one that runs: it is there to be
 * started.
 */
import type { PromisedDomain } from "../host/hosts";
import type { DomainSnapshot, HostSnapshot } from "../host/snapshot";
import { CpuSet } from "../linux/cpu-set";
import { readDomain } from "../vm-cpu-placement/domain-xml";
import { DomainXmlError } from "../vm-cpu-placement/domain-xml/error";
import { kibOf, parseSetting, type Facts } from "../vm-cpu-placement/facts";
import { hostFacts } from "../vm-cpu-placement/host-facts";
import { dedicatedCpus, pinsOf, readSet } from "../vm-cpu-placement/preflight/judged";
import { memoryClaims, memorySource, type MemoryClaim, type MemorySource } from "./claimed-memory";
import { recordOf } from "./domain-record";

/** One domain's. */
export interface Claim {
  readonly domain: string;
  /** URN of the resource that places it; undefined: none, or one that is not known. */
  readonly owner: string | undefined;
  /** CPUs that one of its vCPUs has for itself. */
  readonly dedicated: CpuSet;
  /** CPUs that its emulator or an I/O thread is pinned to, one each. */
  readonly helpers: CpuSet;
  /** CPUs that its other threads are bounded to. */
  readonly shared: CpuSet;
  /** Some of its threads run wherever the host lets them. */
  readonly floating: boolean;
  readonly memory: readonly MemoryClaim[];
  /** Shares of a cache that are its vCPUs' alone (resctrl): the cache's level and id. */
  readonly caches: readonly { readonly level: number; readonly id: number; readonly kib: number }[];
  /** As it runs, or will when it is started. */
  readonly facts: Facts;
}

export interface ClaimsRequest {
  readonly snapshot: HostSnapshot;
  /** What other placements of this run will make of their domains. */
  readonly promised: readonly PromisedDomain[];
  /** Whether a domain is a VM of the plan. */
  readonly isPlanned: (domain: { readonly name: string; readonly uuid: string | undefined }) => boolean;
}

/** By name, so that a host that lists its domains in another order has the same claims. */
export function claimsOf({ snapshot, promised, isPlanned }: ClaimsRequest): readonly Claim[] {
  const { libvirt } = snapshot;
  const { defaultPageKiB } = hostFacts(snapshot);
  const present = (libvirt?.domains ?? []).map((domain): Claimant => {
    const promise = promised.find((one) => isSame(one, domain));
    return {
      ...domain,
      owner: promise?.urn ?? recordOf(libvirt?.records.get(domain.uuid), domain.uuid)?.urn,
      sides: promise === undefined ? sidesOf(domain) : [promisedSide(promise)],
    };
  });
  const absent = promised
    .filter((promise) => !present.some((domain) => isSame(promise, domain)))
    .map(({ name, uuid, urn, ...promise }): Claimant => ({ name, uuid, owner: urn, sides: [promisedSide(promise)] }));
  const claims = [...present, ...absent].filter((one) => !isPlanned(one)).map((one) => claimOf(one, defaultPageKiB));
  return claims.toSorted((one, other) => (one.domain < other.domain ? -1 : 1));
}

interface Claimant {
  readonly name: string;
  readonly uuid: string | undefined;
  readonly owner: string | undefined;
  readonly sides: readonly MemorySource[];
}

function claimOf({ name, owner, sides }: Claimant, defaultPageKiB: number | undefined): Claim {
  const facts = sides.map((side) => side.facts);
  return {
    domain: name,
    owner: owner === "" ? undefined : owner,
    ...threadsOf(facts),
    memory: largest(sides.map((side) => memoryClaims(side, defaultPageKiB))),
    caches: distinct(facts.flatMap(cacheClaims)),
    facts: facts[0] ?? new Map<string, string>(),
  };
}

const promisedSide = ({ facts }: Pick<PromisedDomain, "facts">): MemorySource => ({
  facts,
  wholeKiB: undefined,
  modulesKiB: 0,
});

function isSame(
  promise: PromisedDomain,
  domain: { readonly name: string; readonly uuid: string | undefined },
): boolean {
  if (promise.uuid === undefined || domain.uuid === undefined) return promise.name === domain.name;
  return promise.uuid === domain.uuid;
}

/** The running domain and its definition. What cannot be read claims nothing: whoever places that domain is told. */
export function sidesOf({ live, inactive }: DomainSnapshot): readonly MemorySource[] {
  return [live, inactive].flatMap((xml) => {
    if (xml === undefined) return [];
    try {
      return [memorySource(readDomain(xml), xml)];
    } catch (error) {
      if (error instanceof DomainXmlError) return [];
      throw error;
    }
  });
}

function threadsOf(sides: readonly Facts[]): Pick<Claim, "dedicated" | "helpers" | "shared" | "floating"> {
  const dedicated = CpuSet.from(sides.flatMap((facts) => [...dedicatedCpus(facts).keys()]));
  const helpers = sides.flatMap((facts) =>
    pinsOf(facts).filter(({ kind, cpus }) => kind !== "vcpuPin" && cpus.size === 1),
  );
  const bounded = sides.flatMap((facts) => {
    const pins = pinsOf(facts).filter(({ kind, cpus }) => kind !== "vcpuPin" || cpus.size > 1);
    const pool = facts.get("vcpuCpuset");
    return [...pins.map(({ cpus }) => cpus), ...(pool === undefined ? [] : [readSet(pool)])];
  });
  return {
    dedicated,
    helpers: CpuSet.union(helpers.map(({ cpus }) => cpus)),
    shared: CpuSet.union(bounded),
    floating: sides.some(floats),
  };
}

/** A vCPU, or QEMU's own threads, without a pin and without a pool. */
function floats(facts: Facts): boolean {
  if (facts.has("vcpuCpuset")) return false;
  const pins = pinsOf(facts);
  const pinned = pins.filter(({ kind }) => kind === "vcpuPin").length;
  return pinned < Number(facts.get("vcpus.maximum") ?? "1") || !pins.some(({ kind }) => kind === "emulatorPin");
}

function cacheClaims(facts: Facts): Claim["caches"] {
  return [...facts].flatMap(([setting, value]) => {
    const parsed = setting.startsWith("cacheTune.") ? parseSetting(setting) : undefined;
    return parsed?.kind === "cacheTune" ? [{ level: parsed.level, id: parsed.id, kib: kibOf(value) ?? 0 }] : [];
  });
}

const distinct = (caches: Claim["caches"]): Claim["caches"] => [
  ...new Map(caches.map((one) => [JSON.stringify(one), one])).values(),
];

/** Of two descriptions that differ, what either needs: the one is true now, the other at the next start. */
function largest(sides: readonly (readonly MemoryClaim[])[]): readonly MemoryClaim[] {
  const byPlace = new Map<string, MemoryClaim>();
  for (const claim of sides.flatMap(merged)) {
    const place = `${String(claim.nodes ?? "any")} ${claim.pageKiB ?? 0}`;
    const before = byPlace.get(place);
    if (before === undefined || before.kib < claim.kib) byPlace.set(place, claim);
  }
  return [...byPlace.values()];
}

/** Guest cells on the same nodes need their sum. */
function merged(claims: readonly MemoryClaim[]): readonly MemoryClaim[] {
  const groups = Map.groupBy(claims, ({ nodes, pageKiB }) => `${String(nodes ?? "any")} ${pageKiB ?? 0}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined ? [] : [{ ...first, kib: group.reduce((sum, { kib }) => sum + kib, 0) }];
  });
}
