/*
 * Trial boots: new kernel arguments are the arguments of one boot, and become those of every boot only when a run has
 * found the host up, reached and with the wanted effects. This file says what of a trial stands on a host:
 *
 *   trial         line 1: the record, one line of JSON; then lines of words: `panic <value before>`, `made <folder>`,
 *                 and last `selected`, when the next boot has become the trial
 *   trial-seen    written by the trial's own boot: what it got to see of itself (trial-unit.ts)
 *   trial-failed  one line of JSON: which arguments have failed, with how much time, and why
 *
 *              stage                    boot                     commit
 *     none ───────────▶ staged ───────────────▶ running ─────────────────▶ none, and the arguments are the default
 *                         │  panic, no root, no ssh  │ any further boot
 *                         ▼                          ▼
 *                       failed ◀──── no ──── was it up? ──── yes ────▶ lapsed
 *
 * In every state the boot after the next one takes the arguments that were the default before.
 */
import { z } from "zod";
import { stateFolder } from "../../host/journal";
import type { HostSnapshot } from "../../host/snapshot";
import { kernelValues, parseKernelLine } from "../../linux/kernel-args";

export const recordFile = `${stateFolder}/trial`;
export const seenFile = `${stateFolder}/trial-seen`;
export const failedFile = `${stateFolder}/trial-failed`;

/** With a dot: the kernel takes it for the parameter of a module, and keeps it from init. */
export const tokenKey = "kvm_tuning.trial";
/** Seconds after which a kernel that panics in a trial boots again. */
export const trialPanicSeconds = 5;

const attempted = { arguments: z.string(), timeoutSeconds: z.int() };
/** `bootId`: of the boot in which it was made, which is its token too. */
const recordSchema = z.object({ version: z.literal(1), bootId: z.string(), ...attempted });
const failedSchema = z.object({ ...attempted, why: z.string() });

export type TrialRecord = z.output<typeof recordSchema>;
/** Arguments that have failed, the time that they were given, and what is known of the failure. */
export type FailedTrial = z.output<typeof failedSchema>;

export type TrialState =
  | { readonly kind: "none" }
  /** A run was cut off before the next boot became the trial, or cannot be read: to be cleared or made anew. */
  | { readonly kind: "unfinished" }
  | { readonly kind: "staged"; readonly record: TrialRecord }
  | { readonly kind: "running"; readonly record: TrialRecord }
  /** It came up, nobody committed it, and the host has booted again since. */
  | { readonly kind: "lapsed"; readonly record: TrialRecord }
  | { readonly kind: "failed"; readonly failed: FailedTrial };

export function trialState(snapshot: HostSnapshot): TrialState {
  const [first, ...words] = (snapshot.files.text(recordFile) ?? "").split("\n");
  const failed = parsed(failedSchema, snapshot.files.text(failedFile));
  if (first === undefined || first === "") return failed === undefined ? { kind: "none" } : { kind: "failed", failed };
  const record = parsed(recordSchema, first);
  if (record === undefined) return { kind: "unfinished" };
  if (runningToken(snapshot) === record.bootId) return { kind: "running", record };
  if (!words.includes("selected")) return { kind: "unfinished" };
  if (record.bootId === snapshot.bootId) return { kind: "staged", record };
  const seen = whatWasSeen(record, snapshot);
  if (seen.up) return { kind: "lapsed", record };
  return { kind: "failed", failed: { ...record, why: seen.why } };
}

function runningToken(snapshot: HostSnapshot): string | undefined {
  const line = parseKernelLine(snapshot.files.text("/proc/cmdline") ?? "");
  return kernelValues(line, tokenKey).at(-1) ?? undefined;
}

function parsed<T>(schema: z.ZodType<T>, text: string | undefined): T | undefined {
  if (text === undefined) return undefined;
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Lines `<token> <seconds of uptime> <up or starting> <failed units>` (trial-unit.ts). The last of this trial counts. */
function whatWasSeen(record: TrialRecord, snapshot: HostSnapshot): { readonly up: boolean; readonly why: string } {
  const lines = (snapshot.files.text(seenFile) ?? "").split("\n").map((line) => line.split(" "));
  const last = lines.filter(([token]) => token === record.bootId).at(-1);
  if (last === undefined) {
    return {
      up: false,
      why:
        "the trial did not get as far as starting services: the kernel panicked, or found no root file system or no init. " +
        "The host's console shows it; a kernel that hangs without a panic comes back only with a hardware watchdog",
    };
  }
  const [, seconds = "?", state, ...failed] = last;
  const units = failed.filter((one) => one !== "");
  const broken = units.length === 0 ? "no unit had failed" : `failed units: ${units.join(", ")}`;
  return {
    up: state === "up",
    why: `the trial was last seen ${seconds} s after its start, not up, or without an SSH server (${broken})`,
  };
}

/** What a run or a preview says of a trial that failed, and how to try again. */
export function failureText({ arguments: texts, why }: FailedTrial): string {
  return (
    `the trial boot with ${texts} failed, and every further boot takes the old arguments: ${why}. ` +
    `The same arguments are not tried again: change them or rebootTimeoutSeconds, or mend the host and remove ${recordFile} and ${failedFile} there`
  );
}
