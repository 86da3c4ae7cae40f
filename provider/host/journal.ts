/**
 * The undo journal on the host: one folder an entry under `/var/lib/kvm-tuning/journal/` (0700), made whole by one
 * rename before the first write to its target, never changed afterwards but for `wrote`, which grows by a line
 * before each write. The snapshot reads it; `delete` replays it backwards.
 *
 *   meta      one line of JSON: {"version":1,"kind":"file"|"values","setting":"…","paths":["…"]}
 *   original  values: `path:value` lines, as `grep -H ''` prints them (a path that does not exist has no line)
 *             file: `absent`, `link <target>` or `file <octal mode> <uid>:<gid> <sha256>`; for absent also
 *             `made <folder>` lines, deepest last, for folders that the write will make
 *   content   file only: the original bytes
 *   wrote     values: `path:value` lines; file: sha256 of each content written, or `link <target>`
 */
export const stateFolder = "/var/lib/kvm-tuning";
export const journalFolder = `${stateFolder}/journal`;
export const ownerFile = `${stateFolder}/owner.json`;

export interface JournalEntry {
  /** `<four digits>-<slug>`: the order in which targets were first written. */
  readonly name: string;
  readonly kind: "file" | "values";
  readonly setting: string;
  readonly paths: readonly string[];
  readonly original: readonly string[];
  readonly wrote: readonly string[];
}

/** A name for the entry after `existing`, sortable by the order of first writes. */
export function entryName(existing: readonly JournalEntry[], offset: number, target: string): string {
  const last = Math.max(0, ...existing.map((entry) => Number.parseInt(entry.name, 10)));
  const slug = target.replaceAll(/[^A-Za-z0-9.]+/g, "_").slice(-80);
  return `${String(last + 1 + offset).padStart(4, "0")}-${slug}`;
}
