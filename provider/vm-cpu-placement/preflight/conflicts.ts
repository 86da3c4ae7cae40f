/* CPUs that more than one domain wants for itself. */
import { CpuSet } from "../../linux/cpu-set";
import type { OtherDomain } from "../others";
import { problem, warning, type Finding } from "./finding";
import { dedicatedCpus, firstOf, pinsOf, type Judged, type Pin } from "./judged";
import { isOrAre, named } from "./wording";

type Claims = ReadonlyMap<number, readonly number[]>;

export function conflictFindings(judged: Judged): readonly Finding[] {
  const claims = dedicatedCpus(judged.facts);
  const own = firstOf(judged, "vcpuPins") === undefined ? new Map<number, readonly number[]>() : claims;
  const others = judged.others.filter(({ uuid }) => uuid === undefined || uuid !== judged.domain?.uuid);
  return [
    ...others.flatMap((other) => [
      ...dedicatedFindings(own, other),
      ...helperFindings(own, other),
      ...intrusionFindings(judged, other),
      ...siblingFindings(judged.host.cores, own, other),
    ]),
    ...exhaustedFindings(judged, own, others),
  ];
}

const cpusOf = (claims: Claims): CpuSet => CpuSet.from(claims.keys());

const vcpusOn = (claims: Claims, cpus: CpuSet): CpuSet =>
  CpuSet.from([...claims].flatMap(([cpu, vcpus]) => (cpus.has(cpu) ? vcpus : [])));

/** `(its vCPUs 0-1)` */
const its = (claims: Claims, cpus: CpuSet): string => `(its ${named("vCPU", vcpusOn(claims, cpus))})`;

/** A domain that is shut off, starts only by hand and is in no program may be a forgotten one. */
function isInUse({ running, promised, autostart, owner }: OtherDomain): boolean {
  return running || promised || autostart || owner !== undefined;
}

function dedicatedFindings(own: Claims, other: OtherDomain): readonly Finding[] {
  const theirs = dedicatedCpus(other.facts);
  const both = cpusOf(own).intersect(cpusOf(theirs));
  if (both.isEmpty) return [];
  const fact = `${named("CPU", both)} ${isOrAre(both)} dedicated to domain "${other.name}" too ${its(theirs, both)}`;
  if (isInUse(other)) return [problem("vcpuPins", `${fact}: pin one of the two domains elsewhere`)];
  return [warning("vcpuPins", `${fact}, which is shut off: the two must not run at once`)];
}

const helperName = ({ kind, id }: Pin): string => (kind === "emulatorPin" ? "the emulator" : `I/O thread ${id}`);

const helpersOf = (pins: readonly Pin[]): readonly Pin[] => pins.filter(({ kind }) => kind !== "vcpuPin");

/** The other's emulator and I/O threads on CPUs that are ours alone. */
function helperFindings(own: Claims, other: OtherDomain): readonly Finding[] {
  const cpus = cpusOf(own);
  return helpersOf(pinsOf(other.facts)).flatMap((pin) => {
    const both = pin.cpus.intersect(cpus);
    if (both.isEmpty) return [];
    const reason = `on ${named("CPU", both)}, dedicated here to ${named("vCPU", vcpusOn(own, both))}, ${helperName(pin)} of domain "${other.name}" may run: pin it elsewhere`;
    return [warning("vcpuPins", reason)];
  });
}

/** Our emulator and I/O threads on CPUs that are another's alone. */
function intrusionFindings({ wanted }: Judged, other: OtherDomain): readonly Finding[] {
  const theirs = dedicatedCpus(other.facts);
  return helpersOf(pinsOf(wanted)).flatMap((pin) => {
    const both = pin.cpus.intersect(cpusOf(theirs));
    if (both.isEmpty) return [];
    const fact = `${named("CPU", both)} ${isOrAre(both)} dedicated to domain "${other.name}" ${its(theirs, both)}`;
    return [warning(pin.setting, `${fact}: choose others for ${helperName(pin)}`)];
  });
}

function siblingFindings(cores: readonly CpuSet[], own: Claims, other: OtherDomain): readonly Finding[] {
  const theirs = dedicatedCpus(other.facts);
  // A CPU that both claim is said already.
  const both = cpusOf(own).intersect(cpusOf(theirs));
  const mine = cpusOf(own).minus(both);
  const others = cpusOf(theirs).minus(both);
  const shared = cores.filter((core) => core.intersects(mine) && core.intersects(others));
  if (shared.length === 0) return [];
  const all = CpuSet.union(shared);
  const here = mine.intersect(all);
  const there = others.intersect(all);
  const reason =
    `${named("CPU", here)} ${isOrAre(here)} on the same ${shared.length === 1 ? "core" : "cores"} as ${named("CPU", there)}, dedicated to domain ` +
    `"${other.name}" ${its(theirs, there)}: the two take turns there. Give each domain whole cores`;
  return [warning("vcpuPins", reason)];
}

/** The host's interrupts, kernel threads and QEMU's own threads need a CPU near to the node's devices and memory. */
function exhaustedFindings({ host, name }: Judged, own: Claims, others: readonly OtherDomain[]): readonly Finding[] {
  return host.nodes.flatMap((node) => {
    const claimants = others.filter((other) => cpusOf(dedicatedCpus(other.facts)).intersects(node.cpus));
    const claimed = CpuSet.union([cpusOf(own), ...claimants.map(({ facts }) => cpusOf(dedicatedCpus(facts)))]);
    if (!cpusOf(own).intersects(node.cpus) || !node.cpus.isSubsetOf(claimed)) return [];
    const whose = [name, ...claimants.map((other) => `"${other.name}"`)].join(", ");
    const reason = `each CPU of NUMA node ${node.id} (${String(node.cpus)}) is dedicated to a vCPU (of ${whose}): leave one or two for the host and for QEMU's own threads`;
    return [warning("vcpuPins", reason)];
  });
}
