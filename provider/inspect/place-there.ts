/* Where a domain would be on another host: the planner's answer for it alone, beside the domains that are there. */
import type { HostSnapshot } from "../host/snapshot";
import { CpuSet } from "../linux/cpu-set";
import { TopologyError } from "../linux/topology-error";
import { outcomeOf } from "../placement-plan/outcome";
import type { PlannedVm } from "../placement-plan/model";
import { plan } from "../placement-plan/planner/plan";
import { plannedHost, type PlannedHost } from "../placement-plan/planned-host";
import { planRequest } from "../placement-plan/request";
import { parseArgs } from "../placement-plan/schema";
import { describedFields } from "../vm-cpu-placement/described-fields";
import type { DomainDocument } from "../vm-cpu-placement/domain-xml";

/** Any: what is planned depends on no connection. */
const connection = { host: "host", insecureIgnoreHostKey: true };

export type PlaceThere = { readonly placed: PlannedVm } | { readonly reason: string };

/** A guest keeps the cells that it has: it sees none come or go while it moves. */
export function placeThere(to: HostSnapshot, name: string, document: DomainDocument): PlaceThere {
  const there = to.hostname === "" ? "there" : to.hostname;
  const parsed = parseArgs({ hosts: { [there]: { connection } }, vms: { [name]: needsOf(document) } });
  if ("problems" in parsed) return { reason: reasonsOf(parsed.problems) };
  const host = hostOf({ to, name: there, uuid: document.uuid }, parsed.args.hosts[there]);
  if ("reason" in host) return host;
  const fleet = { args: parsed.args, hosts: [host], domains: [], last: {} };
  const answer = plan(planRequest(fleet));
  const outcome = outcomeOf(answer, fleet, { before: { placements: {}, objective: [] }, urn: undefined });
  const placed = outcome.outputs?.placements[name];
  return placed === undefined ? { reason: reasonsOf(outcome.problems) } : { placed };
}

function hostOf(
  { to: snapshot, name, uuid }: { readonly to: HostSnapshot; readonly name: string; readonly uuid: string },
  args: PlannedHost["args"] | undefined,
): PlannedHost | { readonly reason: string } {
  if (args === undefined) return { reason: "no host" };
  try {
    const isPlanned = (domain: { readonly uuid: string | undefined }) => domain.uuid === uuid;
    return plannedHost({ name, args, snapshot, expected: undefined, promised: [], isPlanned });
  } catch (error) {
    if (error instanceof TopologyError) return { reason: error.message };
    throw error;
  }
}

const reasonsOf = (problems: readonly { readonly path: string; readonly reason: string }[]): string =>
  problems.map(({ reason }) => reason).join("; ");

function needsOf({ facts, memoryKiB, maximumVcpus }: DomainDocument): object {
  const { memoryBacking, vcpuPins = {}, numa, iothreads = [] } = describedFields(facts);
  const pins = Object.values(vcpuPins).map((cpus) => CpuSet.parse(cpus).size);
  const pages = memoryBacking?.hugepages;
  const size = pages === true ? "2M" : pages?.[0]?.size;
  const cells = numa?.cells?.length ?? 0;
  return {
    vcpus: maximumVcpus,
    memoryMiB: Math.max(1, Math.ceil((memoryKiB ?? 0) / 1024)),
    ...(size !== undefined && { pageSize: size }),
    cpuPolicy: pins.length > 0 && pins.every((count) => count === 1) ? "dedicated" : "shared",
    ioThreads: iothreads.length,
    nodes: cells === 0 ? 1 : cells,
  };
}
