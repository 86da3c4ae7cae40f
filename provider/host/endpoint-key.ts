import type { Connection } from "../transport/connection";

/** Hosts with equal private addresses behind different proxies are different endpoints. */
export function endpointKey({ host, port, user, proxy }: Connection): string {
  const via = proxy === undefined ? [] : [proxy.host, proxy.port ?? 22, proxy.user ?? "root"];
  return JSON.stringify([host, port ?? 22, user ?? "root", ...via]);
}
