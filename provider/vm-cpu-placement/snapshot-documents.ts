import type { DomainSnapshot } from "../host/snapshot";
import { readDomain, type DomainDocument } from "./domain-xml";

type Which = "live" | "inactive";

/** A snapshot serves a whole phase of the engine: each of its documents is parsed once, whoever asks. */
const known = new WeakMap<DomainSnapshot, Map<Which, DomainDocument>>();

/** Undefined: libvirt has no such document. Throws DomainXmlError. */
export function documentOf(domain: DomainSnapshot, which: Which): DomainDocument | undefined {
  const xml = domain[which];
  if (xml === undefined) return undefined;
  const documents = known.get(domain) ?? new Map<Which, DomainDocument>();
  known.set(domain, documents);
  const document = documents.get(which) ?? readDomain(xml);
  documents.set(which, document);
  return document;
}
