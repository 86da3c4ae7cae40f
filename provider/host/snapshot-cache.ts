import { setTimeout } from "node:timers/promises";
import type { Connection } from "../transport/connection";
import { endpointKey } from "./endpoint-key";
import type { HostSnapshot, SnapshotRequest } from "./snapshot";
import { beyondFixedList } from "./snapshot-sysctls";

export interface SnapshotCache {
  /** What was read before, if it answers; else a reading of all that anybody has asked of this host. */
  get(connection: Connection, request: SnapshotRequest): Promise<HostSnapshot>;
  /** The host has changed, or is about to. */
  drop(key: string): void;
}

interface Entry {
  /** Grows until the reading is sent. */
  request: SnapshotRequest;
  sent: boolean;
  readonly snapshot: Promise<HostSnapshot>;
}

/**
 * How long a reading waits for others who ask of the same host: a refresh sends what a host's resources ask as fast as
 * it can, one after another.
 */
const joinMilliseconds = 5;

/** One reading of a host for all that ask, by endpoint. */
export function createSnapshotCache(
  read: (connection: Connection, request: SnapshotRequest) => Promise<HostSnapshot>,
): SnapshotCache {
  const entries = new Map<string, Entry>();

  const send = async (connection: Connection, entry: Entry, before: Entry | undefined): Promise<HostSnapshot> => {
    // What is being read already may turn out to answer: libvirt was awake.
    const mayAnswer = before?.request.domains === "awake" && answers(withDomains(before.request), entry.request);
    const found = mayAnswer ? await before.snapshot : undefined;
    if (found?.libvirt !== undefined && answers(withDomains(found.request), entry.request)) {
      entry.sent = true;
      return found;
    }
    await setTimeout(joinMilliseconds);
    entry.sent = true;
    return read(connection, entry.request);
  };

  return {
    get(connection, request) {
      const key = endpointKey(connection);
      const asked = beyondFixedList(request);
      const cached = entries.get(key);
      if (cached !== undefined && answers(cached.request, asked)) return cached.snapshot;
      const union = unionOf(cached?.request, asked);
      if (cached?.sent === false) {
        cached.request = union;
        return cached.snapshot;
      }
      const entry: Entry = {
        request: union,
        sent: false,
        snapshot: Promise.resolve().then(() => send(connection, entry, cached)),
      };
      entries.set(key, entry);
      // A failure is given to all who wait for it, and the next one asks again.
      entry.snapshot.catch(() => entries.get(key) === entry && entries.delete(key));
      return entry.snapshot;
    },
    drop: (key) => void entries.delete(key),
  };
}

function answers(given: SnapshotRequest, asked: SnapshotRequest): boolean {
  const domains = given.domains === true || asked.domains !== true;
  const units = (asked.units ?? []).every((unit) => given.units?.includes(unit) === true);
  return domains && units && asked.sysctlKeys.every((key) => given.sysctlKeys.includes(key));
}

const withDomains = (request: SnapshotRequest): SnapshotRequest => ({ ...request, domains: true });

function unionOf(given: SnapshotRequest | undefined, asked: SnapshotRequest): SnapshotRequest {
  const sysctlKeys = [...new Set([...(given?.sysctlKeys ?? []), ...asked.sysctlKeys])].sort();
  const units = [...new Set([...(given?.units ?? []), ...(asked.units ?? [])])].sort();
  const domains = [given?.domains, asked.domains];
  const wanted = domains.includes(true) ? true : domains.includes("awake") ? "awake" : undefined;
  return { sysctlKeys, ...(units.length > 0 && { units }), ...(wanted !== undefined && { domains: wanted }) };
}
