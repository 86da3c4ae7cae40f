import { formatPageSize, parsePageSizeKiB } from "../linux/units";
import type { DesiredContext, PlacementFields } from "./desired-context";
import { canonicalSet, kibOf, kibText, type FactChanges, type Facts } from "./facts";

type Cells = NonNullable<NonNullable<PlacementFields["numa"]>["cells"]>;

/** The guest's NUMA cells: a list is all of them, and their sum is the domain's memory. */
export function desiredCells(numa: PlacementFields["numa"], context: DesiredContext): FactChanges {
  const { existing, devicesMemoryKiB = 0 } = context;
  const wanted = new Map<string, string | null>();
  if (numa?.cells === undefined) return wanted;
  const { cells, mode: policy } = numa;
  for (const cell of cells.toSorted((one, other) => one.id - other.id)) {
    for (const [field, value] of cellFields(cell, { existing, policy }))
      wanted.set(`numa.cells.${cell.id}.${field}`, value);
  }
  for (const [setting, value] of distances(cells)) wanted.set(setting, value);
  for (const setting of surplus(cells, context)) wanted.set(setting, null);
  // The size of memory that can be added to is libvirt's to say.
  if (existing.length > 0 && !existing.some((facts) => facts.has("memory"))) return wanted;
  const kib = cells.reduce((sum, { memoryMiB }) => sum + memoryMiB * 1024, 0) + devicesMemoryKiB;
  wanted.set("memory", kibText(kib));
  const current = existing.map((facts) => kibOf(facts.get("currentMemory"))).find((value) => value !== undefined);
  if (current === undefined || current >= kib) wanted.set("currentMemory", null);
  return wanted;
}

interface CellContext {
  readonly existing: readonly Facts[];
  /** The domain's own wanted mode: restrictive memory wants restrictive cells. */
  readonly policy: string | undefined;
}

function cellFields(
  cell: Cells[number],
  { existing, policy }: CellContext,
): readonly (readonly [string, string | null])[] {
  const { id, vcpus, memoryMiB, memAccess, mode, nodeset, caches } = cell;
  const now = (setting: string): string | undefined => existing.map((facts) => facts.get(setting)).find((one) => one);
  return [
    ["vcpus", vcpus === undefined ? null : canonicalSet(vcpus)],
    ["memory", kibText(memoryMiB * 1024)],
    ...(memAccess === undefined ? [] : [["memAccess", memAccess] as const]),
    ...(mode === undefined && nodeset === undefined
      ? []
      : [["mode", mode ?? policy ?? now(`numa.cells.${id}.mode`) ?? now("numa.mode") ?? "strict"] as const]),
    ...(nodeset === undefined ? [] : [["nodeset", canonicalSet(nodeset)] as const]),
    ...(caches ?? []).map(
      ({ level, associativity, policy, sizeKiB, lineBytes }) =>
        [`caches.${level}`, `${associativity} ${policy} ${sizeKiB} KiB line ${lineBytes} B`] as const,
    ),
  ];
}

/** The way back is as long as the way there, if nothing else is said; 10 to itself and 20 to others say nothing. */
function distances(cells: Cells): FactChanges {
  const given = new Map(
    cells.flatMap(({ id, distances: all }) =>
      Object.entries(all ?? {}).map(([to, value]) => [`${id} ${to}`, value] as const),
    ),
  );
  if (given.size === 0) return new Map();
  const ids = cells.map(({ id }) => id).toSorted((one, other) => one - other);
  return new Map(
    ids.flatMap((from) =>
      ids.map((to) => {
        const usual = from === to ? 10 : 20;
        const value = given.get(`${from} ${to}`) ?? given.get(`${to} ${from}`) ?? usual;
        return [`numa.cells.${from}.distances.${to}`, value === usual ? null : String(value)] as const;
      }),
    ),
  );
}

/** What belongs to cells that the list does not hold. */
function surplus(cells: Cells, { existing, recorded = [] }: DesiredContext): readonly string[] {
  const ids = new Set(cells.map(({ id }) => String(id)));
  const settings = new Set([...existing.flatMap((facts) => [...facts.keys()]), ...recorded]);
  return [...settings].filter((setting) => {
    const [, cell, to] = /^numa\.cells\.(\d+)\.(?:distances\.(\d+)|.*)$/.exec(setting) ?? [];
    return cell !== undefined && (!ids.has(cell) || (to !== undefined && !ids.has(to)));
  });
}

