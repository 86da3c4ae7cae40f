import { connectionKey, type ProxyConnection } from "./connection";
import type { OpenedHop } from "./hop";

/** Hosts behind one proxy share the connection to it; it is closed after the last of them. */
export interface SharedProxies {
  /** `leave` must be called once for each. */
  use(proxy: ProxyConnection): Promise<{ readonly hop: OpenedHop; leave(): void }>;
}

interface Shared {
  readonly opening: Promise<OpenedHop>;
  opened?: OpenedHop;
  users: number;
}

export function createSharedProxies(open: (proxy: ProxyConnection) => Promise<OpenedHop>): SharedProxies {
  const all = new Map<string, Shared>();
  const leave = (key: string, shared: Shared): void => {
    shared.users -= 1;
    if (shared.users > 0) return;
    if (all.get(key) === shared) all.delete(key);
    shared.opened?.session.end();
  };
  const find = (proxy: ProxyConnection, key: string): Shared => {
    const known = all.get(key);
    if (known !== undefined && known.opened?.session.closed !== true) return known;
    const shared: Shared = { opening: open(proxy), users: 0 };
    all.set(key, shared);
    return shared;
  };
  return {
    async use(proxy) {
      const key = connectionKey(proxy);
      const shared = find(proxy, key);
      shared.users += 1;
      try {
        shared.opened = await shared.opening;
        return { hop: shared.opened, leave: once(() => leave(key, shared)) };
      } catch (error) {
        leave(key, shared);
        throw error;
      }
    },
  };
}

function once(work: () => void): () => void {
  let done = false;
  return () => {
    if (!done) work();
    done = true;
  };
}
