import { kibOf, parseSetting, type Facts, type Setting } from "./facts";

type Described = Readonly<Record<string, unknown>>;

/**
 * The guest's NUMA cells, as `numa.cells` would say them. Undefined: there are none, or the list cannot say them, for it
 * is always of all cells, and their memory in whole MiB.
 */
export function describedCells(facts: Facts): readonly Described[] | undefined {
  const settings = [...facts].map(([setting, value]) => ({ one: parseSetting(setting), value }));
  const ids = new Set(settings.flatMap(({ one }) => ("cell" in one ? [one.cell] : [])));
  const sayable = [...ids].every((id) => (kibOf(facts.get(`numa.cells.${id}.memory`)) ?? 1) % 1024 === 0);
  if (ids.size === 0 || !sayable) return undefined;
  return [...ids].toSorted((one, other) => one - other).map((id) => cell(id, settings));
}

interface Read {
  readonly one: Setting;
  readonly value: string;
}

function cell(id: number, settings: readonly Read[]): Described {
  const own = settings.filter(({ one }) => "cell" in one && one.cell === id);
  const field = (name: string): string | undefined =>
    own.find(({ one }) => one.kind === "cell" && one.field === name)?.value;
  const distances = own.flatMap(({ one, value }) =>
    one.kind === "cellDistance" ? [[String(one.to), Number(value)] as const] : [],
  );
  const caches = own.flatMap(({ one, value }) => (one.kind === "cellCache" ? [cache(one.level, value)] : []));
  const all = {
    id,
    vcpus: field("vcpus"),
    memoryMiB: (kibOf(field("memory")) ?? 0) / 1024,
    memAccess: field("memAccess"),
    mode: field("mode"),
    nodeset: field("nodeset"),
    distances: distances.length === 0 ? undefined : Object.fromEntries(distances),
    caches: caches.length === 0 ? undefined : caches,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function cache(level: number, value: string): Described {
  const [, associativity = "", policy = "", size = "0", line = "0"] =
    /^(\S*) (\S*) (\d+) KiB line (\d+) B$/.exec(value) ?? [];
  return { level, associativity, policy, sizeKiB: Number(size), lineBytes: Number(line) };
}