type Backing = PlacementFields["memoryBacking"];

interface Backed {
  readonly context: DesiredContext;
  /** What else is wanted: cells say how much memory there is. */
  readonly before: FactChanges;
}

/** `<memoryBacking>`, and the limit that locked memory needs. */
export function desiredBacking(backing: Backing, { context, before }: Backed): FactChanges {
  const wanted = new Map<string, string | null>();
  if (backing === undefined) return wanted;
  const { hugepages, locked, nosharepages, hardLimitMiB } = backing;
  if (hugepages !== undefined)
    wanted.set("memoryBacking.hugepages", hugepagesText(hugepages, hasCells(context, before)));
  if (locked !== undefined) wanted.set("memoryBacking.locked", locked ? "yes" : null);
  if (nosharepages !== undefined) wanted.set("memoryBacking.nosharepages", nosharepages ? "yes" : null);
  for (const name of ["source", "access", "allocation"] as const) {
    const value = backing[name];
    if (value !== undefined) wanted.set(`memoryBacking.${name}`, value);
  }
  const computed = locked === true && hardLimitMiB === undefined ? lockedLimitKiB(context, before) : undefined;
  const limit = hardLimitMiB === undefined ? computed : hardLimitMiB * 1024;
  if (limit !== undefined) wanted.set("memoryBacking.hardLimit", kibText(limit));
  return wanted;
}

/** Whether the guest has cells of its own. libvirt makes one where memory can be added, and its size is not told. */
function hasCells(context: DesiredContext, before: FactChanges): boolean {
  const cells = [...afterRun(context, before)].filter(([setting]) => /^numa\.cells\.\d+\.memory$/.test(setting));
  return cells.some(([, value]) => value !== null) || context.existing.some((facts) => !facts.has("memory"));
}

/** What the domain will have. */
function afterRun({ existing, goingBack }: DesiredContext, before: FactChanges): FactChanges {
  return new Map([...existing.flatMap((facts) => [...facts]), ...(goingBack ?? []), ...before]);
}

/** Cell 0 of a guest without cells is all of it, which libvirt does not write down. */
function hugepagesText(hugepages: NonNullable<NonNullable<Backing>["hugepages"]>, guestCells: boolean): string {
  if (hugepages === true) return "default";
  return hugepages
    .map(({ size, cells }) => {
      const text = formatPageSize(parsePageSizeKiB(size));
      const set = cells === undefined ? "" : canonicalSet(cells);
      return set === "" || (set === "0" && !guestCells) ? text : `${text} cells ${set}`;
    })
    .sort()
    .join(", ");
}

const mib = 1024;

/**
 * What a thread reserves of the address space: 8 MiB of stack and 64 MiB for malloc (glibc's arena). Nearly all of it
 * stays untouched, but mlockall(2) and RLIMIT_MEMLOCK count what is mapped.
 */
const threadKiB = 72 * mib;
/** QEMU's main loop, monitor and the like, and up to 64 workers that read and write disks. */
const ownThreads = 72;

/**
 * What a guest with locked memory may lock in all: its memory, 2 % for page tables and the like, its vCPUs' and QEMU's
 * own threads, 256 MiB for QEMU itself with its devices, and under emulation the translated code. Without a limit the
 * guest could make QEMU lock all memory of the host (formatdomain: "locked"); with too low a one QEMU does not start
 * ("mlockall: Cannot allocate memory"), or dies when it needs one more thread. Undefined: the domain's memory is not known.
 */
export function lockedLimitKiB(context: DesiredContext, before: FactChanges): number | undefined {
  const after = afterRun(context, before);
  const now = (setting: string): string | null | undefined => after.get(setting);
  const memory = kibOf(now("memory"));
  if (memory === undefined) return undefined;
  const threads = Number(now("vcpus.maximum") ?? "1") + ioThreads(context, before) + ownThreads;
  const translated = context.domainType === "qemu" ? (context.tcgCacheKiB ?? mib * mib) : 0;
  const kib = memory + memory / 50 + threads * threadKiB + 256 * mib + translated;
  return Math.ceil(kib / mib) * mib;
}

function ioThreads(context: DesiredContext, before: FactChanges): number {
  return [...afterRun(context, before)].filter(([setting, value]) => setting.startsWith("iothreads.") && value !== null)
    .length;
}
