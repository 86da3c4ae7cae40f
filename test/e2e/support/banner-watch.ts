/* Whether hosts are up, seen from outside: an SSH server says its name to everybody who connects. */
import { setTimeout as sleep } from "node:timers/promises";
import { answers } from "../../host/boot-watch";

export interface BannerWatch {
  /** Ends the watch. The most hosts that were down at one time, and how often each went down. */
  end(): Promise<{ readonly mostDown: number; readonly falls: Readonly<Record<string, number>> }>;
}

/** An emulated host takes a second or two to answer. */
const LIMIT_MS = 15_000;
const EVERY_MS = 1_000;

export function watchBanners(hosts: readonly { readonly name: string; readonly port: number }[]): BannerWatch {
  const down = new Set<string>();
  const falls = new Map<string, number>();
  let mostDown = 0;
  let over = false;
  const watch = async ({ name, port }: { name: string; port: number }): Promise<void> => {
    while (!over) {
      if (await answers(port, LIMIT_MS)) down.delete(name);
      else if (!down.has(name)) {
        falls.set(name, (falls.get(name) ?? 0) + 1);
        down.add(name);
        mostDown = Math.max(mostDown, down.size);
      }
      await sleep(EVERY_MS);
    }
  };
  const watching = hosts.map(watch);
  return {
    end: async () => {
      over = true;
      await Promise.all(watching);
      return { mostDown, falls: Object.fromEntries(falls) };
    },
  };
}
