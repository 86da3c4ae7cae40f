import { canonicalKey } from "../../linux/kernel-args";

/** Keys that are ours alone, and the arguments that the kernel shall get, in order. A key without one is removed. */
export interface BootArguments {
  readonly keys: readonly string[];
  readonly arguments: readonly BootArgument[];
}

export interface BootArgument {
  readonly key: string;
  readonly value: string | null;
}

/**
 * What all rows together want of the kernel's command line. Rows that share keys (the sizes of huge pages, the flags
 * of isolcpus=) give the same arguments for them: these count once. Throws when two rows want one key differently,
 * which the schema has to refuse before.
 */
export function mergeBootArguments(all: readonly BootArguments[]): BootArguments {
  const parts = new Map<string, BootArguments>();
  const owner = new Map<string, string>();
  for (const part of all) {
    const id = part.keys.map(canonicalKey).sort().join(" ");
    const same = parts.get(id);
    if (same !== undefined && JSON.stringify(same.arguments) === JSON.stringify(part.arguments)) continue;
    const twice = part.keys.find((key) => owner.has(canonicalKey(key)));
    if (twice !== undefined) throw new Error(`the kernel argument ${twice} is set by two settings`);
    for (const key of part.keys) owner.set(canonicalKey(key), id);
    parts.set(id, part);
  }
  const list = [...parts.values()];
  return { keys: list.flatMap((part) => part.keys), arguments: list.flatMap((part) => part.arguments) };
}
