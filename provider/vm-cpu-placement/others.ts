import type { PromisedDomain } from "../host/hosts";
import type { DomainSnapshot, HostSnapshot, LibvirtSnapshot } from "../host/snapshot";
import { isOfSameStack } from "../urn";
import type { DomainDocument } from "./domain-xml";
import { DomainXmlError } from "./domain-xml/error";
import type { Facts } from "./facts";
import { domainsFolder, parseRecord } from "./record";
import { documentOf } from "./snapshot-documents";

/** Another domain of the host, for what two domains cannot both have. */
export interface OtherDomain {
  readonly name: string;
  /** Undefined: promised, but not there yet. */
  readonly uuid: string | undefined;
  readonly running: boolean;
  readonly autostart: boolean;
  /** URN of the resource that places it; undefined: none. "": its record is damaged. */
  readonly owner: string | undefined;
  /** Promised by another placement of this run rather than read. */
  readonly promised: boolean;
  /** Of the running domain, if it runs. */
  readonly facts: Facts;
  readonly maximumVcpus: number;
}

export interface OthersOf {
  /** The domain being placed: left out. */
  readonly self: { readonly uuid: string | undefined; readonly name: string };
  readonly promised: readonly PromisedDomain[];
  /** The resource that places it; undefined: no run is under way, and every domain counts as it is. */
  readonly urn: string | undefined;
}

/**
 * All domains of the host but one. A domain that this run will place, but has not checked yet, is left out: what it has
 * now it may be about to give up. It is checked against ours later in the same run, so two placements can swap CPUs.
 */
export function otherDomains({ libvirt }: HostSnapshot, { self, promised, urn }: OthersOf): readonly OtherDomain[] {
  const isSelf = (one: { readonly name: string; readonly uuid: string | undefined }): boolean => isSame(one, self);
  const read = libvirt === undefined ? [] : domainsOf(libvirt);
  const promises = promised.filter((one) => !isSelf(one) && (urn === undefined || one.urn !== urn));
  const present = read
    .filter((one) => !isSelf(one))
    .flatMap((one): readonly OtherDomain[] => {
      const promise = promises.find((other) => isSame(other, one));
      if (promise !== undefined) return [kept(promise, one)];
      const later = urn !== undefined && one.owner !== undefined && isOfSameStack(one.owner, urn);
      return later ? [] : [one];
    });
  const absent = promises.filter((promise) => !read.some((one) => isSame(promise, one)));
  return [...present, ...absent.map((promise) => kept(promise, undefined))];
}

interface Named {
  readonly name: string;
  readonly uuid: string | undefined;
}

function isSame(one: Named, other: Named): boolean {
  if (one.uuid !== undefined && other.uuid !== undefined) return one.uuid === other.uuid;
  return one.name === other.name;
}

function kept({ name, uuid, urn, facts, maximumVcpus }: PromisedDomain, now: OtherDomain | undefined): OtherDomain {
  return {
    name,
    uuid: now?.uuid ?? uuid,
    running: now?.running ?? false,
    autostart: now?.autostart ?? false,
    owner: urn ?? now?.owner,
    promised: true,
    facts,
    maximumVcpus,
  };
}

/** Fifty placements on a host must not parse its hundred documents fifty times. */
const known = new WeakMap<LibvirtSnapshot, readonly OtherDomain[]>();

function domainsOf(libvirt: LibvirtSnapshot): readonly OtherDomain[] {
  const before = known.get(libvirt);
  if (before !== undefined) return before;
  const domains = libvirt.domains.flatMap((one): readonly OtherDomain[] => {
    const document = readableDocument(one);
    if (document === undefined) return [];
    const { facts, maximumVcpus } = document;
    const owner = ownerOf(libvirt.records.get(one.uuid), one.uuid);
    const running = one.live !== undefined;
    const { name, uuid, autostart } = one;
    return [{ name, uuid, running, autostart, owner, promised: false, facts, maximumVcpus }];
  });
  known.set(libvirt, domains);
  return domains;
}

/** Undefined: it cannot be read. Whoever places that domain is told so. */
function readableDocument(domain: DomainSnapshot): DomainDocument | undefined {
  try {
    return documentOf(domain, domain.live === undefined ? "inactive" : "live");
  } catch (error) {
    if (error instanceof DomainXmlError) return undefined;
    throw error;
  }
}

function ownerOf(record: string | undefined, uuid: string): string | undefined {
  if (record === undefined) return undefined;
  try {
    return parseRecord(`${domainsFolder}/${uuid}/placement.json`, record).urn;
  } catch {
    return "";
  }
}
