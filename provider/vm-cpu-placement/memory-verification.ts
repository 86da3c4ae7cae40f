import type { Verification } from "../impact";
import { CpuSet } from "../linux/cpu-set";
import { parsePageSizeKiB } from "../linux/units";
import { kibOf } from "./facts";
import type { MemoryLocation } from "./memory-location";
import type { Domain, Row } from "./model";

const source = "/proc/PID/numa_maps of the domain's process";

/** The place, the pages and the lock of the memory, as far as something is wanted of them. */
export function memoryVerifications(rows: readonly Row[], { live, memory }: Domain): readonly Verification[] {
  if (live === undefined || memory === undefined) return [];
  const wanted = new Map(
    rows.filter((row) => row.side === "live" && row.desired !== null).map((row) => [row.setting, row.desired ?? ""]),
  );
  const memoryKiB = kibOf(live.facts.get("memory")) ?? live.memoryKiB ?? 0;
  return [
    ...placeOf(wanted, memory, live.facts.get("numa.mode")),
    ...pagesOf(wanted.get("memoryBacking.hugepages"), memory, memoryKiB),
    ...lockOf(wanted.get("memoryBacking.locked"), memory, memoryKiB),
  ];
}

/** A policy binds memory only in mode strict: preferred and interleave promise nothing, restrictive has none. */
function placeOf(
  wanted: ReadonlyMap<string, string>,
  { mappings }: MemoryLocation,
  mode: string | undefined,
): readonly Verification[] {
  const sets = [...wanted].filter(([setting]) => /^numa\.(nodeset|cells\.\d+\.nodeset)$/.test(setting));
  if (sets.length === 0 || mode !== "strict") return [];
  const allowed = CpuSet.union(sets.map(([, nodes]) => CpuSet.parse(nodes)));
  const bound = mappings.filter(({ policy }) => policy.startsWith("bind"));
  const check = "memory of the guest by node";
  const expected = `on ${String(allowed)} alone`;
  if (bound.length === 0)
    return [{ check, expected, actual: "no memory with a policy was found", source, verdict: "unknown" }];
  const nodes = Map.groupBy(bound, ({ node }) => node);
  const actual = [...nodes]
    .map(([node, all]) => `node ${node}: ${Math.ceil(all.reduce((sum, { kib }) => sum + kib, 0) / 1024)} MiB`)
    .join(", ");
  const good = [...nodes.keys()].every((node) => allowed.has(node));
  return [{ check, expected, actual, source, verdict: good ? "pass" : "fail" }];
}

function pagesOf(text: string | undefined, { mappings }: MemoryLocation, memoryKiB: number): readonly Verification[] {
  if (text === undefined || text === "default") return [];
  const sizes = [...text.matchAll(/(\d+[KMG])\b/g)].map(([, size = ""]) => parsePageSizeKiB(size));
  const kib = mappings
    .filter(({ pageSizeKiB }) => sizes.includes(pageSizeKiB))
    .reduce((sum, mapping) => sum + mapping.kib, 0);
  return [
    {
      check: "memory of the guest in huge pages",
      expected: `${memoryKiB} KiB`,
      actual: `${kib} KiB`,
      source,
      verdict: kib >= memoryKiB ? "pass" : "fail",
    },
  ];
}

function lockOf(locked: string | undefined, { lockedKiB }: MemoryLocation, memoryKiB: number): readonly Verification[] {
  if (locked === undefined) return [];
  return [
    {
      check: "memory of the guest that is locked",
      expected: `${memoryKiB} KiB or more`,
      actual: lockedKiB === undefined ? "not known" : `${lockedKiB} KiB`,
      source: "VmLck in /proc/PID/status of the domain's process",
      verdict: lockedKiB === undefined ? "unknown" : lockedKiB >= memoryKiB ? "pass" : "fail",
    },
  ];
}
