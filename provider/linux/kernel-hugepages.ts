/*
 * The pools of huge pages that a command line gives, as mm/hugetlb.c of Linux 6.1 reads default_hugepagesz=,
 * hugepagesz= and hugepages=. The order counts: hugepages= belongs to the size before it; standing before any size
 * it is for the default size; and a size that already has its pages is refused a second time.
 */
import { canonicalKey, type KernelArgument } from "./kernel-args";
import type { IgnoredArgument } from "./kernel-isolation";

export interface BootMemory {
  /** NUMA nodes with memory, ascending. */
  readonly nodes: readonly number[];
  /** Page sizes in KiB that the machine has; the first is the default one (2048 on x86). */
  readonly pageSizesKiB: readonly number[];
  /** For sizes above `largestBuddyKiB`: how many such pages each node has room for. Absent: any number. */
  readonly giganticRoom?: ReadonlyMap<number, number>;
}

/** Page size in KiB -> node -> pages. */
export type BootPools = ReadonlyMap<number, ReadonlyMap<number, number>>;

/** MAX_ORDER of 4 KiB pages: larger ones come from the boot memory allocator, at once. */
const largestBuddyKiB = 4096;

interface Wanted {
  total: number;
  readonly perNode: Map<number, number>;
}

interface State {
  readonly memory: BootMemory;
  readonly room: Map<number, number> | undefined;
  readonly sizes: Map<number, Wanted>;
  readonly pools: Map<number, ReadonlyMap<number, number>>;
  /** hugepages= before any size. */
  readonly implicit: Wanted;
  /** The size that the next hugepages= belongs to; undefined: the default size, not yet known. */
  parsed: number | undefined;
  valid: boolean;
  default: number | undefined;
  last: Wanted | undefined;
}

export function hugepagesOf(
  line: readonly KernelArgument[],
  memory: BootMemory,
): { readonly pools: BootPools; readonly ignored: readonly IgnoredArgument[] } {
  const state: State = {
    memory,
    room: memory.giganticRoom && new Map(memory.giganticRoom),
    sizes: new Map(),
    pools: new Map(),
    implicit: { total: 0, perNode: new Map() },
    parsed: undefined,
    valid: true,
    default: undefined,
    last: undefined,
  };
  const ignored = line.flatMap((argument) => {
    const reader = readers[canonicalKey(argument.key)];
    if (reader === undefined || argument.forInit) return [];
    const reason = argument.value === null ? "it has no value" : reader(state, argument.value);
    return reason === undefined ? [] : [{ argument: argument.text, reason }];
  });
  finish(state);
  const pools = memory.pageSizesKiB.map((size) => [size, state.pools.get(size) ?? noPages(memory)] as const);
  return { pools: new Map(pools), ignored };
}

const noPages = (memory: BootMemory) => new Map(memory.nodes.map((node) => [node, 0]));

/** Each returns why the argument is ignored. */
const readers: Readonly<Partial<Record<string, (state: State, value: string) => string | undefined>>> = {
  hugepagesz: readSize,
  default_hugepagesz: readDefaultSize,
  hugepages: readCount,
};

function readSize(state: State, value: string): string | undefined {
  state.valid = false;
  const size = supportedSize(state, value);
  if (size === undefined) return `this machine has no huge pages of ${value || "this size"}`;
  const known = state.sizes.get(size);
  if (known !== undefined && (state.default !== size || known.total > 0)) return `${value} is given twice`;
  if (known === undefined) state.sizes.set(size, { total: 0, perNode: new Map() });
  state.parsed = size;
  state.valid = true;
  return undefined;
}

function readDefaultSize(state: State, value: string): string | undefined {
  state.valid = false;
  if (state.default !== undefined) return "default_hugepagesz= is given twice";
  const size = supportedSize(state, value);
  if (size === undefined) return `this machine has no huge pages of ${value || "this size"}`;
  // hugetlb_add_hstate() leaves the size that is being described as it is if this one is known already.
  if (!state.sizes.has(size)) {
    state.sizes.set(size, { total: 0, perNode: new Map() });
    state.parsed = size;
  }
  state.valid = true;
  state.default = size;
  takeImplicit(state, size);
  return undefined;
}

/** Pages that were asked for before the default size was known. */
function takeImplicit(state: State, size: number): void {
  if (state.implicit.total === 0) return;
  const wanted = { total: state.implicit.total, perNode: new Map(state.implicit.perNode) };
  state.sizes.set(size, wanted);
  if (size > largestBuddyKiB) allocate(state, size);
  state.implicit.total = 0;
}

