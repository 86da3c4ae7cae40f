import type { Connection } from "../transport/connection";
import type { Transport } from "../transport/transport";
import { createMutexes } from "./mutexes";
import { runScript, runSteps, setOwner } from "./executor";
import { endpointKey } from "./endpoint-key";
import type { Hosts, LockedHost } from "./hosts";
import { createPromises } from "./promises";
import { lockHost, type HostLock } from "./lock";
import { rebootHost, type RebootWait } from "./reboot";
import { readSnapshot } from "./read-snapshot";
import { createSnapshotCache } from "./snapshot-cache";

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
  const mutexes = createMutexes();
  // A reading waits for a write of this process: it would see half of it, or a host that reboots.
  const cache = createSnapshotCache((connection, request) =>
    mutexes
      .idle(endpointKey(connection))
      .then(() => pool.transport(connection))
      .then((transport) => readSnapshot(transport, request)),
  );

  return {
    snapshot: (connection, request) => cache.get(connection, request),

    exclusively(connection, work) {
      const key = endpointKey(connection);
      return mutexes.run(key, async () => {
        const take = async (transport: Transport) => ({
          transport,
          lock: await lockHost(transport, options.lockWaitSeconds ?? 60),
        });
        // A reboot ends the connection and with it the lock: `held` is then another one.
        let held = await take(await pool.transport(connection));
        cache.drop(key);
        const oneDial = { ...connection, dialErrorLimit: 1, perDialTimeout: 10 };
        const reboot = async (wait: RebootWait) => {
          const transport = await rebootHost(held.transport, () => pool.transport(oneDial), wait);
          held = await take(transport);
        };
        try {
          return await work(lockedHost(() => held, reboot));
        } finally {
          cache.drop(key);
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
