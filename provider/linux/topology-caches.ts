import { CpuSet } from "./cpu-set";
import { partition } from "./topology-groups";
import { cpuRoot, quote, readNumber, readSet, type Reading } from "./topology-reading";

/**
 * The sets of online CPUs that share a data or unified cache of each level. A CPU without such a cache is in no set:
 * low-power cores may have no L3. Two caches of one level at one CPU do not happen; the first is taken.
 */
export function readCacheGroups(
  reading: Reading,
  folders: ReadonlyMap<number, readonly string[]>,
  online: CpuSet,
): { readonly l2Groups: readonly CpuSet[]; readonly l3Groups: readonly CpuSet[] } {
  const l2 = new Map<number, CpuSet>();
  const l3 = new Map<number, CpuSet>();
  for (const cpu of online) {
    for (const name of cacheNames(folders.get(cpu) ?? [])) {
      const folder = `${cpuRoot}cpu${cpu}/cache/${name}/`;
      const level = readNumber(reading, `${folder}level`);
      const sets = level === 2 ? l2 : level === 3 ? l3 : undefined;
      if (sets === undefined || sets.has(cpu) || reading.files.text(`${folder}type`)?.trim() === "Instruction")
        continue;
      const set = readSet(reading, { list: `${folder}shared_cpu_list`, mask: `${folder}shared_cpu_map` });
      if (set?.has(cpu) === true) sets.set(cpu, set.intersect(online));
    }
  }
  const without = [...online].filter((cpu) => !l2.has(cpu));
  if (l2.size > 0 && without.length > 0) {
    reading.doubts.push(`CPUs ${quote(CpuSet.from(without))} show no L2 cache, but others do`);
  }
  return { l2Groups: partition(reading, "L2 cache", l2), l3Groups: partition(reading, "L3 cache", l3) };
}

function cacheNames(paths: readonly string[]): readonly string[] {
  return [...new Set(paths.flatMap((path) => /^cache\/(index\d+)\//.exec(path)?.[1] ?? []))];
}
