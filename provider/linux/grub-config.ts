/*
 * A generated grub.cfg, run as GRUB would run it but for its commands: which entries the menu has, which one boots by
 * default, which one the next time only, and the command line that each gives to its kernel.
 * Source: GRUB manual, "default", "menuentry"; grub-core/normal/menu.c (get_entry_number, menuentry_eq);
 * grub-core/loader/linux.c and lib/cmdline.c (how words become the kernel's line).
 */
import { runGrub, type GrubEntry, type GrubInputs, type MenuItem } from "./grub-run";

export type { GrubEntry, GrubInputs } from "./grub-run";

export interface GrubMenu {
  /** Every entry that boots something, submenus unfolded, in the menu's order. */
  readonly entries: readonly GrubEntry[];
  /** What boots by itself when no one-shot entry is set; undefined: the menu is empty. */
  readonly default: GrubEntry | undefined;
  /** The variable `default`: a number, a title or an id. */
  readonly defaultSpec: string;
  /** `grub-reboot`: boots the next time only. */
  readonly nextOnly: GrubEntry | undefined;
  /** Entries that are not `unrestricted` ask for a password before they boot. */
  readonly restricted: boolean;
  /** What makes the answer less than certain, in words. */
  readonly doubts: readonly string[];
}

/** Throws GrubScriptError when the text is no script. */
export function readGrubMenu(inputs: GrubInputs): GrubMenu {
  const once = ["next_entry", "prev_saved_entry"];
  const lasting = new Map([...(inputs.environment ?? [])].filter(([name]) => !once.includes(name)));
  const run = runGrub({ ...inputs, ...(inputs.environment && { environment: lasting }) });
  const chosen = choose(run.menu, run.defaultSpec);
  const next = inputs.environment?.get("next_entry") ?? "";
  const shot = next === "" ? undefined : choose(runGrub(inputs).menu, runGrub(inputs).defaultSpec);
  return {
    entries: flatten(run.menu),
    default: chosen.entry,
    defaultSpec: run.defaultSpec,
    nextOnly: shot?.entry,
    restricted: run.restricted,
    doubts: [...run.doubts, ...chosen.doubts, ...(shot?.doubts ?? [])],
  };
}

function flatten(items: readonly MenuItem[]): readonly GrubEntry[] {
  return items.flatMap((item) => (item.items === undefined ? [item.entry] : flatten(item.items)));
}

/** `default`: a number, a title or an id, and behind `>` the same for the submenu's entries. */
function choose(items: readonly MenuItem[], spec: string): { entry: GrubEntry | undefined; doubts: readonly string[] } {
  const [own, rest] = splitSpec(spec);
  const index = findItem(items, own);
  const missing = index === undefined && own !== "" && items.length > 0;
  const doubts = missing ? [`GRUB's default ${JSON.stringify(own)} names no entry: GRUB takes the first`] : [];
  const item = items[index ?? 0];
  if (item?.items === undefined) return { entry: item?.entry, doubts };
  const inner = choose(item.items, index === undefined ? "" : rest);
  return { entry: inner.entry, doubts: [...doubts, ...inner.doubts] };
}

/** `>>` stands for a `>` in a title. */
function splitSpec(spec: string): readonly [string, string] {
  const found = /^((?:[^>]|>>)*)>([\s\S]*)$/.exec(spec);
  return found === null ? [spec.replaceAll(">>", ">"), ""] : [(found[1] ?? "").replaceAll(">>", ">"), found[2] ?? ""];
}

function findItem(items: readonly MenuItem[], spec: string): number | undefined {
  const digits = /^\s*(0x[0-9a-f]+|\d+)/i.exec(spec)?.[1];
  const index =
    digits === undefined
      ? items.findIndex(({ entry }) => entry.title === spec || (entry.id !== "" && entry.id === spec))
      : Number(digits);
  return index >= 0 && index < items.length ? index : undefined;
}
