/* What grub-mkconfig sources: who sets the kernel's arguments, and how. */
import type { HostSnapshot } from "../../host/snapshot";
import { canonicalKey, parseKernelLine, type KernelArgument } from "../../linux/kernel-args";
import { readGrubMenu } from "../../linux/grub-config";
import { lastAssignment, shellAssignments, type ShellAssignment } from "../../linux/shell-assignments";
import type { DefaultsPlace } from "./defaults-place";

const variables = ["GRUB_CMDLINE_LINUX", "GRUB_CMDLINE_LINUX_DEFAULT"] as const;

const isArguments = (one: ShellAssignment): boolean => variables.some((name) => name === one.name);

const lineOf = (one: ShellAssignment): string => `${one.file}:${one.line}`;

/** Lines that name `key`, ours left out. */
export function writersOf(key: string, place: DefaultsPlace, snapshot: HostSnapshot): readonly string[] {
  return shellAssignments(place.others(snapshot))
    .filter((one) => isArguments(one) && namesKey(one.raw, key))
    .map(lineOf);
}

function namesKey(raw: string, key: string): boolean {
  const words = raw.split(/[\s"'\\]+/).map((word) => canonicalKey(word.split("=")[0] ?? ""));
  return words.includes(canonicalKey(key));
}

/** Assignments after our file that take our arguments away or set a managed key again. */
export function laterWriters(keys: readonly string[], place: DefaultsPlace, snapshot: HostSnapshot): readonly string[] {
  return shellAssignments(place.others(snapshot).filter(({ path }) => place.isLater(path)))
    .filter(isArguments)
    .filter((one) => one.name === "GRUB_CMDLINE_LINUX" || keys.some((key) => namesKey(one.raw, key)))
    .filter((one) => !keepsValue(one) || keys.some((key) => namesKey(one.raw, key)))
    .map((one) => `${lineOf(one)} sets ${one.name}`);
}

const keepsValue = (one: ShellAssignment): boolean => new RegExp(`\\$\\{?${one.name}(?![A-Za-z0-9_])`).test(one.raw);

/**
 * The arguments that the files of others ask for; undefined: only a shell could tell. What differs here from grub.cfg
 * was changed since the last update-grub, and ours would bring it in.
 */
export function othersArguments(place: DefaultsPlace, snapshot: HostSnapshot): readonly KernelArgument[] | undefined {
  const all = shellAssignments(place.others(snapshot));
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
