/* What the next boot gets: the trial that is prepared, the one that ends, or the arguments themselves. Pure. */
import type { HostSnapshot } from "../host/snapshot";
import type { Step } from "../host/step";
import type { Change } from "../impact";
import type { BootArguments } from "./boot/boot-arguments";
import type { BootLoader } from "./boot/boot-loader";
import { trialState } from "./boot/trial";
import type { KnobArgs } from "./schema";
import {
  clearSteps,
  commitSteps,
  endChange,
  isLeft,
  lineText,
  panicProblem,
  stageChange,
  stageSteps,
  trialHistory,
  trialWay,
} from "./trial-plan";

interface WayContext {
  readonly loader: BootLoader;
  /** What makes every coming boot have the arguments. */
  readonly lasting: readonly Step[];
  readonly line: BootArguments;
  readonly snapshot: HostSnapshot;
  readonly args: KnobArgs;
  readonly reboots: boolean;
  /** Something waits for a boot that this run does not make. */
  readonly waits: boolean;
}

interface Way {
  readonly steps: readonly Step[];
  readonly changes: readonly Change[];
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  /** The run's reboot is a trial. */
  readonly trial: boolean;
}

/** Arguments that the running kernel does not have yet are tried first; what it runs with is made to last at once. */
export function nextBootWay({ loader, lasting, line, snapshot, args, reboots, waits }: WayContext): Way {
  const way = trialWay(loader, args, snapshot);
  const { trial } = way;
  const tries = (reboots || waits) && lasting.length > 0;
  if (!tries || trial === undefined) {
    const found = tries ? way : { problems: [], warnings: [] };
    const own = loader.trial;
    if (own === undefined || !isLeft(own, snapshot)) return { ...found, steps: lasting, changes: [], trial: false };
    const steps =
      trialState(snapshot).kind === "running" ? commitSteps(own, lasting) : [...lasting, ...clearSteps(own)];
    return { ...found, steps, changes: [endChange(snapshot)], trial: false };
  }
  const history = trialHistory(line, { args, snapshot });
  const panic = panicProblem(line);
  const found = {
    problems: [...way.problems, ...history.problems, ...(panic === undefined ? [] : [panic])],
    warnings: history.warnings,
  };
  if (!reboots && isStaged(snapshot, { loader, line })) return { ...found, steps: [], changes: [], trial: false };
  const waitsFor = reboots ? "commit" : "up";
  const timeoutSeconds = args.rebootTimeoutSeconds ?? 900;
  // Nothing can be copied from a menu that refuses it.
  const steps = way.problems.length > 0 ? [] : stageSteps(trial, { line, snapshot, timeoutSeconds, waitsFor });
  return { ...found, steps, changes: [stageChange(snapshot, waitsFor)], trial: reboots };
}

/** The next boot is a trial, of `line` where it is given. */
export function isStaged(
  snapshot: HostSnapshot,
  { loader, line }: { loader: BootLoader; line?: BootArguments },
): boolean {
  const state = trialState(snapshot);
  if (state.kind !== "staged" || loader.trial?.isNext(snapshot) !== true) return false;
  return line === undefined || state.record.arguments === lineText(line);
}
