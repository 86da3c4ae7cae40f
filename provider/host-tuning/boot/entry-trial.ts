/*
 * A trial by an entry of the Boot Loader Specification: one file more beside the others, a copy of the entry that boots by
 * default but for its kernel arguments. Its name puts it last in the loader's order, so that only what chooses it by name
 * takes it. How it is chosen for one boot is the loader's own.
 */
import type { HostSnapshot } from "../../host/snapshot";
import { blsValue, editBlsOptions, parseBlsEntry } from "../../linux/bls-entry";
import type { BootArguments } from "./boot-arguments";
import { bootFolders, type BlsEntry } from "./bls-menu";

const title = "Trial of kernel arguments (kvm-tuning)";

/** `trialId`: of the entry, which is its file's name without `.conf`. */
export const isEntryLeft = (trialId: string, snapshot: HostSnapshot): boolean =>
  bootFolders.some((folder) => snapshot.files.text(`${folder}/loader/entries/${trialId}.conf`) !== undefined);

/** Arguments of `put_entry`: the file and its text. Without a sort key the entry stands behind those that have one. */
export function entryCopy(trialId: string, chosen: BlsEntry, line: BootArguments): readonly string[] {
  const kept = chosen.text
    .trimEnd()
    .split("\n")
    .filter((text) => !/^\s*(title|sort-key)\s/.test(text))
    .join("\n");
  const path = `${chosen.path.slice(0, chosen.path.lastIndexOf("/"))}/${trialId}.conf`;
  return [path, editBlsOptions(`title ${title}\n${kept}\n`, line)];
}

/** The copy as the loader would list it. */
export function listed(trialId: string, chosen: BlsEntry): BlsEntry {
  const version = blsValue(parseBlsEntry(chosen.text), "version") ?? "";
  return { ...chosen, id: trialId, title, version, sortKey: undefined, bad: false };
}

/** Shell functions put_entry and drop_entry; `ready` says why the entry could not be chosen, before it is written. */
export const entryScript = (trialId: string): string => `
# $1: the file, $2: its text. A file system without modes and owners gives its own.
put_entry() {
  ready
  tmp=$root\${1%/*}/.${trialId}.kvm-tuning
  printf %s "$2" > "$tmp" && sync "$tmp" && mv -f "$tmp" "$root$1" && sync "$root\${1%/*}" || { rm -f "$tmp"; fail "cannot write $1"; }
}
drop_entry() {
  for folder_of in ${bootFolders.join(" ")}; do
    entries=$root$folder_of/loader/entries
    [ -e "$entries/${trialId}.conf" ] || continue
    rm -f "$entries/${trialId}.conf" "$entries/.${trialId}.kvm-tuning" && sync "$entries" || fail "cannot write $entries"
  done
}
`;
