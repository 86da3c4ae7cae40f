import type { Hosts, LockedHost } from "../host/hosts";
import type { JournalEntry } from "../host/journal";
import type { HostSnapshot } from "../host/snapshot";
import type { Props } from "../resource";
import { mirroredJournal } from "./outputs";
import { snapshotRequest } from "./plan";
import type { HostTuningArgs } from "./schema";

/**
 * The snapshot with everything that a plan may need. One round trip; a second only where the host's journal names
 * sysctl keys that neither the program nor the state knew (a run that died before it could save its state).
 */
export async function readHost(hosts: Hosts, args: HostTuningArgs, last: Props | undefined): Promise<HostSnapshot> {
  return complete(args, last, (request) => hosts.snapshot(args.connection, request));
}

/** The same, read again under the lock. */
export async function readLocked(
  host: LockedHost,
  args: HostTuningArgs,
  last: Props | undefined,
): Promise<HostSnapshot> {
  return complete(args, last, (request) => host.snapshot(request));
}

type Read = (request: HostSnapshot["request"]) => Promise<HostSnapshot>;

async function complete(args: HostTuningArgs, last: Props | undefined, read: Read): Promise<HostSnapshot> {
  const mirror = mirroredJournal(last);
  const first = await read(snapshotRequest(args, mirror));
  const found = withJournal(first, mirror);
  const full = snapshotRequest(args, found.journal);
  const missing = full.sysctlKeys.filter((key) => !first.request.sysctlKeys.includes(key));
  return missing.length === 0 ? found : withJournal(await read(full), mirror);
}

/**
 * The host's journal counts. Where it is lost as a whole, the copy in the state stands in: for values, and for files
 * that were not there before (a copy of file contents is not kept in the state, they may hold secrets).
 */
function withJournal(snapshot: HostSnapshot, mirror: readonly JournalEntry[]): HostSnapshot {
  if (snapshot.journal.length > 0 || mirror.length === 0) return snapshot;
  return { ...snapshot, journal: mirror.filter((entry) => entry.kind === "values") };
}
