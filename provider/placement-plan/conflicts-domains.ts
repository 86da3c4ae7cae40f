/* The plan and the domains that are no VM of it, on one host. */
import { CpuSet } from "../linux/cpu-set";
import type { FileTree } from "../linux/file-tree";
import { describeUrn } from "../urn";
import { isOrAre, memoryText, named } from "../vm-cpu-placement/preflight/wording";
import type { Claim } from "./claims";
import { dedicatedOf, sharedOf, vmNames, whoOn, type Conflict, type PlacedHere } from "./conflict";
import type { PlannedHost } from "./planned-host";

export function domainConflicts(host: PlannedHost, here: readonly PlacedHere[]): readonly Conflict[] {
  const path = `hosts.${host.name}`;
  const sentences = [
    ...host.claims.flatMap((claim) => [
      ...reservedTaken(host, here, claim),
      ...helpersOnDedicated(here, claim),
      ...sharedOnDedicated(here, claim),
      ...siblings(host, here, claim),
      ...cachesTaken(host, here, claim),
    ]),
    ...floating(host, here),
  ];
  return sentences.map((sentence) => ({ severity: "warning", path, sentence: `${host.name}: ${sentence}` }));
}

const domainName = ({ domain, owner }: Claim): string =>
  `domain "${domain}"${owner === undefined ? "" : ` (of ${describeUrn(owner)})`}`;

const onPlanned = (names: readonly string[]): string => `planned for ${vmNames(names)}`;

/** Where shared threads of the plan run there, that is said. */
function reservedTaken({ reserved }: PlannedHost, here: readonly PlacedHere[], claim: Claim): readonly string[] {
  const said = whoOn(here, sharedOf, claim.dedicated).cpus;
  const both = claim.dedicated.intersect(reserved).minus(said);
  if (both.isEmpty) return [];
  return [`${named("CPU", both)} ${isOrAre(both)} reserved for the host, and dedicated to ${domainName(claim)}`];
}

/** The other's emulator, I/O threads or shared vCPUs on CPUs that are ours alone. */
function helpersOnDedicated(here: readonly PlacedHere[], claim: Claim): readonly string[] {
  const { names, cpus } = whoOn(here, dedicatedOf, claim.shared);
  if (names.length === 0) return [];
  return [
    `on ${named("CPU", cpus)}, ${onPlanned(names)}, threads of ${domainName(claim)} may run: pin them elsewhere (vcpuPins, emulatorPin, iothreads)`,
  ];
}

function sharedOnDedicated(here: readonly PlacedHere[], claim: Claim): readonly string[] {
  const { names, cpus } = whoOn(here, sharedOf, claim.dedicated);
  if (names.length === 0) return [];
  return [
    `${named("CPU", cpus)} ${isOrAre(cpus)} dedicated to ${domainName(claim)}, and shared threads of ${vmNames(names)} run there: leave ${cpus.size === 1 ? "it" : "them"} out of shared`,
  ];
}

function siblings({ topology }: PlannedHost, here: readonly PlacedHere[], claim: Claim): readonly string[] {
  const cores = topology.cores.filter((core) => core.intersects(claim.dedicated));
  const { names, cpus } = whoOn(here, dedicatedOf, CpuSet.union(cores).minus(claim.dedicated));
  if (names.length === 0) return [];
  return [
    `${named("CPU", cpus)}, ${onPlanned(names)}, ${isOrAre(cpus)} on the same ${cpus.size === 1 ? "core" : "cores"} as CPUs of ${domainName(claim)}: the two take turns there`,
  ];
}

/** A share of a cache that is somebody's alone is not there for others on the same cache. */
function cachesTaken({ snapshot }: PlannedHost, here: readonly PlacedHere[], claim: Claim): readonly string[] {
  return claim.caches.flatMap(({ level, id, kib }) => {
    const { names, cpus } = whoOn(here, dedicatedOf, cpusOfCache(snapshot.files, { level, id }));
    if (names.length === 0) return [];
    return [
      `${domainName(claim)} has ${memoryText(kib)} of L${level} cache ${id} for itself, which is the cache of ${named("CPU", cpus)}, ${onPlanned(names)}`,
    ];
  });
}

/** By the id that resctrl and libvirt call a cache by. */
function cpusOfCache(files: FileTree, cache: { readonly level: number; readonly id: number }): CpuSet {
  const cpus = files.paths("/sys/devices/system/cpu/").flatMap((path) => {
    const [, folder = "", cpu] = /^(.*\/cpu(\d+)\/cache\/index\d+\/)id$/.exec(path) ?? [];
    const isIt = (["level", "id"] as const).every(
      (name) => files.text(`${folder}${name}`)?.trim() === String(cache[name]),
    );
    return cpu !== undefined && isIt ? [Number(cpu)] : [];
  });
  return CpuSet.from(cpus);
}

/** Nothing keeps a domain without pins off any CPU. */
function floating({ claims }: PlannedHost, here: readonly PlacedHere[]): readonly string[] {
  const loose = claims.filter((claim) => claim.floating).map(({ domain }) => `"${domain}"`);
  const dedicated = CpuSet.union(here.map(dedicatedOf));
  if (loose.length === 0 || dedicated.isEmpty) return [];
  const who = `domain${loose.length === 1 ? "" : "s"} ${loose.join(", ")}`;
  return [
    `${who} ${loose.length === 1 ? "is" : "are"} not pinned, and may run on ${named("CPU", dedicated)}, which this plan dedicates: pin ${loose.length === 1 ? "it" : "them"} (vcpuPins, emulatorPin), or take ${loose.length === 1 ? "it" : "them"} into the plan with cpuPolicy "shared"`,
  ];
}
