import { kibOf, type Setting } from "../facts";
import type { EditRequest, ElementEdit, NewElement, PlainEdit, Step } from "./element-edit";
import { cellsOf } from "./parts";
import { sizeIn } from "./sizes";
import { attribute, cellPath, named, numbered } from "./steps";

/* `<numatune>` and `<cpu><numa>`. */

type Of<Kind extends Setting["kind"]> = Extract<Setting, { readonly kind: Kind }>;

const policy = named("numatune", "memory");

/** Settings that stand alone. */
export const numaEdits = {
  "numa.mode": (value) => [attribute(policy, "mode", value)],
  "numa.nodeset": (value) => [attribute(policy, "nodeset", value)],
  // A nodeset beside an automatic placement counts as none, and would come to life without it.
  "numa.placement": (value, { after }) => [
    attribute(policy, "placement", value),
    ...(after.has("numa.nodeset") ? [] : [attribute(policy, "nodeset", null)]),
  ],
} as const satisfies Readonly<Record<string, PlainEdit>>;

export function cellEdit(
  { cell, field }: Of<"cell">,
  value: string | null,
  request: EditRequest,
): readonly ElementEdit[] {
  return field === "mode" || field === "nodeset"
    ? [attribute([...named("numatune"), numbered("memnode", "cellid", cell)], field, value)]
    : cellEdits(cell, field, { value, request });
}

export function cellDistanceEdit(
  { cell, to }: Of<"cellDistance">,
  value: string | null,
  request: EditRequest,
): readonly ElementEdit[] {
  const path = [...cellPath(request.domain, cell), { name: "distances" }, numbered("sibling", "id", to)];
  return staying(cell, request, [attribute(path, "value", value)]);
}

export function cellCacheEdit(
  { cell, level }: Of<"cellCache">,
  value: string | null,
  request: EditRequest,
): readonly ElementEdit[] {
  const path = [...cellPath(request.domain, cell), numbered("cache", "level", level)];
  return staying(cell, request, [cacheEdit(path, value)]);
}

/** A cell that goes takes all that is in it along. */
function staying(cell: number, { after }: EditRequest, edits: readonly ElementEdit[]): readonly ElementEdit[] {
  return after.has(`numa.cells.${cell}.memory`) ? edits : [];
}

interface Field {
  readonly value: string | null;
  readonly request: EditRequest;
}

const attributes = { vcpus: "cpus", memAccess: "memAccess" } as const;

function cellEdits(
  cell: number,
  field: "vcpus" | "memory" | "memAccess",
  { value, request }: Field,
): readonly ElementEdit[] {
  const path = cellPath(request.domain, cell);
  if (field !== "memory") return staying(cell, request, [attribute(path, attributes[field], value)]);
  // A cell is its memory: without, it is none.
  if (value === null) return [{ path, remove: true }];
  const element = cellsOf(request.domain).find(({ id }) => id === cell)?.element;
  const size = sizeIn(BigInt(kibOf(value) ?? 0), element?.attributes.get("unit"));
  return [
    {
      path,
      attributes: new Map([
        ["memory", size.number],
        ["unit", size.unit],
      ]),
    },
  ];
}

/** `direct writeback 32768 KiB line 64 B` as an element. */
function cacheEdit(path: readonly Step[], value: string | null): ElementEdit {
  const [, associativity = "", policy = "", size = "0", line = "0"] =
    /^(\S*) (\S*) (\d+) KiB line (\d+) B$/.exec(value ?? "") ?? [];
  if (value === null) return { path, remove: true };
  const part = (name: string, number: string, unit: string): NewElement => ({
    name,
    attributes: new Map([
      ["value", number],
      ["unit", unit],
    ]),
  });
  return {
    path,
    attributes: new Map([
      ["associativity", associativity],
      ["policy", policy],
    ]),
    content: [part("size", size, "KiB"), part("line", line, "B")],
  };
}