function readCount(state: State, value: string): string | undefined {
  if (!state.valid) {
    state.valid = true;
    return "it does not follow a valid hugepagesz=";
  }
  const wanted = (state.parsed === undefined ? undefined : state.sizes.get(state.parsed)) ?? state.implicit;
  if (wanted === state.last) return "hugepages= is given twice for one size";
  if (!parseCounts(state, value, wanted)) {
    wanted.total = 0;
    wanted.perNode.clear();
    return "its value is invalid (a count, or NODE:COUNT,... of nodes that exist)";
  }
  if (state.parsed !== undefined && state.parsed > largestBuddyKiB) allocate(state, state.parsed);
  state.last = wanted;
  return undefined;
}

/** False: invalid. A number may be followed by anything, as sscanf() has it. */
function parseCounts(state: State, value: string, wanted: Wanted): boolean {
  for (let rest = value; rest !== "";) {
    const [first, afterFirst] = readNumber(rest);
    if (first === undefined) return false;
    if (!afterFirst.startsWith(":")) {
      if (rest !== value) return false;
      wanted.total = first;
      return true;
    }
    if (!state.memory.nodes.includes(first)) return false;
    const [count, after] = readNumber(afterFirst.slice(1));
    if (count === undefined) return false;
    wanted.perNode.set(first, count);
    wanted.total += count;
    if (!after.startsWith(",")) return true;
    rest = after.slice(1);
  }
  return true;
}

function readNumber(text: string): readonly [number | undefined, string] {
  const found = /^[\t-\r ]*(\d+)/.exec(text);
  return found === null ? [undefined, text] : [Number(found[1]), text.slice(found[0].length)];
}

/** memparse(): a number in C's notation and a suffix; what follows does not count. */
function supportedSize(state: State, value: string): number | undefined {
  const found = /^(0x[0-9a-f]+|\d+)([kmgtpe]?)/i.exec(value);
  const digits = found?.[1] ?? "0";
  const number = /^0[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
  const bytes = number * 1024 ** " kmgtpe".indexOf((found?.[2] ?? "").toLowerCase() || " ");
  return state.memory.pageSizesKiB.find((size) => size * 1024 === bytes);
}

/** hugetlb_init(): the smaller sizes, and the implicit count if no default size was given. */
function finish(state: State): void {
  const fallback = state.memory.pageSizesKiB[0];
  if (fallback === undefined) return;
  if (state.default === undefined) takeImplicit(state, fallback);
  for (const size of state.sizes.keys()) if (size <= largestBuddyKiB) allocate(state, size);
}

/** hugetlb_hstate_alloc_pages(): per node if any node was named, else in turn, beginning with the first node. */
function allocate(state: State, size: number): void {
  const wanted = state.sizes.get(size);
  const pool = new Map(state.pools.get(size) ?? noPages(state.memory));
  if (wanted === undefined) return;
  const named = [...wanted.perNode].filter(([, count]) => count > 0).sort(([a], [b]) => a - b);
  const { nodes } = state.memory;
  const turns =
    named.length > 0
      ? named.flatMap(([node, count]) => share(state, size, { from: [node], count }))
      : share(state, size, { from: nodes, count: wanted.total });
  for (const [node, count] of turns) pool.set(node, (pool.get(node) ?? 0) + count);
  if (size > largestBuddyKiB) wanted.total = [...pool.values()].reduce((sum, count) => sum + count, 0);
  state.pools.set(size, pool);
}

interface Turns {
  readonly from: readonly number[];
  readonly count: number;
}

function share(state: State, size: number, { from, count }: Turns): readonly (readonly [number, number])[] {
  const { room } = state;
  if (size <= largestBuddyKiB || room === undefined) {
    return from.map((node, index) => [node, Math.floor((count + from.length - 1 - index) / from.length)]);
  }
  const got: (readonly [number, number])[] = [];
  for (let page = 0; page < count; page++) {
    const node = placeGigantic(room, from[page % from.length]);
    if (node === undefined) break;
    got.push([node, 1]);
  }
  return got;
}

/** memblock_alloc_try_nid_raw(): the node itself, else any other, from the highest address down. */
function placeGigantic(room: Map<number, number>, wanted: number | undefined): number | undefined {
  const fits = (node: number) => (room.get(node) ?? 0) > 0;
  const node = wanted !== undefined && fits(wanted) ? wanted : [...room.keys()].sort((a, b) => b - a).find(fits);
  if (node !== undefined) room.set(node, (room.get(node) ?? 0) - 1);
  return node;
}
