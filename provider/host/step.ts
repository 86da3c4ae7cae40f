/**
 * A step is data: one thing done to a host, and enough to see that it is done already. Knobs make steps, the
 * executor (executor.ts) turns each into one SSH exec of a constant script with the step's values as arguments and
 * file content on stdin, so that no value is ever part of a script text.
 *
 * Before the first write to a target the step's script journals the original (journal.ts); before each write it
 * notes what it is about to write. A step that was interrupted can be run again.
 */
export type Step =
  | WriteFile
  | WriteLink
  | RemoveLink
  | WriteValues
  | RecordValues
  | StopUnit
  | Run
  | RestoreFile
  | RestoreValues
  | RestoreUnit
  | Forget;

interface Journalled {
  /** Name of the journal entry that keeps the original, see `entryName` in journal.ts. */
  readonly entry: string;
  /** The setting for whose sake the target is written; persistent files that serve many: their path. */
  readonly setting: string;
}

/** Writes a whole file: temporary file beside it, sync, rename, sync of the folder. Makes missing folders (0755). */
export interface WriteFile extends Journalled {
  readonly kind: "writeFile";
  readonly path: string;
  readonly content: string;
  /** Octal text, for example "0644". Owner is root:root. */
  readonly mode: string;
}

/** A symbolic link, made atomically. */
export interface WriteLink extends Journalled {
  readonly kind: "writeLink";
  readonly path: string;
  readonly to: string;
}

/** Takes a symbolic link of others away, such as the one that starts a unit at boot. What is no link is refused. */
export interface RemoveLink extends Journalled {
  readonly kind: "removeLink";
  readonly path: string;
}

/** Stops a unit of systemd; whether it ran, and whether it was enabled, is journalled before. */
export interface StopUnit extends Journalled {
  readonly kind: "stopUnit";
  readonly unit: string;
}

/** Values of /proc and /sys files: written in place, as the kernel needs it. */
export interface WriteValues extends Journalled {
  readonly kind: "writeValues";
  readonly values: readonly PathValue[];
  /**
   * For values that the kernel grants in part without an error (hugepages): written again until they read back as
   * asked, at most `attempts` times, with memory compaction and a pause of one second between. A shortfall is no
   * failure of the step: verification reports it with the numbers.
   */
  readonly settle?: { readonly attempts: number };
  /**
   * For values that the kernel may refuse for good (EIO, EPERM: a managed interrupt): then no failure of the step, but
   * noted in the journal as `path:<refusal>`.
   */
  readonly refusal?: string;
}

/**
 * Journals the originals without writing: for a setting that is as wanted when it is first managed, so that undo
 * knows what was there even if somebody changes it before our first write.
 */
export interface RecordValues extends Journalled {
  readonly kind: "recordValues";
  readonly paths: readonly string[];
  /** Values that a boot will give to some of the paths for our sake: noted as ours, so that undo may take them back. */
  readonly awaited?: readonly PathValue[];
}

export interface PathValue {
  readonly path: string;
  readonly value: string;
}

/** A command, for example `systemctl daemon-reload`. Must be safe to run again. */
export interface Run {
  readonly kind: "run";
  readonly setting: string;
  /** For progress and errors, where the argv holds a script. Default: the argv. */
  readonly name?: string;
  readonly argv: readonly string[];
  readonly timeoutSeconds?: number;
}

/**
 * Puts the original of a file or link back from the journal (bytes, mode, owner; or absence, with the folders that
 * writing it made), if the target is absent, the original, or something that we wrote; then drops the entry.
 * Otherwise fails with exit code `changedByOthers`: the caller leaves it and names it.
 */
export interface RestoreFile {
  readonly kind: "restoreFile";
  readonly path: string;
  readonly entry: string;
}

/** Writes the given original values, then drops the entry. The guard is the caller's (`stillOurs` in journal.ts). */
export interface RestoreValues {
  readonly kind: "restoreValues";
  readonly setting: string;
  readonly values: readonly PathValue[];
  readonly entry: string;
  readonly settle?: { readonly attempts: number };
}

/** Starts a unit again that ran when it was first stopped, then drops the entry. Its links come back before. */
export interface RestoreUnit {
  readonly kind: "restoreUnit";
  readonly setting: string;
  readonly unit: string;
  readonly entry: string;
}

/** Drops a journal entry and leaves its target as it is: changed by others, or to be kept (`onDelete: "retain"`). */
export interface Forget {
  readonly kind: "forget";
  readonly entry: string;
}

/** Exit code of a restoreFile step whose target somebody else has changed. */
export const changedByOthers = 75;

/** What the progress line and an error call the step. */
export function stepName(step: Step): string {
  switch (step.kind) {
    case "writeFile":
    case "writeLink":
      return `write ${step.path}`;
    case "removeLink":
      return `remove ${step.path}`;
    case "stopUnit":
      return `stop ${step.unit}`;
    case "restoreUnit":
      return `restore ${step.unit}`;
    case "writeValues":
      return `set ${step.setting}`;
    case "recordValues":
      return `record ${step.setting}`;
    case "run":
      return step.name ?? step.argv.join(" ");
    case "restoreFile":
      return `restore ${step.path}`;
    case "restoreValues":
      return `restore ${step.setting}`;
    case "forget":
      return `forget ${step.entry}`;
  }
}
