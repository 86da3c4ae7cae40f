/*
 * Where QEMU's own threads run. Memory that is taken whole at the start is touched by threads that QEMU binds to the
 * memory's node, inside what emulatorPin allows: without a CPU in both the start fails.
 */
import { problem, warning, type Finding } from "./finding";
import { firstOf, readSet, type Judged } from "./judged";
import { isBound, localCpus, regionsOf } from "./regions";
import { named } from "./wording";

export function emulatorFindings(judged: Judged): readonly Finding[] {
  const { facts, host } = judged;
  const pin = facts.get("emulatorPin");
  const path = firstOf(judged, "emulatorPin", "memoryBacking.hugepages", "memoryBacking.allocation", "numa");
  if (pin === undefined || path === undefined) return [];
  const cpus = readSet(pin);
  const preallocates = facts.has("memoryBacking.hugepages") || facts.get("memoryBacking.allocation") === "immediate";
  const nodesets = new Map(
    regionsOf(facts)
      .filter((region) => isBound(region) && region.mode === "strict")
      .flatMap(({ nodeset }) => (nodeset === undefined ? [] : [[String(nodeset), nodeset] as const])),
  );
  return [...nodesets.values()].flatMap((nodeset) => {
    const local = localCpus(host, nodeset);
    if (local.isEmpty || !cpus.intersects(host.online) || cpus.intersects(local)) return [];
    const where = `${named("CPU", cpus)} of emulatorPin ${cpus.size === 1 ? "is" : "are"} not on ${named("NUMA node", nodeset)} (CPUs ${String(local)})`;
    const what = preallocates
      ? 'where the memory is taken at the start: the start would fail ("Setting CPU affinity failed: Invalid argument")'
      : "where the memory is: QEMU's own threads would work on it from afar";
    return [(preallocates ? problem : warning)(path, `${where}, ${what}. Add a CPU of that node`)];
  });
}
