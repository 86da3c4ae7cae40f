import { stateFolder } from "../host/journal";

/*
 * What is kept of a domain on its host, so that deleting can put it back: one file a domain, written before the first
 * change. It also says which resource the domain belongs to, and that a restart is under way.
 */
export interface DomainRecord {
  readonly uuid: string;
  readonly urn: string;
  /** Values before our first write. Null: was not there. */
  readonly original: BySide<Readonly<Record<string, string | null>>>;
  /** Every value that we ever wrote: what is none of them somebody else has written. */
  readonly wrote: BySide<Readonly<Record<string, readonly (string | null)[]>>>;
  /** We have shut the domain down and owe it its start, in this state. */
  readonly restart?: "running" | "paused";
}

/** The running domain, and its persistent definition. */
export const sides = ["live", "config"] as const;
export type Side = (typeof sides)[number];
export type BySide<T> = { readonly [S in Side]: T };

export const domainsFolder = `${stateFolder}/domains`;

export function recordText(record: DomainRecord): string {
  return `${JSON.stringify({ version: 1, ...record })}\n`;
}

/** Throws when it is not what this version writes: what cannot be read must not be undone by guess. */
export function parseRecord(path: string, text: string): DomainRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Error(`${path} is damaged: it is not JSON`, { cause });
  }
  const { version, uuid, urn, original, wrote, restart } = (value ?? {}) as Record<string, unknown>;
  if (version !== 1)
    throw new Error(`${path} is of version ${String(version)}: use the release that wrote it, or a newer one`);
  const known = typeof uuid === "string" && typeof urn === "string" && isBySide(original) && isBySide(wrote);
  if (!known) throw new Error(`${path} is damaged`);
  return {
    uuid,
    urn,
    original: original as DomainRecord["original"],
    wrote: wrote as DomainRecord["wrote"],
    ...((restart === "running" || restart === "paused") && { restart }),
  };
}

function isBySide(value: unknown): boolean {
  const isObject = (one: unknown): boolean => typeof one === "object" && one !== null && !Array.isArray(one);
  return isObject(value) && sides.every((side) => isObject((value as Record<string, unknown>)[side]));
}

/** Whether `value` was there before us or is something that we wrote. A start makes live what the definition had. */
export function isOurs(record: DomainRecord, setting: string, value: string | null): boolean {
  return sides.some((side) => [record.original[side][setting], ...(record.wrote[side][setting] ?? [])].includes(value));
}
