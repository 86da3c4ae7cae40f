import { closeOnSignal } from "./close-on-signal";
import type { Connect } from "./connect";
import { connectionKey, type Connection } from "./connection";
import type { Transport } from "./transport";

/** One connection per endpoint and credentials for the life of the process. */
export interface Pool {
  /** Those who ask at the same time share one dial; a closed connection is replaced. */
  transport(connection: Connection): Promise<Transport>;
  /** Closes every connection and ends every dial. The pool can be used again. */
  close(): void;
  /** Connections opened so far. */
  readonly opened: number;
}

interface PoolParts {
  readonly connect: Connect;
}

interface Pooled {
  readonly opening: Promise<Transport>;
  transport?: Transport;
}

export function createPool({ connect }: PoolParts): Pool {
  const pooled = new Map<string, Pooled>();
  let dials = new AbortController();
  let opened = 0;
  let ignoreSignals: (() => void) | undefined;
  const close = (): void => {
    dials.abort();
    dials = new AbortController();
    for (const { transport } of pooled.values()) transport?.close();
    pooled.clear();
    ignoreSignals?.();
    ignoreSignals = undefined;
  };
  const open = (connection: Connection, key: string): Pooled => {
    ignoreSignals ??= closeOnSignal(close);
    const { signal } = dials;
    const entry: Pooled = { opening: connect(connection, signal) };
    pooled.set(key, entry);
    entry.opening.then(
      (transport) => {
        opened += 1;
        entry.transport = transport;
        if (signal.aborted) transport.close();
      },
      () => {
        // The next asker dials anew.
        if (pooled.get(key) === entry) pooled.delete(key);
      },
    );
    return entry;
  };
  return {
    async transport(connection) {
      const key = connectionKey(connection);
      const known = pooled.get(key);
      if (known !== undefined && known.transport?.closed !== true) return known.opening;
      return open(connection, key).opening;
    },
    close,
    get opened() {
      return opened;
    },
  };
}
