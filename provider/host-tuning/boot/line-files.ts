/*
 * Files that hold the kernel's line itself: entries of the Boot Loader Specification, and /etc/kernel/cmdline, from which
 * kernel-install makes the entry of a kernel that is installed later. Pure.
 */
import { entryName, stillOurs, type JournalEntry } from "../../host/journal";
import type { HostSnapshot } from "../../host/snapshot";
import type { Step } from "../../host/step";
import { editBlsOptions } from "../../linux/bls-entry";
import { canonicalKey, parseKernelLine, printKernelLine } from "../../linux/kernel-args";
import { editKernelLine } from "../../linux/kernel-line-edit";
import type { EntryFor } from "../boot-values";
import { defaultsFile } from "./defaults-block";
import { grubFragmentFile } from "./grub-fragment";
import { memoFile, memoText, readMemo, type ArgumentsMemo } from "./arguments-memo";
import type { BootArguments } from "./boot-arguments";
import { managedArguments } from "./boot-loader";
import type { BlsEntry } from "./bls-menu";
import { isBootLoaders, kernelCommandFile } from "./managed-keys";

export interface LineFiles {
  readonly entries: readonly BlsEntry[];
  /** What the kernel of the default entry gets now. */
  readonly line: string;
  /** `kernelopts` of grubenv: entries that name it have their arguments from there, also those of later kernels. */
  readonly kernelopts?: string | undefined;
  readonly snapshot: HostSnapshot;
}

export const memoOf = (snapshot: HostSnapshot): ArgumentsMemo | undefined => readMemo(snapshot.files.text(memoFile));

/** The memo first. An entry whose kernel has them is not touched. */
export function writeLines(wanted: BootArguments, files: LineFiles, entryFor: EntryFor): readonly Step[] {
  const { snapshot, line, kernelopts } = files;
  const write = (path: string, content: string): Step => ({
    kind: "writeFile",
    entry: entryFor(path),
    setting: path,
    path,
    content,
    mode: modeOf(path),
  });
  const first = { before: line, ...(kernelopts !== undefined && { kernelopts }) };
  const edits = edited(withDropped(wanted, snapshot), files).map(({ path, content }) => write(path, content));
  return [...writeMemo(wanted, { first, snapshot, entryFor }), ...edits];
}

interface MemoContext {
  /** What stands there where nothing is noted yet. */
  readonly first: Omit<ArgumentsMemo, "keys">;
  readonly snapshot: HostSnapshot;
  readonly entryFor: EntryFor;
}

/** Empty when it says so already. */
export function writeMemo(wanted: BootArguments, { first, snapshot, entryFor }: MemoContext): readonly Step[] {
  const path = memoFile;
  const content = memoText(wanted, memoOf(snapshot) ?? first);
  if (`${snapshot.files.text(path) ?? ""}\n` === content) return [];
  return [{ kind: "writeFile", entry: entryFor(path), setting: path, path, content, mode: modeOf(path) }];
}

const modeOf = (path: string): string => (path.startsWith("/etc/") ? "0644" : "0755");

/** Keys that the program no longer names get back what stood there before. */
export function withDropped(wanted: BootArguments, snapshot: HostSnapshot): BootArguments {
  const memo = memoOf(snapshot);
  const kept = new Set(wanted.keys.map(canonicalKey));
  const dropped = argumentsOf(memo?.before ?? "", memo?.keys.filter((key) => !kept.has(key)) ?? []);
  return { keys: [...wanted.keys, ...dropped.keys], arguments: [...wanted.arguments, ...dropped.arguments] };
}

/** Of these keys what stands on a line. */
export const argumentsOf = (line: string, keys: readonly string[]): BootArguments => ({
  keys,
  arguments: managedArguments(parseKernelLine(line), keys).map(({ key, value }) => ({ key, value })),
});

function edited(wanted: BootArguments, files: LineFiles): readonly { path: string; content: string }[] {
  const { entries, snapshot, kernelopts } = files;
  const bare = { keys: wanted.keys, arguments: [] };
  const all = entries.map(({ path, text }) => {
    const elsewhere = kernelopts !== undefined && namesOptions(text);
    return { path, text, content: editBlsOptions(text, elsewhere ? bare : wanted) };
  });
  const command = snapshot.files.text(kernelCommandFile);
  const later =
    command === undefined
      ? []
      : [{ path: kernelCommandFile, text: `${command}\n`, content: `${editCommand(command, wanted)}\n` }];
  return [...all, ...later].filter(({ text, content }) => text !== content);
}

export const namesOptions = (text: string): boolean => /^\s*options\s.*\$kernelopts\b/m.test(text);

/** kernel-install joins its lines. */
function editCommand(text: string, wanted: BootArguments): string {
  const lines = text.split("\n");
  const last = lines.findLastIndex((line) => line.trim() !== "");
  return lines
    .map((line, index) =>
      index === Math.max(0, last) ? editKernelLine(line, wanted) : editKernelLine(line, { ...wanted, arguments: [] }),
    )
    .join("\n");
}

/** What the next boots would have without ours. */
export function lineWithoutOurs(snapshot: HostSnapshot): ReturnType<typeof parseKernelLine> | undefined {
  const memo = memoOf(snapshot);
  return memo === undefined ? undefined : parseKernelLine(memo.before);
}

/**
 * Files that are as we left them get their bytes back. In others, and in the entries of kernels that came later, our
 * arguments give way to those that stood there. The entry of a kernel that is gone does not come back.
 */
export function undoLines(files: LineFiles): readonly Step[] {
  const { snapshot } = files;
  const memo = memoOf(snapshot);
  const journal = snapshot.journal.filter((one) => one.kind === "file");
  const all = journal.flatMap((entry) => entry.paths.map((path) => [path, entry] as const));
  const journalled = new Map(all.filter(([path]) => holdsLine(path)));
  const whole = [...journalled].filter(([path, entry]) => isAsLeft(entry, path, snapshot));
  const asLeft = new Set(whole.map(([path]) => path));
  const inverse = memo && argumentsOf(memo.before, memo.keys);
  const edits = inverse === undefined ? [] : edited(inverse, files).filter(({ path }) => !asLeft.has(path));
  const spare = (path: string) => entryName(snapshot.journal, 0, path);
  const last = (path: string) => (path === memoFile ? 1 : 0);
  return [
    ...edits.map(({ path, content }): Step => ({
      kind: "writeFile",
      entry: journalled.get(path)?.name ?? spare(path),
      setting: path,
      path,
      content,
      mode: modeOf(path),
    })),
    ...edits
      .filter(({ path }) => !journalled.has(path))
      .map(({ path }): Step => ({ kind: "forget", entry: spare(path) })),
    ...[...journalled]
      .sort(([left], [right]) => last(left) - last(right))
      .map(([path, entry]): Step =>
        asLeft.has(path) ? { kind: "restoreFile", path, entry: entry.name } : { kind: "forget", entry: entry.name },
      ),
  ];
}

const holdsLine = (path: string): boolean => isBootLoaders(path) && path !== grubFragmentFile && path !== defaultsFile;

function isAsLeft(entry: JournalEntry, path: string, snapshot: HostSnapshot): boolean {
  const now = snapshot.journalledFiles.get(path) ?? "absent";
  return now !== "absent" && stillOurs(entry, path, now);
}

/** The entries whose kernel gets `key`. */
export const filesWith = (key: string, entries: readonly BlsEntry[]): readonly string[] =>
  entries.filter(({ line }) => managedArguments(line, [key]).length > 0).map(({ path }) => path);

export const lineText = (entry: BlsEntry | undefined): string => printKernelLine(entry?.line ?? []);
