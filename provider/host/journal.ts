/**
 * The undo journal on the host: one folder an entry under `/var/lib/kvm-tuning/journal/` (0700), made whole by one
 * rename before the first write to its target, never changed afterwards but for `wrote`, which grows by a line
 * before each write. The snapshot reads it; `delete` replays it backwards.
 *
 *   meta      one line of JSON: {"version":1,"kind":"file"|"values"|"unit","setting":"…","paths":["…"]}
 *   target    file only: the path alone, for the scripts, which do not read JSON
 *   paths     values only: the paths, one a line, for the scripts; unit: its name
 *   original  values: `path:value` lines, as `grep -H ''` prints them (a path that does not exist has no line)
 *             file: `absent`, `link <target>` or `file <octal mode> <uid>:<gid> <sha256>`; for absent also
 *             `made <folder>` lines, deepest last, for folders that the write will make
 *             unit: ActiveState and UnitFileState as systemctl shows them, a line each
 *   content   file only: the original bytes
 *   wrote     values: `path:value` lines, also as they read back; file: sha256 of each content written, or
 *             `link <target>`, or `absent` where a link was taken away
 *
 * Beside the entries `journal/made` keeps folders that we made and whose entry is gone while other files of ours were
 * still in them.
 */
export const stateFolder = "/var/lib/kvm-tuning";
export const journalFolder = `${stateFolder}/journal`;
/** Domains that were stopped for a reboot, a line `uuid name` each, until they run again. */
export const restartFile = `${stateFolder}/restart`;

export interface JournalEntry {
  /** `<four digits>-<slug>`: the order in which targets were first written. */
  readonly name: string;
  readonly kind: "file" | "values" | "unit";
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

/** What the executor writes as `meta`. */
export function entryMeta(entry: Pick<JournalEntry, "kind" | "setting" | "paths">): string {
  const { kind, setting, paths } = entry;
  return JSON.stringify({ version: 1, kind, setting, paths });
}

interface EntryTexts {
  readonly meta: string;
  readonly original: string | undefined;
  readonly wrote: string | undefined;
}

/** Throws when the entry is not what this version writes: what cannot be read must not be undone by guess. */
export function parseEntry(name: string, { meta, original, wrote }: EntryTexts): JournalEntry {
  return { name, ...parseMeta(name, meta), original: lines(original), wrote: lines(wrote) };
}

function parseMeta(name: string, meta: string): Pick<JournalEntry, "kind" | "setting" | "paths"> {
  const where = `${journalFolder}/${name}/meta`;
  let value: unknown;
  try {
    value = JSON.parse(meta);
  } catch (cause) {
    throw new Error(`${where} is damaged: ${JSON.stringify(meta.slice(0, 80))}`, { cause });
  }
  const { version, kind, setting, paths } = (value ?? {}) as Record<string, unknown>;
  if (version !== 1)
    throw new Error(`${where} is of version ${String(version)}: use the release that wrote it, or a newer one`);
  const known =
    (kind === "file" || kind === "values" || kind === "unit") && typeof setting === "string" && Array.isArray(paths);
  if (!known || !paths.every((path) => typeof path === "string")) throw new Error(`${where} is damaged`);
  return { kind, setting, paths };
}

const lines = (text: string | undefined): readonly string[] =>
  text === undefined || text === "" ? [] : text.split("\n");

/** The originals of a values entry, ready to be written: of a choice such as `always [madvise] never` the chosen word. */
export function originalValues(entry: JournalEntry): ReadonlyMap<string, string> {
  return new Map(
    entry.paths.flatMap((path) => {
      const line = entry.original.find((one) => one.startsWith(`${path}:`));
      return line === undefined ? [] : [[path, chosen(path, line.slice(path.length + 1))] as const];
    }),
  );
}

/**
 * What to write to get `value`, as the kernel prints it: of a choice in /sys such as `always [madvise] never` the word,
 * of a cpuset partition that was lost (`root invalid (...)`) what it was asked to be.
 */
export function chosen(path: string, value: string): string {
  if (!path.startsWith("/sys/")) return value;
  if (path.endsWith("/cpuset.cpus.partition")) return value.split(" ")[0] ?? value;
  return /(?:^|\s)\[([^\]\s]*)\](?:\s|$)/.exec(value)?.[1] ?? value;
}

/** For comparing: sysctl files print tabs where a user writes spaces. */
const normalised = (path: string, value: string): string => chosen(path, value).trim().replaceAll(/\s+/g, " ");

/**
 * Whether `actual` at `path` is the original or something that we wrote, so that undoing takes nothing from anybody.
 * For a values entry `actual` is the file's text, undefined = no such file; for a file entry a state as in
 * `HostSnapshot.journalledFiles`. Of values that the kernel grants in part, anything between the least and the most of
 * original and written is ours.
 */
export function stillOurs(entry: JournalEntry, path: string, actual: string | undefined): boolean {
  if (actual === undefined || actual === "absent") return true;
  if (entry.kind === "file") return fileIsOurs(entry, actual);
  const known = [...entry.original, ...entry.wrote]
    .filter((line) => line.startsWith(`${path}:`))
    .map((line) => normalised(path, line.slice(path.length + 1)));
  const value = normalised(path, actual);
  return known.includes(value) || (isPartlyGranted(path) && between(value, known));
}

/** The kernel gives as many huge pages as it finds, without an error. */
const isPartlyGranted = (path: string): boolean => path.endsWith("/nr_hugepages");

function fileIsOurs(entry: JournalEntry, actual: string): boolean {
  const written = actual.startsWith("file ") ? (actual.split(" ").at(-1) ?? "") : actual;
  return (
    entry.wrote.includes(written) || entry.original.some((line) => line === actual || line.endsWith(` ${written}`))
  );
}

function between(value: string, known: readonly string[]): boolean {
  const numbers = known.map(Number);
  const number = Number(value);
  return number >= Math.min(...numbers) && number <= Math.max(...numbers);
}
