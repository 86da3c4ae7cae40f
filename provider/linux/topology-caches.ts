import { CpuSet } from "./cpu-set";
import { partition } from "./topology-groups";
import { cpuRoot, quote, readNumber, readSet, type Reading } from "./topology-reading";

/** One cache: what it holds, how large it is, and who shares it. */
export interface Cache {
  readonly level: number;
  readonly type: "data" | "instruction" | "unified";
  /** null: the kernel does not say. */
  readonly sizeKiB: number | null;
  /** Online CPUs; never empty. */
  readonly cpus: CpuSet;
}

export interface Caches {
  /** By level, then type, then lowest CPU. */
  readonly caches: readonly Cache[];
  readonly l2Groups: readonly CpuSet[];
  /** Last-level cache domains (an AMD CCX). Empty without L3. */
  readonly l3Groups: readonly CpuSet[];
}

interface Seen {
  readonly level: number;
  readonly type: Cache["type"];
  readonly sets: Map<number, CpuSet>;
  readonly sizes: Map<number, number>;
}

/**
 * The caches of online CPUs, and the sets that share a data or unified cache of the levels that matter to a placement.
 * A CPU without such a cache is in no set: low-power cores may have no L3. Two caches of one level and type at one CPU
 * do not happen; the first is taken.
 */
export function readCaches(reading: Reading, folders: ReadonlyMap<number, readonly string[]>, online: CpuSet): Caches {
  const kinds = seenCaches(reading, folders, online);
  const caches = kinds.flatMap((kind) => cachesOf(reading, kind));
  checkL2(reading, online, kinds);
  return { caches, l2Groups: groupsOf(caches, 2), l3Groups: groupsOf(caches, 3) };
}

function seenCaches(
  reading: Reading,
  folders: ReadonlyMap<number, readonly string[]>,
  online: CpuSet,
): readonly Seen[] {
  const kinds = new Map<string, Seen>();
  for (const cpu of online) {
    for (const name of cacheNames(folders.get(cpu) ?? [])) {
      const folder = `${cpuRoot}cpu${cpu}/cache/${name}/`;
      const level = readNumber(reading, `${folder}level`);
      if (level === undefined) continue;
      const type = typeOf(reading.files.text(`${folder}type`));
      const key = `${level}/${type}`;
      const kind = kinds.get(key) ?? { level, type, sets: new Map(), sizes: new Map() };
      kinds.set(key, kind);
      if (kind.sets.has(cpu)) continue;
      const set = readSet(judged(reading, level), {
        list: `${folder}shared_cpu_list`,
        mask: `${folder}shared_cpu_map`,
      });
      if (set?.has(cpu) === true) kind.sets.set(cpu, set.intersect(online));
      const sizeKiB = sizeOf(reading.files.text(`${folder}size`));
      if (sizeKiB !== undefined) kind.sizes.set(cpu, sizeKiB);
    }
  }
  return [...kinds.values()].sort((one, other) => one.level - other.level || (one.type < other.type ? -1 : 1));
}

function cachesOf(reading: Reading, { level, type, sets, sizes }: Seen): readonly Cache[] {
  return partition(judged(reading, level), `L${level} cache`, sets).map((cpus) => ({
    level,
    type,
    sizeKiB: sizes.get(cpus.first ?? -1) ?? null,
    cpus,
  }));
}

/** Placements go by L2 and L3 alone: where another level contradicts itself, the topology can still be used. */
function judged(reading: Reading, level: number): Reading {
  return level === 2 || level === 3 ? reading : { ...reading, problems: reading.doubts };
}

function groupsOf(caches: readonly Cache[], level: number): readonly CpuSet[] {
  return caches.filter((cache) => cache.level === level && cache.type !== "instruction").map((cache) => cache.cpus);
}

function checkL2(reading: Reading, online: CpuSet, kinds: readonly Seen[]): void {
  const l2 = kinds.filter(({ level, type }) => level === 2 && type !== "instruction");
  const without = online.minus(CpuSet.from(l2.flatMap(({ sets }) => [...sets.keys()])));
  if (l2.some(({ sets }) => sets.size > 0) && !without.isEmpty) {
    reading.doubts.push(`CPUs ${quote(without)} show no L2 cache, but others do`);
  }
}

/** A cache whose type the kernel does not say holds both. */
function typeOf(text: string | undefined): Cache["type"] {
  const type = text?.trim().toLowerCase();
  return type === "data" || type === "instruction" ? type : "unified";
}

/** `48K`; the kernel's unit is always K. */
function sizeOf(text: string | undefined): number | undefined {
  const digits = /^(\d{1,9})K$/.exec(text?.trim() ?? "")?.[1];
  return digits === undefined || Number(digits) === 0 ? undefined : Number(digits);
}

function cacheNames(paths: readonly string[]): readonly string[] {
  return [...new Set(paths.flatMap((path) => /^cache\/(index\d+)\//.exec(path)?.[1] ?? []))];
}
