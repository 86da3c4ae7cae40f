import type { Connection } from "../transport/connection";
import { endpointKey } from "./endpoint-key";
import type { HostSnapshot, SnapshotRequest } from "./snapshot";

export interface SnapshotCache {
  /** What was read before, if it answers; else a reading of all that anybody has asked of this host. */
  get(connection: Connection, request: SnapshotRequest): Promise<HostSnapshot>;
  /** The host has changed, or is about to. */
  drop(key: string): void;
}

interface Entry {
  readonly request: SnapshotRequest;
  readonly snapshot: Promise<HostSnapshot>;
}

/** One reading of a host for all that ask, by endpoint. */
export function createSnapshotCache(
  read: (connection: Connection, request: SnapshotRequest) => Promise<HostSnapshot>,
): SnapshotCache {
  const entries = new Map<string, Entry>();
  return {
    get(connection, request) {
      const key = endpointKey(connection);
      const cached = entries.get(key);
      if (cached !== undefined && answers(cached.request, request)) return cached.snapshot;
      const union = unionOf(cached?.request, request);
      const readAgain = () => read(connection, union);
      const snapshot =
        cached !== undefined && mayAnswer(cached.request, union)
          ? cached.snapshot.then((found) => (found.libvirt === undefined ? readAgain() : found))
          : readAgain();
      const entry = { request: union, snapshot };
      entries.set(key, entry);
      // A failure is given to all who wait for it, and the next one asks again.
      snapshot.catch(() => entries.get(key) === entry && entries.delete(key));
      return snapshot;
    },
    drop: (key) => void entries.delete(key),
  };
}

function answers(given: SnapshotRequest, asked: SnapshotRequest): boolean {
  const domains = given.domains === true || asked.domains !== true;
  const units = (asked.units ?? []).every((unit) => given.units?.includes(unit) === true);
  return domains && units && asked.sysctlKeys.every((key) => given.sysctlKeys.includes(key));
}

/** If libvirt was awake. */
const mayAnswer = (given: SnapshotRequest, asked: SnapshotRequest): boolean =>
  given.domains === "awake" && answers({ ...given, domains: true }, asked);

function unionOf(given: SnapshotRequest | undefined, asked: SnapshotRequest): SnapshotRequest {
  const sysctlKeys = [...new Set([...(given?.sysctlKeys ?? []), ...asked.sysctlKeys])].sort();
  const units = [...new Set([...(given?.units ?? []), ...(asked.units ?? [])])].sort();
  const domains = [given?.domains, asked.domains];
  const wanted = domains.includes(true) ? true : domains.includes("awake") ? "awake" : undefined;
  return { sysctlKeys, ...(units.length > 0 && { units }), ...(wanted !== undefined && { domains: wanted }) };
}
