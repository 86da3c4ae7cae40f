/* What `verify` and `doctor` look at: one reading of what is, one of the counters. */
import type { HostSnapshot } from "../provider/host/snapshot";
import { inspect, type Inspection } from "../provider/inspect/inspect";
import type { Reading } from "./reading";

export interface Inspected {
  readonly snapshot: HostSnapshot;
  readonly inspection: Inspection;
}

export interface InspectOptions {
  /** Names or UUIDs; none: all that run. */
  readonly domains: readonly string[];
  /** Between two rounds of counters; 0: one round. */
  readonly seconds: number;
}

export async function inspectHost(reading: Reading, { domains, seconds }: InspectOptions): Promise<Inspected> {
  const snapshot = await reading.snapshot();
  const pids = (snapshot.libvirt?.domains ?? []).flatMap(({ process }) => (process === undefined ? [] : [process.pid]));
  const sample = await reading.sample(seconds, pids);
  return { snapshot, inspection: inspect(snapshot, sample, domains.length === 0 ? undefined : domains) };
}
