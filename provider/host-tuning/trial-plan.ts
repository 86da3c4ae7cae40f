/* How new kernel arguments get to the next boot: as a trial (boot/trial.ts), or into the default at once. Pure. */
import type { HostSnapshot } from "../host/snapshot";
import type { Run, Step } from "../host/step";
import type { Change } from "../impact";
import { canonicalKey } from "../linux/kernel-args";
import type { BootArgument, BootArguments } from "./boot/boot-arguments";
import type { BootLoader, TrialLoader } from "./boot/boot-loader";
import { failureText, tokenKey, trialPanicSeconds, trialState, type FailedTrial, type TrialRecord } from "./boot/trial";
import { clearScript, failScript, keepScript, stageScript } from "./boot/trial-scripts";
import { trialUnitFile } from "./boot/trial-unit";
import type { KnobArgs } from "./schema";

export const trialSetting = "trial boot";

export interface TrialWay {
  /** Undefined: the arguments become the default at once. */
  readonly trial: TrialLoader | undefined;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/** `trialBoot`, and what the host allows. */
export function trialWay(loader: BootLoader, args: KnobArgs, snapshot: HostSnapshot): TrialWay {
  const mode = args.trialBoot ?? "auto";
  if (mode === "off") return { trial: undefined, problems: [], warnings: [] };
  if (loader.trial === undefined) {
    const text = `${loader.name} has no trial boots here: arguments with which the host does not come up would have to be mended at its console`;
    return mode === "require"
      ? { trial: undefined, problems: [`trialBoot: "require": ${text}`], warnings: [] }
      : { trial: undefined, problems: [], warnings: [text] };
  }
  const reason = loader.trial.refusal(snapshot);
  const problems = reason === undefined ? [] : [`no trial boot: ${reason}. trialBoot: "off" boots without one`];
  return { trial: loader.trial, problems, warnings: [] };
}

/** Everything that the trial's kernel gets in place of what the entry has: `dropped` come back as others want them. */
export function trialLine(
  wanted: BootArguments,
  { dropped, others }: { dropped: readonly string[]; others: readonly BootArgument[] },
): BootArguments {
  return { keys: [...wanted.keys, ...dropped], arguments: [...wanted.arguments, ...others] };
}

/** The same for the same arguments: also for those that are to be absent. */
export function lineText({ keys, arguments: all }: BootArguments): string {
  const given = new Set(all.map(({ key }) => canonicalKey(key)));
  const absent = keys.filter((key) => !given.has(canonicalKey(key)));
  const words = all.map(({ key, value }) => (value === null ? key : `${key}=${value}`));
  const without = absent.length === 0 ? [] : [`without ${absent.join(", ")}`];
  return [...(words.length === 0 ? [] : [words.join(" ")]), ...without].join(" ");
}

/** An argument that keeps a host that panics where it is makes a trial senseless. */
export function panicProblem(line: BootArguments): string | undefined {
  if (!line.keys.some((key) => canonicalKey(key) === "panic")) return undefined;
  const seconds = Number(line.arguments.findLast(({ key }) => key === "panic")?.value ?? 0);
  return seconds > 0
    ? undefined
    : 'no trial boot: kernelArguments.panic must be more than 0, or a host whose kernel panics does not boot again. trialBoot: "off" boots without one';
}

interface Staging {
  readonly line: BootArguments;
  readonly snapshot: HostSnapshot;
  readonly timeoutSeconds: number;
  /** `up`: nobody waits to commit it, so it need only come up. */
  readonly waitsFor: "commit" | "up";
}

export function stageSteps(trial: TrialLoader, { line, snapshot, timeoutSeconds, waitsFor }: Staging): readonly Step[] {
  const { bootId } = snapshot;
  const record: TrialRecord = { version: 1, bootId, arguments: lineText(line), timeoutSeconds };
  const ownPanic = line.keys.some((key) => canonicalKey(key) === "panic");
  const panic = ownPanic ? [] : [{ key: "panic", value: String(trialPanicSeconds) }];
  const whole = {
    keys: [...line.keys, tokenKey, ...panic.map(({ key }) => key)],
    arguments: [...line.arguments, { key: tokenKey, value: bootId }, ...panic],
  };
  const common = [bootId, JSON.stringify(record), String(timeoutSeconds), waitsFor, String(trialPanicSeconds)];
  return [step("prepare the trial boot", stageScript(trial.script), [...common, ...trial.entry(whole, snapshot)])];
}

/** The trial is what it should be: nothing brings the host back any more, and the arguments become the default. */
export const commitSteps = (trial: TrialLoader, lasting: readonly Step[]): readonly Step[] => [
  step("keep the trial boot", keepScript, []),
  ...lasting,
  ...clearSteps(trial),
];

export const clearSteps = (trial: TrialLoader): readonly Step[] => [
  step("end the trial boot", clearScript(trial.script), [String(trialPanicSeconds)]),
];

export const failSteps = (trial: TrialLoader, failed: FailedTrial): readonly Step[] => [
  step("note the failed trial boot", failScript(trial.script), [String(trialPanicSeconds), JSON.stringify(failed)]),
];

const step = (name: string, script: string, args: readonly string[]): Run => ({
  kind: "run",
  setting: trialSetting,
  name,
  argv: ["sh", "-c", script, "trial", ...args],
});

/** Whether anything of a trial is on the host. */
export function isLeft(trial: TrialLoader | undefined, snapshot: HostSnapshot): boolean {
  return (
    trialState(snapshot).kind !== "none" ||
    snapshot.files.text(trialUnitFile) !== undefined ||
    trial?.isLeft(snapshot) === true
  );
}

/** The line of the preview for a trial that ends without another one. */
export function endChange(snapshot: HostSnapshot): Change {
  return { setting: trialSetting, actual: stateText(snapshot), desired: null, impact: "live" };
}

export function stageChange(snapshot: HostSnapshot, waitsFor: Staging["waitsFor"]): Change {
  return waitsFor === "commit"
    ? {
        setting: trialSetting,
        actual: stateText(snapshot),
        desired: "one boot with the new arguments; they last when it is verified",
        impact: "host-reboot",
      }
    : {
        setting: trialSetting,
        actual: stateText(snapshot),
        desired: "the next boot, and only that one until a run has verified it",
        impact: "live",
      };
}

function stateText(snapshot: HostSnapshot): string | null {
  const { kind } = trialState(snapshot);
  if (kind === "none") return null;
  return kind === "staged" ? "prepared" : kind === "running" ? "running, not committed" : kind;
}

/** What is known of an earlier trial and concerns the one to come. */
export function trialHistory(
  line: BootArguments,
  { args, snapshot }: { args: KnobArgs; snapshot: HostSnapshot },
): Pick<TrialWay, "problems" | "warnings"> {
  const state = trialState(snapshot);
  if (state.kind === "failed") {
    const { failed } = state;
    const again = failed.arguments === lineText(line) && failed.timeoutSeconds === (args.rebootTimeoutSeconds ?? 900);
    return again
      ? { problems: [failureText(failed)], warnings: [] }
      : { problems: [], warnings: [`the last trial boot, with ${failed.arguments}, failed: ${failed.why}`] };
  }
  if (state.kind !== "lapsed") return { problems: [], warnings: [] };
  const text = `a trial boot with ${state.record.arguments} came up, but no run has committed it before the host booted again`;
  return { problems: [], warnings: [text] };
}
