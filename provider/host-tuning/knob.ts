import type { z } from "zod";
import type { HostSnapshot } from "../host/snapshot";
import type { PathValue, WriteValues } from "../host/step";
import type { Impact } from "../impact";
import type { BootArguments } from "./boot/boot-arguments";

/**
 * A knob is one argument of HostTuning, as an object of pure functions: it looks at the snapshot and describes, as
 * rows, the smallest settings that a user can see. Everything else follows from the rows (plan.ts): the preview, the
 * steps, what is kept over reboots, verification and undo. A knob does no I/O and has no code for undo.
 */
export interface Knob<S extends z.ZodType = z.ZodType> {
  readonly schema: S;
  /**
   * One row for each smallest setting that `desired` asks for, in a stable order. `others`: every argument of the
   * program by its name, for a value that depends on what another knob is about to write.
   */
  settings(
    desired: z.output<S>,
    snapshot: HostSnapshot,
    others?: Readonly<Record<string, unknown>>,
  ): readonly Setting[];
  /**
   * The argument that would describe the host as it is: same shape as `desired`, only the parts that `desired`
   * names. What the host lacks keeps the desired value. `refresh` puts it into the inputs, which shows drift.
   */
  observe(desired: z.output<S>, snapshot: HostSnapshot): z.input<S>;
  /** sysctl keys that the snapshot must read for this argument beyond its fixed list. */
  sysctlKeys?(desired: z.output<S>): readonly string[];
  /** Units that the snapshot must show for this argument, each with the links that enable or mask it. */
  units?(desired: z.output<S>): readonly string[];
}

/** Keeps the schema's type through the registry. */
export function defineKnob<S extends z.ZodType>(knob: Knob<S>): Knob<S> {
  return knob;
}

/** One row: a value that the host has and the value that it shall have. */
export interface Setting {
  /** Dotted, from the argument's name on: `hugepages.2M.node0`. */
  readonly name: string;
  readonly desired: string;
  /** Normalised as `desired` is, so that equality is all there is to compare. Null = the host has no such value. */
  readonly actual: string | null;
  readonly impact: Impact;
  /** The file that `actual` was read from, for verification. */
  readonly source: string;
  /** The kernel shows the effect nowhere, `actual` is what it was told: as desired, the verdict is "unknown". */
  readonly unseen?: boolean;
  /** The host lacks the feature, and why. The row is then no change, and its reason is shown. */
  readonly notApplicable?: string;
  /** Whether it can be written is up to the domains: while it differs, libvirt is asked for them. */
  readonly asksDomains?: true;
  /** Why this host cannot have the value: the preview refuses it. */
  readonly problem?: string;
  /** Something true that the user should read before agreeing. */
  readonly warning?: string;
  /** What may be done when the value does not read back as written. */
  readonly remedy?: string;
  /**
   * The running values, all of them (also those that are right already, so that their originals are journalled). Of a
   * row that needs a reboot they are not written, but journalled before it: the boot gives them.
   */
  readonly write: readonly PathValue[];
  /** Written before the rows that lack this: it frees what they may need. */
  readonly goesFirst?: boolean;
  readonly settle?: NonNullable<WriteValues["settle"]>;
  /** For a value that the kernel may refuse for good: how the journal notes that, so that the next plan knows. */
  readonly refusal?: NonNullable<WriteValues["refusal"]>;
  /** What sets the value again at every boot. */
  readonly boot: readonly BootValue[];
  /**
   * Whole files of ours that the value needs (a drop-in of systemd, a udev rule): written before the values, journalled,
   * and put back byte for byte. Whoever reads them is told to read again (boot-values.ts, `reloads`).
   */
  readonly files?: readonly OwnFile[];
  /** Commands that must have run before the values can be written, such as the start of a slice. Safe to run again. */
  readonly prepare?: readonly (readonly string[])[];
  /** Symbolic links that the value needs, or needs gone. */
  readonly links?: readonly OwnLink[];
  /** A unit that is stopped before anything else is done: what it puts back on its way out must not be ours. */
  readonly stops?: string;
  /** Commands that run last of all when the value was written, for what follows from it. Safe to run again. */
  readonly follow?: readonly (readonly string[])[];
  /** Kernel arguments that make the value at the next boot: merged over all rows and written by the boot loader. */
  readonly kernel?: BootArguments;
}

/** Whether the host must change for a row. */
export const differs = (one: Setting): boolean => one.notApplicable === undefined && one.actual !== one.desired;

/** A file that is ours as a whole. The rows of one run that name one path must agree on it. */
export interface OwnFile {
  readonly path: string;
  readonly content: string;
  /** Octal text, for example "0644". */
  readonly mode: string;
}

/** `to`: what it leads to; null: it is taken away. */
export interface OwnLink {
  readonly path: string;
  readonly to: string | null;
}

/** A value kept over reboots: merged over all knobs and written by one owner each, see boot-values.ts. */
export type BootValue =
  | { readonly kind: "sysctl"; readonly key: string; readonly value: string }
  | { readonly kind: "path"; readonly path: string; readonly value: string };
