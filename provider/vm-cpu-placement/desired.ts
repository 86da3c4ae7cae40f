import { desiredCpu } from "./desired-cpu";
import { desiredBacking, desiredCells } from "./desired-memory";
import { desiredNuma } from "./desired-numa";
import type { DesiredContext, PlacementFields } from "./desired-context";
import { desiredPins } from "./desired-pins";
import { canonicalSet, kibText, type FactChanges } from "./facts";
import { CpuSet } from "../linux/cpu-set";

/** What the arguments ask of a domain, as settings. Null: shall not be. */
export function desiredFacts(fields: PlacementFields, context: DesiredContext): FactChanges {
  const pins = desiredPins(fields, context.widened);
  const cells = desiredCells(fields.numa, context);
  const before = new Map([
    ...desiredVcpus(fields, context),
    ...pins,
    ...desiredSchedulers(fields),
    ...desiredWeights(fields),
    ...desiredResources(fields),
    ...desiredNuma(fields.numa, context.existing),
    ...cells,
    ...desiredCpu(fields.cpu, context),
  ]);
  return new Map([...before, ...desiredBacking(fields.memoryBacking, { context, before })]);
}

function desiredVcpus({ vcpus, vcpuCpuset }: PlacementFields, { existing, goingBack }: DesiredContext): FactChanges {
  const wanted = new Map<string, string | null>();
  const inUse = existing.at(-1)?.get("vcpus.current");
  if (vcpus?.maximum !== undefined) {
    wanted.set("vcpus.maximum", String(vcpus.maximum));
    // libvirt drops the number in use where it is the maximum; so that it can be put back, it is a change of ours.
    if (inUse === undefined || inUse === String(vcpus.maximum)) wanted.set("vcpus.current", null);
  }
  if (vcpus?.current !== undefined) {
    const most = goingBack?.get("vcpus.maximum") ?? existing.at(-1)?.get("vcpus.maximum");
    const maximum = vcpus.maximum ?? Number(most ?? Number.NaN);
    wanted.set("vcpus.current", vcpus.current === maximum ? null : String(vcpus.current));
  }
  if (vcpuCpuset !== undefined) {
    wanted.set("vcpuCpuset", canonicalSet(vcpuCpuset));
    // Placed by numad, a domain has no set of its own.
    wanted.set("vcpus.placement", null);
  }
  return wanted;
}

interface SchedulerFields {
  readonly scheduler: string;
  readonly priority?: number | undefined;
}

const schedulerText = ({ scheduler, priority }: SchedulerFields): string =>
  priority === undefined ? scheduler : `${scheduler} ${priority}`;

function desiredSchedulers({ vcpuScheduler, iothreads, emulatorScheduler }: PlacementFields): FactChanges {
  const wanted = new Map<string, string | null>();
  const vcpus = (vcpuScheduler ?? []).flatMap((one) =>
    [...CpuSet.parseLibvirt(one.vcpus)].map((vcpu) => [vcpu, schedulerText(one)] as const),
  );
  for (const [vcpu, text] of vcpus.toSorted(([one], [other]) => one - other)) wanted.set(`vcpuScheduler.${vcpu}`, text);
  for (const { id, scheduler } of iothreads ?? [])
    if (scheduler !== undefined) wanted.set(`iothreadScheduler.${id}`, schedulerText(scheduler));
  if (emulatorScheduler !== undefined) wanted.set("emulatorScheduler", schedulerText(emulatorScheduler));
  return wanted;
}

function desiredWeights({ cpuShares, cpuBandwidth }: PlacementFields): FactChanges {
  const { periodMicroseconds, quotaMicroseconds } = cpuBandwidth ?? {};
  return new Map([
    ...(cpuShares === undefined ? [] : [["cpuShares", String(cpuShares)] as const]),
    ...(periodMicroseconds === undefined
      ? []
      : [["cpuBandwidth.periodMicroseconds", String(periodMicroseconds)] as const]),
    ...(quotaMicroseconds === undefined
      ? []
      : [["cpuBandwidth.quotaMicroseconds", String(quotaMicroseconds)] as const]),
  ]);
}

function desiredResources({ cacheTune, memoryTune }: PlacementFields): FactChanges {
  return new Map([
    ...(cacheTune ?? []).flatMap(({ vcpus, caches }) =>
      caches.map(
        ({ level, id, type, sizeKiB }) =>
          [`cacheTune.${canonicalSet(vcpus)}.L${level}.${id}.${type}`, kibText(sizeKiB)] as const,
      ),
    ),
    ...(memoryTune ?? []).flatMap(({ vcpus, nodes }) =>
      nodes.map(
        ({ id, bandwidthPercent }) =>
          [`memoryTune.${canonicalSet(vcpus)}.node${id}`, String(bandwidthPercent)] as const,
      ),
    ),
  ]);
}
