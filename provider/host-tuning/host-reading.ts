import type { JournalEntry } from "../host/journal";
import type { HostSnapshot, SnapshotRequest } from "../host/snapshot";
import { beyondFixedList } from "../host/snapshot-sysctls";
import type { Props } from "../resource";
import { copyable } from "./journal-copy";
import { mirroredJournal } from "./outputs";
import { planHost, settingsOf, snapshotRequest } from "./plan";
import type { HostTuningArgs } from "./schema";

/** `journalIsCopy`: the host has lost its journal, this one is from the state (journal-copy.ts). */
export interface Reading extends HostSnapshot {
  readonly journalIsCopy?: true;
}

/** Through the cache of this process, or under the lock. */
type Read = (request: SnapshotRequest) => Promise<HostSnapshot>;

/**
 * The snapshot with everything that a plan may need. One round trip; a second only where the host's journal names
 * sysctl keys or units that neither the program nor the state knew (a run that died before it could save its state), and before
 * a reboot, or after one that was cut off, which asks for the domains (libvirt answers slowly when it was idle).
 */
export async function readHost(read: Read, args: HostTuningArgs, last: Props | undefined): Promise<Reading> {
  const mirror = mirroredJournal(last);
  const first = await read(snapshotRequest(args, mirror));
  const found = withJournal(first, mirror);
  const needed = snapshotRequest(args, found.journal);
  const asked = settingsOf(args, found).some((row) => row.asksDomains === true && row.actual !== row.desired);
  const domains = asked || planHost(args, found).reboot || found.leftStopped.length > 0;
  if (holds(first, needed) && (!domains || found.libvirt !== undefined)) return found;
  return withJournal(await read({ ...needed, ...(domains && { domains }) }), mirror);
}

function holds({ request }: HostSnapshot, needed: SnapshotRequest): boolean {
  const { sysctlKeys, units = [] } = beyondFixedList(needed);
  const keys = sysctlKeys.every((key) => request.sysctlKeys.includes(key));
  return keys && units.every((unit) => request.units?.includes(unit) === true);
}

/** The host's journal counts. Where it is lost as a whole, the copy in the state stands in. */
function withJournal(snapshot: HostSnapshot, mirror: readonly JournalEntry[]): Reading {
  if (snapshot.journal.length > 0 || mirror.length === 0) return snapshot;
  return { ...snapshot, journal: mirror.filter(copyable), journalIsCopy: true };
}
