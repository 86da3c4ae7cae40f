import { parsePageSizeKiB } from "../../linux/units";
import { kibOf } from "../facts";
import type { EditRequest, ElementEdit, NewElement, PlainEdit } from "./element-edit";
import { sizeIn } from "./sizes";
import { attribute, named, presence } from "./steps";
import { childrenNamed } from "./tree";

/* `<memory>`, `<currentMemory>`, `<memtune>` and `<memoryBacking>`. */

const backing = (name: string) => named("memoryBacking", name);

/** Settings that stand alone. */
export const memoryEdits = {
  memory: (value, request) => (value === null ? [] : [size("memory", value, request), ...allOfIt(request)]),
  currentMemory: (value, request) => (value === null ? allOfIt(request) : [size("currentMemory", value, request)]),
  "memoryBacking.hugepages": (value) => [
    value === null
      ? { path: backing("hugepages"), remove: true }
      : { path: backing("hugepages"), content: pages(value) },
  ],
  "memoryBacking.locked": (value) => [presence(backing("locked"), value)],
  "memoryBacking.nosharepages": (value) => [presence(backing("nosharepages"), value)],
  "memoryBacking.source": (value) => [attribute(backing("source"), "type", value)],
  "memoryBacking.access": (value) => [attribute(backing("access"), "mode", value)],
  "memoryBacking.allocation": (value) => [attribute(backing("allocation"), "mode", value)],
  "memoryBacking.hardLimit": (value, request) => [
    value === null ? { path: named("memtune", "hard_limit"), remove: true } : size("hard_limit", value, request),
  ],
} as const satisfies Readonly<Record<string, PlainEdit>>;

function size(name: "memory" | "currentMemory" | "hard_limit", value: string, { domain }: EditRequest): ElementEdit {
  const path = name === "hard_limit" ? named("memtune", name) : named(name);
  const parents = name === "hard_limit" ? childrenNamed(domain, "memtune") : [domain];
  const element = parents.flatMap((parent) => childrenNamed(parent, name)).at(0);
  const { number, unit } = sizeIn(BigInt(kibOf(value) ?? 0), element?.attributes.get("unit"));
  const now = element?.attributes.get("unit");
  return { path, text: number, ...(now !== unit && { attributes: new Map([["unit", unit]]) }) };
}

/** `<currentMemory>` says the same as `<memory>`, or nothing. */
function allOfIt(request: EditRequest): readonly ElementEdit[] {
  const { domain, after } = request;
  const memory = after.get("memory");
  if (memory === undefined || after.has("currentMemory")) return [];
  return childrenNamed(domain, "currentMemory").length === 0 ? [] : [size("currentMemory", memory, request)];
}

/** `1G cells 0, 2M cells 1` as `<page>` elements. */
function pages(value: string): readonly NewElement[] {
  if (value === "default") return [];
  return value.split(/, (?=\d+[KMG])/).map((page) => {
    const [text = "", cells] = page.split(" cells ");
    const attributes = new Map([
      ["size", String(parsePageSizeKiB(text))],
      ["unit", "KiB"],
      ...(cells === undefined ? [] : [["nodeset", cells] as const]),
    ]);
    return { name: "page", attributes };
  });
}
