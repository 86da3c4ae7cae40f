import type { Connection } from "../transport/connection";
import type { Transport } from "../transport/transport";
import { createMutexes } from "./mutexes";
import { runScript, runSteps, setOwner } from "./executor";
import type { ExpectedHost, Hosts, LockedHost } from "./hosts";
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
  const expectations = new Map<string, ExpectedHost>();

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

    expect: (connection, expected) => void expectations.set(endpointKey(connection), expected),
    expected: (connection) => expectations.get(endpointKey(connection)),
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

/** Hosts with equal private addresses behind different proxies are different endpoints. */
function endpointKey({ host, port, user, proxy }: Connection): string {
  const via = proxy === undefined ? [] : [proxy.host, proxy.port ?? 22, proxy.user ?? "root"];
  return JSON.stringify([host, port ?? 22, user ?? "root", ...via]);
}

function answers(given: SnapshotRequest, asked: SnapshotRequest): boolean {
  const domains = given.domains === true || asked.domains !== true;
  return domains && asked.sysctlKeys.every((key) => given.sysctlKeys.includes(key));
}

function unionOf(given: SnapshotRequest | undefined, asked: SnapshotRequest): SnapshotRequest {
  const sysctlKeys = [...new Set([...(given?.sysctlKeys ?? []), ...asked.sysctlKeys])].sort();
  return { sysctlKeys, ...((given?.domains === true || asked.domains === true) && { domains: true }) };
}
