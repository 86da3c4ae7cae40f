/* Reads all hosts of a plan, at once. Each problem is told; one host that cannot be read is enough for no plan. */
import { endpointKey } from "../host/endpoint-key";
import type { Hosts } from "../host/hosts";
import type { HostSnapshot } from "../host/snapshot";
import { TopologyError } from "../linux/topology-error";
import type { Problem } from "../resource";
import { TransportError } from "../transport/transport";
import type { PlannedVm } from "./model";
import { plannedHost, type PlannedHost } from "./planned-host";
import type { Fleet } from "./request";
import type { HostArgs, PlanArgs } from "./schema";
import { vmDomains } from "./vm-domains";

interface Context {
  readonly last: Readonly<Record<string, PlannedVm>>;
  readonly urn: string | undefined;
}

export async function readFleet(
  hosts: Hosts,
  args: PlanArgs,
  { last, urn }: Context,
): Promise<Fleet | { readonly problems: readonly Problem[] }> {
  const twice = sameEndpoints(args.hosts);
  if (twice.length > 0) return { problems: twice };
  const read = await Promise.all(Object.entries(args.hosts).map(([name, host]) => readOne(hosts, name, host)));
  const unread = read.flatMap((one) => ("reason" in one ? [one] : []));
  if (unread.length > 0) return { problems: unread };
  const snapshots = new Map(read.flatMap((one) => ("snapshot" in one ? [[one.name, one.snapshot] as const] : [])));
  const domains = vmDomains({ vms: args.vms, snapshots, last, urn });
  const planned = read.flatMap((one): readonly (PlannedHost | Problem)[] => {
    if (!("snapshot" in one)) return [];
    const own = new Set(domains.filter(({ host }) => host === one.name).map(({ domain }) => domain.uuid));
    const names = new Set(Object.entries(args.vms).map(([vm, { domain = vm }]) => domain));
    return [
      hostOrProblem({
        ...one,
        expected: hosts.expected(one.args.connection),
        promised: hosts.promised(one.args.connection).filter((promise) => promise.urn !== urn),
        isPlanned: ({ uuid, name }) => (uuid === undefined ? names.has(name) : own.has(uuid)),
      }),
    ];
  });
  const problems = planned.flatMap((one) => ("reason" in one ? [one] : []));
  if (problems.length > 0) return { problems };
  const known = planned.flatMap((one) => ("reason" in one ? [] : [one]));
  return { args, domains, last, hosts: known.toSorted((one, other) => (one.name < other.name ? -1 : 1)) };
}

/** One host under two names would have twice of everything. */
function sameEndpoints(hosts: PlanArgs["hosts"]): readonly Problem[] {
  const seen = new Map<string, string>();
  return Object.entries(hosts).flatMap(([name, { connection }]) => {
    const key = endpointKey(connection);
    const first = seen.get(key);
    seen.set(key, first ?? name);
    if (first === undefined) return [];
    return [{ path: `hosts.${name}.connection.host`, reason: `is the address of host "${first}" too` }];
  });
}

interface Read {
  readonly name: string;
  readonly args: HostArgs;
  readonly snapshot: HostSnapshot;
}

async function readOne(hosts: Hosts, name: string, args: HostArgs): Promise<Read | Problem> {
  try {
    const snapshot = await hosts.snapshot(args.connection, { sysctlKeys: [], domains: true });
    const unavailable = snapshot.libvirt?.unavailable;
    if (unavailable === undefined) return { name, args, snapshot };
    const reason = `libvirt on this host cannot be asked for its domains: ${unavailable}`;
    return { path: `hosts.${name}`, reason };
  } catch (error) {
    if (error instanceof TransportError) return { path: `hosts.${name}.connection.host`, reason: error.message };
    throw error;
  }
}

function hostOrProblem(reading: Parameters<typeof plannedHost>[0]): PlannedHost | Problem {
  try {
    return plannedHost(reading);
  } catch (error) {
    if (error instanceof TopologyError) return { path: `hosts.${reading.name}`, reason: error.message };
    throw error;
  }
}
