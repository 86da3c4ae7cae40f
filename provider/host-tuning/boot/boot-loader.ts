import type { HostSnapshot } from "../../host/snapshot";
import type { Step } from "../../host/step";
import { canonicalKey, parseKernelLine, type KernelArgument } from "../../linux/kernel-args";
import type { EntryFor } from "../boot-values";
import type { BootArguments } from "./boot-arguments";

/**
 * One family of boot loaders: how the arguments of the next boot are read, and changed. Pure. A further family is one
 * file beside debian-grub.ts and a line in boot-loaders.ts.
 */
export interface BootLoader {
  readonly name: string;
  detect(snapshot: HostSnapshot): Detection;
  /** Only for a snapshot that is `usable`. */
  nextBoot(snapshot: HostSnapshot): NextBoot;
  /** What the preview must say before `wanted` is written: what refuses it, and what else it will bring. */
  findings(wanted: BootArguments, snapshot: HostSnapshot): Findings;
  /** Makes every coming boot have `wanted`. Empty when it has. */
  steps(wanted: BootArguments, snapshot: HostSnapshot, entryFor: EntryFor): readonly Step[];
  /** The arguments that the next boot would have without ours; undefined: that cannot be told. */
  withoutOurs(snapshot: HostSnapshot): readonly KernelArgument[] | undefined;
  /** Puts back what was there before the first write. Empty when nothing of ours is there. */
  undo(snapshot: HostSnapshot): BootLoaderUndo;
  /** How one boot is given other arguments than those after it; absent: this family has no such way. */
  readonly trial?: TrialLoader;
}

/** A boot loader's part of a trial boot (trial.ts). */
export interface TrialLoader {
  /** Why no trial can be made on this host; undefined: one can. */
  refusal(snapshot: HostSnapshot): string | undefined;
  /** The next boot is the trial, and the one after it is not. */
  isNext(snapshot: HostSnapshot): boolean;
  /** An entry of ours is there, whatever is chosen. */
  isLeft(snapshot: HostSnapshot): boolean;
  /** Arguments of `put_entry`: the entry that boots by default, with `line` in place of the keys that it names. */
  entry(line: BootArguments, snapshot: HostSnapshot): readonly string[];
  /** Shell functions put_entry, select_entry, unselect_entry and drop_entry (trial-scripts.ts). Safe to run again. */
  readonly script: string;
}

export type Detection =
  | { readonly kind: "usable" }
  /** Another loader starts this host. */
  | { readonly kind: "other" }
  /** It is this loader, in a state that we do not change. */
  | { readonly kind: "refused"; readonly reason: string };

export interface BootLoaderUndo {
  readonly steps: readonly Step[];
  /** What others have changed since: it stays. */
  readonly left: readonly { readonly setting: string; readonly actual: string }[];
}

export interface NextBoot {
  /** The menu entry that boots next. */
  readonly entry: string;
  /** Set for the next boot only: later boots take `lastingLine`. */
  readonly oneShot: boolean;
  readonly line: readonly KernelArgument[];
  readonly lastingLine: readonly KernelArgument[];
  readonly doubts: readonly string[];
  /** `file:line` of what sets a key. */
  readonly sourcesOf: (key: string) => readonly string[];
}

/** GRUB puts BOOT_IMAGE= on the line of every kernel that it starts. */
export const startedByGrub = (snapshot: HostSnapshot): boolean =>
  parseKernelLine(snapshot.files.text("/proc/cmdline") ?? "").some(({ key }) => key === "BOOT_IMAGE");

export interface Findings {
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/** Whether the kernel gets the managed keys as wanted: each argument, in order, and nothing else of these keys. */
export function hasArguments(line: readonly KernelArgument[], wanted: BootArguments): boolean {
  const text = (list: readonly { readonly key: string; readonly value: string | null }[]) =>
    JSON.stringify(list.map(({ key, value }) => [canonicalKey(key), value]));
  return text(managedArguments(line, wanted.keys)) === text(wanted.arguments);
}

export function managedArguments(line: readonly KernelArgument[], keys: readonly string[]): readonly KernelArgument[] {
  const managed = new Set(keys.map(canonicalKey));
  return line.filter((argument) => !argument.forInit && managed.has(canonicalKey(argument.key)));
}
