import type { Props } from "../resource";

/**
 * In a preview the engine sends a value that is not known yet as one of these strings, one for each type
 * (pulumi/pulumi, sdk/go/common/resource/plugin/rpc.go; `@pulumi/pulumi/runtime` exports only the first).
 */
const sentinels: ReadonlySet<unknown> = new Set([
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9", // string, and whatever the Node SDK does not know the type of
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7", // bool
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421", // number
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2", // array
  "030794c1-ac77-496b-92df-f27374a8bd58", // asset
  "e48ece36-62e2-4504-bad9-02848725956a", // archive
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff", // object
]);

export interface KnownPart {
  readonly known: Props;
  /** Dotted paths of what was taken out; an array element by its index: `hugepages.0.size`. */
  readonly unknowns: readonly string[];
}

/**
 * Takes unknown values out. An array loses its unknown elements, so the elements behind them move up: whoever reads
 * an array must first look for a path below it in `unknowns`.
 */
export function withoutUnknowns(props: Props): KnownPart {
  const unknowns: string[] = [];
  const known = knownEntries(props, "", unknowns);
  return { known, unknowns };
}

export function isUnknown(value: unknown): boolean {
  return sentinels.has(value);
}

function knownEntries(object: Props, prefix: string, unknowns: string[]): Props {
  return Object.fromEntries(
    Object.entries(object).flatMap(([key, value]) =>
      knownValue(value, prefix + key, unknowns).map((known) => [key, known]),
    ),
  );
}

/** The value in a list of one, or an empty list if it is unknown. */
function knownValue(value: unknown, path: string, unknowns: string[]): unknown[] {
  if (isUnknown(value)) {
    unknowns.push(path);
    return [];
  }
  if (Array.isArray(value))
    return [value.flatMap((element, index) => knownValue(element, `${path}.${String(index)}`, unknowns))];
  if (typeof value === "object" && value !== null) return [knownEntries(value as Props, `${path}.`, unknowns)];
  return [value];
}
