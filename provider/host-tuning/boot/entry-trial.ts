/*
 * A trial by an entry of the Boot Loader Specification: one file more beside the others, a copy of the entry that boots by
 * default but for its kernel arguments. Its name puts it last in the loader's order, so that only what chooses it by name
 * takes it. How it is chosen for one boot is the loader's own.
 */
import type { HostSnapshot } from "../../host/snapshot";
import { editBlsOptions } from "../../linux/bls-entry";
import type { BootArguments } from "./boot-arguments";
import { bootFolders, type BlsEntry } from "./bls-menu";
import type { TrialLoader } from "./boot-loader";

const title = "Trial of kernel arguments (kvm-tuning)";

export interface EntryMenu {
  readonly chosen: BlsEntry | undefined;
  /** What the next boot, and only that one, takes. */
  readonly next: BlsEntry | undefined;
  /** As it would be with `entry` beside the others. */
  readonly chosenWith: (entry: BlsEntry) => BlsEntry | undefined;
}

export interface EntryTrial<Menu extends EntryMenu> {
  /** Of the entry, which is its file's name without `.conf`. */
  readonly trialId: string;
  readonly menuOf: (snapshot: HostSnapshot) => Menu;
  readonly refusal: (menu: Menu, snapshot: HostSnapshot) => string | undefined;
  /** The text of an entry as the trial needs it. */
  readonly textOf?: (chosen: BlsEntry, menu: Menu) => string;
  /** Shell functions ready, select_entry and unselect_entry; `ready` says why the entry could not be chosen. */
  readonly choosing: string;
}

export function entryTrial<Menu extends EntryMenu>({ trialId, menuOf, ...loader }: EntryTrial<Menu>): TrialLoader {
  const files = bootFolders.map((folder) => `${folder}/loader/entries/${trialId}.conf`);
  return {
    refusal: (snapshot) => loader.refusal(menuOf(snapshot), snapshot),
    isNext: (snapshot) => menuOf(snapshot).next?.id === trialId,
    isLeft: (snapshot) => files.some((file) => snapshot.files.text(file) !== undefined),
    entry: (line, snapshot) => {
      const menu = menuOf(snapshot);
      const { chosen } = menu;
      if (chosen === undefined) throw new Error("there is no boot loader entry to copy");
      return entryCopy(trialId, { ...chosen, text: loader.textOf?.(chosen, menu) ?? chosen.text }, line);
    },
    script: `${loader.choosing}${entryScript(trialId)}`,
  };
}

/** Arguments of `put_entry`: the file and its text. Without a sort key the entry stands behind those that have one. */
function entryCopy(trialId: string, chosen: BlsEntry, line: BootArguments): readonly string[] {
  const kept = chosen.text
    .trimEnd()
    .split("\n")
    .filter((text) => !/^\s*(title|sort-key)\s/.test(text))
    .join("\n");
  const path = `${chosen.path.slice(0, chosen.path.lastIndexOf("/"))}/${trialId}.conf`;
  return [path, editBlsOptions(`title ${title}\n${kept}\n`, line)];
}

/** Whether the copy would be what boots by default. */
export function wouldBeDefault(trialId: string, { chosen, chosenWith }: EntryMenu): boolean {
  if (chosen === undefined) return true;
  return chosenWith({ ...chosen, id: trialId, title, sortKey: undefined, bad: false })?.id === trialId;
}

/** Shell functions put_entry and drop_entry. */
const entryScript = (trialId: string): string => `
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
