/* The plan and what else works on one host: interrupts, services, slices, and whoever tunes it. */
import { CpuSet } from "../linux/cpu-set";
import { otherClaims } from "../linux/cpuset-partition";
import { describeUrn, isOfSameStack } from "../urn";
import { isOrAre, named, shortened } from "../vm-cpu-placement/preflight/wording";
import { readSet } from "../vm-cpu-placement/preflight/judged";
import { dedicatedOf, sharedOf, vmNames, type Conflict, type PlacedHere } from "./conflict";
import type { PlannedHost } from "./planned-host";

export function hostConflicts(
  host: PlannedHost,
  here: readonly PlacedHere[],
  urn: string | undefined,
): readonly Conflict[] {
  const dedicated = CpuSet.union(here.map(dedicatedOf));
  const sentences = [
    ...(dedicated.isEmpty ? [] : workConflicts(host, dedicated)),
    ...unkept(host, here),
    ...sharedIsolated(host, here),
    ...tunedElsewhere(host, here, urn),
  ];
  const path = `hosts.${host.name}`;
  return sentences.map((sentence) => ({ severity: "warning", path, sentence: `${host.name}: ${sentence}` }));
}

/** What was told to run just there. What runs anywhere, isolation keeps away. */
function workConflicts({ snapshot, topology }: PlannedHost, dedicated: CpuSet): readonly string[] {
  const { files } = snapshot;
  const isChosen = (cpus: CpuSet): boolean => cpus.intersects(dedicated) && !topology.online.isSubsetOf(cpus);
  const interrupts = files.paths("/proc/irq/").flatMap((path) => {
    const irq = /^\/proc\/irq\/(\d+)\/smp_affinity_list$/.exec(path)?.[1];
    const cpus = irq === undefined ? CpuSet.empty : readSet(files.text(path)?.trim() ?? "");
    return irq !== undefined && isChosen(cpus) ? [{ irq, cpus: cpus.intersect(dedicated) }] : [];
  });
  const init = readSet(/^Cpus_allowed_list:\s*([0-9,-]+)$/m.exec(files.text("/proc/1/status") ?? "")?.[1] ?? "");
  const slices = otherClaims(dedicated, files).filter(({ cpus }) => !topology.online.isSubsetOf(cpus));
  const on = CpuSet.union(interrupts.map(({ cpus }) => cpus));
  return [
    ...(interrupts.length === 0
      ? []
      : [
          `interrupts ${shortened(
            interrupts.map(({ irq }) => irq),
            8,
          )} are steered to ${named("CPU", on)}, which this plan dedicates (/proc/irq/N/smp_affinity_list): HostTuning irqAffinity, or isolation with managedIrq`,
        ]),
    ...(isChosen(init)
      ? [
          `systemd and its services run on CPUs ${String(init)} (CPUAffinity=), and this plan dedicates ${String(init.intersect(dedicated))} of them: HostTuning systemdCpuAffinity`,
        ]
      : []),
    ...slices.map(
      ({ cgroup, cpus }) =>
        `${cgroup} has CPUs ${String(cpus)} (AllowedCPUs=), and this plan dedicates ${String(cpus.intersect(dedicated))} of them: systemctl set-property ${cgroup} AllowedCPUs=${String(cpus.minus(dedicated))}`,
    ),
  ];
}

/** Real time without anything that keeps the host's own work away. */
function unkept({ args, isolated, domainCpus, topology }: PlannedHost, here: readonly PlacedHere[]): readonly string[] {
  const realTime = here.filter(({ vm }) => vm.latencyClass === "realTime").map(({ name }) => name);
  const kept = args.isolation !== undefined || !isolated.isEmpty || !domainCpus.equals(topology.online);
  if (realTime.length === 0 || kept) return [];
  return [
    `nothing keeps the host's own work off the CPUs of ${vmNames(realTime)}, which ${realTime.length === 1 ? "is" : "are"} realTime: HostTuning isolation: { cpus: plan.isolatedCpus(...) }, and isolation: "boot" or "partition" at this host`,
  ];
}

/** Between isolated CPUs the kernel moves no threads. */
function sharedIsolated({ isolated }: PlannedHost, here: readonly PlacedHere[]): readonly string[] {
  return here.flatMap((one) => {
    const cpus = sharedOf(one).intersect(isolated);
    if (cpus.size < 2) return [];
    return [
      `${named("CPU", cpus)} ${isOrAre(cpus)} isolated, and shared threads of ${vmNames([one.name])} are to run there: the kernel does not move them, and all may stay on one. Choose others as shared`,
    ];
  });
}

/** Its pages and its isolation are another stack's to make. */
function tunedElsewhere(
  { snapshot }: PlannedHost,
  here: readonly PlacedHere[],
  urn: string | undefined,
): readonly string[] {
  const owner = snapshot.owner?.urn ?? "";
  const huge = here.filter(({ vm }) => vm.pageSize !== undefined).map(({ name }) => name);
  if (owner === "" || urn === undefined || isOfSameStack(owner, urn) || huge.length === 0) return [];
  return [
    `${describeUrn(owner)} tunes this host, and the huge pages of ${vmNames(huge)} are its to reserve: give it plan.hugepages(...)`,
  ];
}
