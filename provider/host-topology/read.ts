/*
 * Reads topologies in the process of the program, which is not the provider's: over a connection of its own, open for
 * as long as the reading takes. Nothing may keep the program's process alive behind its last line.
 */
import { createHosts, type ConnectionSource } from "../host/host-access";
import type { HostSnapshot } from "../host/snapshot";
import { TopologyError } from "../linux/topology-error";
import { connectionKey, endpointOf, type Connection } from "../transport/connection";
import { parseTopologyArguments, type TopologyArguments } from "./arguments";
import { describeTopology } from "./describe";
import type { HostTopology } from "./model";

/** `fresh`: a reading that has already begun will not do. */
export type ReadTopology = (args: unknown, options?: { readonly fresh?: boolean }) => Promise<HostTopology>;

/** Those who ask for one host at the same time share one reading, and so one connection. */
export function createTopologyReader(createPool: () => ConnectionSource): ReadTopology {
  const readings = new Map<string, Promise<HostTopology>>();
  return async (given, { fresh = false } = {}) => {
    const args = parseTopologyArguments(given);
    const key = `${connectionKey(args.connection)} ${String(args.timeoutSeconds)}`;
    const known = fresh ? undefined : readings.get(key);
    if (known !== undefined) return structuredClone(await known);
    const reading = readOnce(createPool(), args);
    readings.set(key, reading);
    const forget = (): void => {
      if (readings.get(key) === reading) readings.delete(key);
    };
    reading.then(forget, forget);
    // A copy each: a program may change its value.
    return structuredClone(await reading);
  };
}

async function readOnce(
  pool: ConnectionSource,
  { connection, timeoutSeconds }: TopologyArguments,
): Promise<HostTopology> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(tooLate(connection, timeoutSeconds)), timeoutSeconds * 1000);
  });
  try {
    const reading = createHosts(pool).snapshot(connection, { sysctlKeys: [] });
    return described(connection, await Promise.race([reading, limit]));
  } finally {
    clearTimeout(timer);
    // Also ends a dial that still tries.
    pool.close();
  }
}

function described(connection: Connection, snapshot: HostSnapshot): HostTopology {
  try {
    return describeTopology(snapshot);
  } catch (cause) {
    if (!(cause instanceof TopologyError)) throw cause;
    throw new Error(`${endpointOf(connection)}: ${cause.message}`, { cause });
  }
}

function tooLate(connection: Connection, timeoutSeconds: number): Error {
  const limit = timeoutSeconds === 1 ? "1 second" : `${String(timeoutSeconds)} seconds`;
  return new Error(
    `${endpointOf(connection)}: the topology was not read within ${limit}: the host cannot be reached, or is very slow. ` +
      "Try `ssh` from the machine that runs Pulumi, or raise timeoutSeconds of getHostTopology.",
  );
}
