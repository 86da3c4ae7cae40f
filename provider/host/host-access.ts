import type { Connection } from "../transport/connection";
import type { Transport } from "../transport/transport";
import { createMutexes } from "./mutexes";
import { runScript, runSteps, setOwner } from "./executor";
import { endpointKey } from "./endpoint-key";
import type { Hosts, LockedHost } from "./hosts";
import { createPromises } from "./promises";
import { lockHost, type HostLock } from "./lock";
import { rebootHost, type RebootWait } from "./reboot";
import type { HostSnapshot, SnapshotRequest } from "./snapshot";
import { readSnapshot } from "./read-snapshot";

/** What is needed of the connection pool (transport/connection-pool.ts). */
export interface ConnectionSource {
  transport(connection: Connection): Promise<Transport>;
  close(): void;
}

export interface HostAccessOptions {
  /** How long to wait for the lock of a host that another run holds. Default 60. */
  readonly lockWaitSeconds?: number;
}

/** Hosts behind a pool of connections: snapshots are shared per endpoint, writes are serialised per endpoint. */
export function createHosts(pool: ConnectionSource, options: HostAccessOptions = {}): Hosts {
  const cache = new Map<string, CachedSnapshot>();
  const mutexes = createMutexes();

  return {
    snapshot(connection, request) {
      const key = endpointKey(connection);
      const cached = cache.get(key);
      if (cached !== undefined && answers(cached.request, request)) return cached.snapshot;
      const union = unionOf(cached?.request, request);
      // A reading waits for a write of this process: it would see half of it, or a host that reboots.
      const snapshot = mutexes
        .idle(key)
        .then(() => pool.transport(connection))
        .then((transport) => readSnapshot(transport, union));
      const entry = { request: union, snapshot };
      cache.set(key, entry);
      // A failure is given to all who wait for it, and the next one asks again.
      snapshot.catch(() => cache.get(key) === entry && cache.delete(key));
      return snapshot;
    },

    exclusively(connection, work) {
      const key = endpointKey(connection);
      return mutexes.run(key, async () => {
        const take = async (transport: Transport) => ({
          transport,
          lock: await lockHost(transport, options.lockWaitSeconds ?? 60),
        });
        // A reboot ends the connection and with it the lock: `held` is then another one.
        let held = await take(await pool.transport(connection));
        cache.delete(key);
        const oneDial = { ...connection, dialErrorLimit: 1, perDialTimeout: 10 };
        const reboot = async (wait: RebootWait) => {
          const transport = await rebootHost(held.transport, () => pool.transport(oneDial), wait);
          held = await take(transport);
        };
        try {
          return await work(lockedHost(() => held, reboot));
        } finally {
          cache.delete(key);
          await held.lock.release();
        }
      });
    },

    ...createPromises(),
    query: async (connection, { script, args, stdin = "", beside = false }) => {
      if (!beside) await mutexes.idle(endpointKey(connection));
      const transport = await pool.transport(connection);
      const { stdout } = await transport.exec({
        argv: ["sh", "-c", script, "kvm-tuning", ...args],
        stdin,
        timeoutSeconds: 60,
      });
      return stdout;
    },
    close: () => pool.close(),
  };
}

interface Held {
  readonly transport: Transport;
  readonly lock: HostLock;
}

function lockedHost(held: () => Held, reboot: LockedHost["reboot"]): LockedHost {
  const locked = () => ({ transport: held().transport, token: held().lock.token });
  return {
    snapshot: (request) => readSnapshot(held().transport, request),
    run: (steps, onStep) => runSteps(locked(), steps, onStep),
    script: (script) => runScript(locked(), script),
    reboot,
    setOwner: (owner) => setOwner(locked(), owner),
  };
}

interface CachedSnapshot {
  readonly request: SnapshotRequest;
  readonly snapshot: Promise<HostSnapshot>;
}

function answers(given: SnapshotRequest, asked: SnapshotRequest): boolean {
  const domains = given.domains === true || asked.domains !== true;
  const units = (asked.units ?? []).every((unit) => given.units?.includes(unit) === true);
  return domains && units && asked.sysctlKeys.every((key) => given.sysctlKeys.includes(key));
}

function unionOf(given: SnapshotRequest | undefined, asked: SnapshotRequest): SnapshotRequest {
  const sysctlKeys = [...new Set([...(given?.sysctlKeys ?? []), ...asked.sysctlKeys])].sort();
  const units = [...new Set([...(given?.units ?? []), ...(asked.units ?? [])])].sort();
  return {
    sysctlKeys,
    ...(units.length > 0 && { units }),
    ...((given?.domains === true || asked.domains === true) && { domains: true }),
  };
}
