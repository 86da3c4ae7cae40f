/* VMs of the plan and their own domains, which are there already and may be otherwise. */
import { CpuSet } from "../linux/cpu-set";
import { describeUrn, isOfSameStack } from "../urn";
import { isOrAre, memoryText, named } from "../vm-cpu-placement/preflight/wording";
import { memoryClaims } from "./claimed-memory";
import { sidesOf } from "./claims";
import type { Conflict } from "./conflict";
import { recordOf } from "./domain-record";
import type { PlannedVm } from "./model";
import { heldBy } from "./planned-host";
import type { Fleet } from "./request";
import type { VmDomain } from "./vm-domains";

/** Of CPUs that the program has chosen. Found before anything is planned. */
export function pinConflicts({ args, hosts }: Fleet): readonly Conflict[] {
  return Object.entries(args.vms).flatMap(([vm, { pins, host: names }]): readonly Conflict[] => {
    const host = hosts.find(({ name }) => name === names?.[0]);
    if (pins === undefined || host === undefined) return [];
    const error = (sentence: string): Conflict => ({ severity: "error", path: `vms.${vm}.pins.vcpus`, sentence });
    const cpus = CpuSet.parseLibvirt(pins.vcpus);
    const missing = cpus.minus(host.topology.online);
    const taken = host.claims.flatMap((claim) => {
      const both = heldBy(claim, host).intersect(cpus);
      if (both.isEmpty) return [];
      const { domain, owner } = claim;
      const by = owner === undefined ? "" : `, which ${describeUrn(owner)} places`;
      const what = `${named("CPU", both)} of ${host.name} ${isOrAre(both)} dedicated to domain "${domain}"${by}`;
      return [error(`${what}: choose others, or pin that domain elsewhere`)];
    });
    const has = `not online on ${host.name}, which has ${String(host.topology.online)}`;
    return [...(missing.isEmpty ? [] : [error(`${named("CPU", missing)} ${isOrAre(missing)} ${has}`)]), ...taken];
  });
}

/** Of the finished plan. */
export function vmConflicts(
  fleet: Fleet,
  placed: Readonly<Record<string, PlannedVm>>,
  urn: string | undefined,
): readonly Conflict[] {
  return fleet.domains.flatMap((one) => {
    const sentences = [
      ...owned(fleet, one, urn),
      ...elsewhere(one, placed[one.vm]),
      ...otherMemory(fleet, one, placed),
    ];
    return sentences.map((sentence): Conflict => ({ severity: "warning", path: `vms.${one.vm}`, sentence }));
  });
}

const title = ({ vm, host, domain }: VmDomain): string =>
  `${host}: domain "${domain.name}"${domain.name === vm ? "" : `, VM "${vm}" of this plan,`}`;

function owned({ hosts }: Fleet, one: VmDomain, urn: string | undefined): readonly string[] {
  const records = hosts.find(({ name }) => name === one.host)?.snapshot.libvirt?.records;
  const owner = recordOf(records?.get(one.domain.uuid), one.domain.uuid)?.urn ?? "";
  if (owner === "" || urn === undefined || isOfSameStack(owner, urn)) return [];
  return [`${title(one)} is placed by ${describeUrn(owner)}: take it out of one of the two programs`];
}

/** A domain of that name on another host may be the VM, or what is left of it. */
function elsewhere(one: VmDomain, placed: PlannedVm | undefined): readonly string[] {
  if (placed === undefined || placed.host === one.host) return [];
  const state = one.domain.live === undefined ? "is defined" : "runs";
  return [
    `${title(one)} ${state} here, and the plan puts it on ${placed.host}: the plan moves nothing, migrate it or undefine what is left here`,
  ];
}

/** Of a guest that sees one node the placement does not set how much memory there is. */
function otherMemory({ args }: Fleet, one: VmDomain, placed: Readonly<Record<string, PlannedVm>>): readonly string[] {
  const [side] = sidesOf(one.domain);
  const wanted = (args.vms[one.vm]?.memoryMiB ?? 0) * 1024;
  if (side === undefined || placed[one.vm]?.settings.numa.cells !== undefined) return [];
  const kib = memoryClaims(side, undefined).reduce((sum, claim) => sum + claim.kib, 0);
  if (kib === 0 || kib === wanted) return [];
  return [
    `${title(one)} has ${memoryText(kib)} of memory, and the plan counts with ${memoryText(wanted)}: make them equal (memoryMiB)`,
  ];
}
