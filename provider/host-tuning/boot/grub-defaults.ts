/* /etc/default/grub and the files of /etc/default/grub.d: who sets the kernel's arguments. */
import type { HostSnapshot } from "../../host/snapshot";
import { canonicalKey, parseKernelLine, type KernelArgument } from "../../linux/kernel-args";
import { readGrubMenu } from "../../linux/grub-config";
import { lastAssignment, shellAssignments, type ShellAssignment } from "../../linux/shell-assignments";
import { grubFragmentFile } from "./grub-fragment";

const defaultsFile = "/etc/default/grub";
const folder = "/etc/default/grub.d/";
const variables = ["GRUB_CMDLINE_LINUX", "GRUB_CMDLINE_LINUX_DEFAULT"] as const;

/** In the order in which grub-mkconfig sources them. */
export function defaultsFiles(snapshot: HostSnapshot): readonly string[] {
  const parts = snapshot.files.paths(folder).filter((path) => /^[^./][^/]*\.cfg$/.test(path.slice(folder.length)));
  return [...(snapshot.files.text(defaultsFile) === undefined ? [] : [defaultsFile]), ...parts];
}

function assignments(snapshot: HostSnapshot, paths: readonly string[]): readonly ShellAssignment[] {
  return shellAssignments(paths.map((path) => ({ path, text: snapshot.files.text(path) ?? "" })));
}

const isArguments = (one: ShellAssignment): boolean => variables.some((name) => name === one.name);

export const place = (one: ShellAssignment): string => `${one.file}:${one.line}`;

/** Lines that name `key`, ours left out. */
export function writersOf(key: string, snapshot: HostSnapshot): readonly string[] {
  return othersAssignments(snapshot)
    .filter((one) => isArguments(one) && namesKey(one.raw, key))
    .map(place);
}

const othersAssignments = (snapshot: HostSnapshot): readonly ShellAssignment[] =>
  assignments(
    snapshot,
    defaultsFiles(snapshot).filter((path) => path !== grubFragmentFile),
  );

function namesKey(raw: string, key: string): boolean {
  const words = raw.split(/[\s"'\\]+/).map((word) => canonicalKey(word.split("=")[0] ?? ""));
  return words.includes(canonicalKey(key));
}

/** Assignments after our file that take our arguments away or set a managed key again. */
export function laterWriters(keys: readonly string[], snapshot: HostSnapshot): readonly string[] {
  const later = defaultsFiles(snapshot).filter((path) => path > grubFragmentFile);
  return assignments(snapshot, later)
    .filter(isArguments)
    .filter((one) => one.name === "GRUB_CMDLINE_LINUX" || keys.some((key) => namesKey(one.raw, key)))
    .filter((one) => !keepsValue(one) || keys.some((key) => namesKey(one.raw, key)))
    .map((one) => `${place(one)} sets ${one.name}`);
}

const keepsValue = (one: ShellAssignment): boolean => new RegExp(`\\$\\{?${one.name}(?![A-Za-z0-9_])`).test(one.raw);

/**
 * The arguments that the files of others ask for; undefined: only a shell could tell. What differs here from grub.cfg
 * was changed since the last update-grub, and ours would bring it in.
 */
export function othersArguments(snapshot: HostSnapshot): readonly KernelArgument[] | undefined {
  const all = othersAssignments(snapshot);
  const values = variables.map((name) => lastAssignment(all, name)).map((one) => (one === undefined ? "" : one.value));
  if (values.includes(undefined)) return undefined;
  const words = values.join(" ").replaceAll("\n", " ");
  try {
    const { default: entry } = readGrubMenu({ config: `menuentry x {\nlinux x ${words}\n}\n` });
    return parseKernelLine(entry?.kernelLine ?? "");
  } catch {
    return undefined;
  }
}
