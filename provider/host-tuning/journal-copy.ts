/*
 * The journal's copy in the state, for a host whose own journal is lost (somebody removed /var/lib/kvm-tuning). Before
 * the first write it is put back as files, whole by one rename, so that every step finds its entry and no original is
 * taken a second time from a host that is tuned already. The copy has no file contents, which may hold secrets: of
 * files only those come back that were absent, or a link.
 */
import { createHash } from "node:crypto";
import type { LockedHost } from "../host/hosts";
import { entryMeta, type JournalEntry } from "../host/journal";

export function copyable(entry: JournalEntry): boolean {
  return entry.kind !== "file" || !(entry.original[0] ?? "").startsWith("file ");
}

export async function putJournalBack(host: LockedHost, entries: readonly JournalEntry[]): Promise<void> {
  const stdin = entries.map(entryText).join("");
  const sha256 = createHash("sha256").update(stdin, "utf8").digest("hex");
  const name = "put the journal back from the state";
  await host.script({ name, setting: "journal", script: putBackScript, args: [sha256], stdin });
}

/** `D folder`, then for each of its files `F file` and its lines, each behind `L `. */
function entryText(entry: JournalEntry): string {
  const files = {
    meta: [entryMeta(entry)],
    [entry.kind === "file" ? "target" : "paths"]: entry.paths,
    original: entry.original,
    wrote: entry.wrote,
  };
  return [
    `D ${entry.name}`,
    ...Object.entries(files).flatMap(([file, lines]) => [
      `F ${entry.name}/${file}`,
      ...lines.map((line) => `L ${line}`),
    ]),
  ]
    .map((line) => `${line}\n`)
    .join("");
}

/** Arguments: sha256 of the input. */
const putBackScript = `
receive "$1"
new=$state/.journal
[ ! -e "$journal" ] || rmdir "$journal" || die "$journal is there, but holds no entry: move it away"
rm -rf "$new" && (umask 022; mkdir -p "\${state%/*}") && mkdir -p "$new" || die "cannot make $new"
sed -n 's/^D //p' "$work/in" | while IFS= read -r name; do mkdir "$new/$name" || exit; done || die "cannot write $new"
(cd "$new" && awk '
  /^F / { if (file != "") close(file); file = substr($0, 3); printf "" > file }
  /^L / { print substr($0, 3) > file }' "$work/in") || die "cannot write $new"
sync "$new"/*/* "$new"/* "$new" && mv "$new" "$journal" && sync "$state" || die "cannot write $journal"
`;
