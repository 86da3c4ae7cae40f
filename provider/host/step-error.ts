import type { ExecResult } from "../transport/transport";
import { lockExitCode } from "./lock-script";
import { changedByOthers } from "./step";
import { failedAfterChange, failedUnchanged } from "./step-scripts";

export interface FailedStep {
  /** `user@host:port` */
  readonly endpoint: string;
  /** As in the progress line, see `stepName`. */
  readonly step: string;
  readonly setting: string;
  /** What ran on the host. */
  readonly command: string;
}

/** A step that failed: where, what, why, what state it leaves, and how to mend. */
export class StepError extends Error {
  override readonly name = "StepError";
  readonly endpoint: string;
  readonly step: string;
  readonly setting: string;
  readonly command: string;
  readonly exitCode: number | undefined;
  readonly stderr: string;

  constructor(failed: FailedStep, result: ExecResult | undefined, options?: { cause?: unknown }) {
    super(message(failed, result, options?.cause), options);
    this.endpoint = failed.endpoint;
    this.step = failed.step;
    this.setting = failed.setting;
    this.command = failed.command;
    this.exitCode = result?.exitCode;
    this.stderr = result?.stderr.trim() ?? "";
  }
}

function message({ endpoint, step, setting }: FailedStep, result: ExecResult | undefined, cause: unknown): string {
  const what = step.includes(setting) ? step : `${step} (for ${setting})`;
  if (result === undefined) {
    const why = cause instanceof Error ? cause.message : String(cause);
    return `${endpoint}: ${what}: ${why}. Whether this step took effect is not known; run again: steps already done are passed over.`;
  }
  const stderr = result.stderr.trim();
  const why = stderr === "" ? "no message" : stderr;
  const parts = [
    `${endpoint}: ${what} failed with exit code ${result.exitCode}: ${why}`,
    state(result.exitCode),
    remedy(stderr),
  ];
  return parts.filter((part) => part !== "").join("\n");
}

function state(exitCode: number): string {
  if (exitCode === failedUnchanged || exitCode === changedByOthers || exitCode === lockExitCode) {
    return "Nothing was changed by this step.";
  }
  if (exitCode === failedAfterChange)
    return "This step had begun to change the host; its originals are in the journal.";
  return "";
}

const remedies: readonly (readonly [RegExp, string])[] = [
  [
    /No space left on device|Disk quota exceeded/i,
    "Free some space on that file system of the host (df -h, df -i), then run again.",
  ],
  [
    /Read-only file system/i,
    "The file system is mounted read-only: mount it writable, or look in dmesg for the error that made it so.",
  ],
  [/command not found on the host/i, "Install that command on the host, then run again."],
  [
    /Permission denied|Operation not permitted/i,
    "Connect as root or as a user whom sudo -n lets run commands as root; if so already, look for SELinux or kernel lockdown in dmesg.",
  ],
  [
    /was changed by others/i,
    "It was left as it is. Compare it with the original in /var/lib/kvm-tuning/journal, settle it by hand, then run again.",
  ],
  [/lost its lock/i, "Another run may have taken over. Run again when it is done."],
  [/Invalid argument/i, "The kernel refuses this value: compare it with what this host offers."],
];

function remedy(stderr: string): string {
  return remedies.find(([pattern]) => pattern.test(stderr))?.[1] ?? "";
}
