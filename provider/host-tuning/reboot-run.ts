/* The steps of a run, and its one reboot: only when the boot loader's configuration reads back right. */
import type { LockedHost } from "../host/hosts";
import { RebootRefused } from "../host/reboot";
import type { HostSnapshot } from "../host/snapshot";
import type { Run } from "../resource";
import { entryNames } from "./plan-steps";
import { notAtNextBoot, planBoot } from "./boot-plan";
import { bootLoaderOf } from "./boot/boot-loaders";
import { failureText, recordFile, trialState, type FailedTrial } from "./boot/trial";
import { failSteps, lineText } from "./trial-plan";
import type { RebootSlots } from "./reboot-slots";
import { unitName } from "./boot-unit";
import { unitFile } from "./boot-values";
import { runningDomains, type Domain } from "./domains";
import { drain, inStartOrder, leftStopped, startAgain } from "./drain";
import { effectShortfalls, settingsOf, shortfalls, type HostPlan } from "./plan";
import { stepName } from "../host/step";
import { StepError } from "../host/step-error";
import { attempt } from "../attempt";
import type { HostTuningArgs } from "./schema";

interface Planned {
  readonly args: HostTuningArgs;
  readonly before: HostSnapshot;
  readonly plan: HostPlan;
  readonly run: Run;
  readonly slots: RebootSlots;
  /** Reads the host again, under the lock. */
  readonly read: () => Promise<HostSnapshot>;
  /** Runs the plan's steps. */
  readonly steps: () => Promise<void>;
}

export async function carryOut(host: LockedHost, planned: Planned): Promise<void> {
  const { before, plan } = planned;
  // Domains that an earlier run had stopped stay so for the reboot to come, but not for one that does not come.
  const stopped = leftStopped(before);
  const start = () => startDomains(host, planned, stopped);
  try {
    await planned.steps();
    if (plan.reboot) await checkNextBoot(planned);
  } catch (error) {
    await start().catch(() => undefined);
    throw error;
  }
  if (!plan.reboot) return start();
  const running = runningDomains(before).filter(({ uuid }) => !stopped.some((one) => one.uuid === uuid));
  await inTurn(planned, () => reboot(host, planned, [...stopped, ...running]), start);
}

async function checkNextBoot({ args, before, plan, run, read }: Planned): Promise<void> {
  run.progress("checking what the next boot will have");
  const written = await read();
  const known = runningDomains(before).map(({ uuid }) => uuid);
  const started = runningDomains(written).filter(({ uuid }) => !known.includes(uuid));
  if (started.length > 0)
    throw new Error(`nothing was rebooted: ${started.map(({ name }) => name).join(", ")} was started meanwhile`);
  if (plan.trial !== undefined && trialState(written).kind !== "staged")
    throw new Error(`nothing was rebooted: the trial boot is not prepared (${recordFile} on the host)`);
  const missing = notAtNextBoot(settingsOf(args, written), written);
  if (missing.length > 0)
    throw new Error(`nothing was rebooted: the boot loader's configuration does not hold ${missing.join("; ")}`);
}

/** Waits for the host's turn, and ends it. What was stopped before, `start` starts again when the turn does not come. */
async function inTurn(
  { args, run, slots }: Planned,
  work: () => Promise<void>,
  start: () => Promise<void>,
): Promise<void> {
  const { maxUnavailable, connection } = args;
  if (maxUnavailable === undefined) return work();
  const turn = await attempt(() =>
    slots.take({
      ...maxUnavailable,
      host: connection.host,
      seconds: args.drain.timeoutSeconds + 3 * args.rebootTimeoutSeconds + 900,
      onWait: (why) => run.progress(why),
    }),
  );
  if (turn instanceof Error) {
    await start().catch(() => undefined);
    throw turn;
  }
  const failed = await attempt(work);
  // Refused by the host, or not drained: it never went down.
  const stays = !(failed instanceof Error) || failed instanceof RebootRefused || failed instanceof StepError;
  await turn.end(stays ? "available" : "lost");
  if (failed instanceof Error) throw failed;
}

/** `domains`: all that run, or have been stopped by an earlier run, and shall run afterwards. */
async function reboot(host: LockedHost, planned: Planned, domains: readonly Domain[]): Promise<void> {
  const { args, before, run } = planned;
  const running = runningDomains(before);
  await drain(host, running, { drain: args.drain, progress: (message) => run.progress(message) });
  try {
    // The drain takes minutes: what was started in the meantime nobody has agreed to stop.
    const left = runningDomains(await planned.read());
    if (left.length > 0)
      throw new RebootRefused(`nothing was rebooted: ${left.map(({ name }) => name).join(", ")} was started meanwhile`);
    await host.reboot({
      // A trial that is not reached in its time boots once more, and needs its time for that.
      timeoutSeconds: args.rebootTimeoutSeconds * (planned.plan.trial === undefined ? 1 : 2),
      onWait: (seconds, seen) => run.progress(`waiting for reboot (${seconds}s): ${seen}`),
    });
  } catch (error) {
    if (error instanceof RebootRefused) await startDomains(host, planned, domains).catch(() => undefined);
    throw error;
  }
  run.progress("the host is back");
  await bootSettled(planned);
  if (planned.plan.trial !== undefined) await endTrial(host, planned, domains);
  await startDomains(host, planned, domains);
}

/** The trial becomes what every boot is, or is given up and explained. The domains run again in either case. */
async function endTrial(host: LockedHost, planned: Planned, domains: readonly Domain[]): Promise<void> {
  const { args, plan, run, read } = planned;
  const snapshot = await read();
  const found = bootLoaderOf(snapshot);
  if (plan.trial === undefined || "problem" in found || found.loader.trial === undefined) return;
  const failed = failureOf(snapshot, { args, texts: lineText(plan.trial) });
  const steps =
    failed === undefined
      ? planBoot(settingsOf(args, snapshot), { args, snapshot, entryFor: entryNames(snapshot.journal) }).steps
      : failSteps(found.loader.trial, failed);
  await host.run(steps, (_index, step) => run.progress(stepName(step)));
  if (failed === undefined) return;
  await startDomains(host, planned, domains);
  throw new Error(failureText(failed));
}

function failureOf(
  snapshot: HostSnapshot,
  { args, texts }: { args: HostTuningArgs; texts: string },
): FailedTrial | undefined {
  const state = trialState(snapshot);
  if (state.kind === "failed") return state.failed;
  const failed = (why: string): FailedTrial => ({
    arguments: texts,
    timeoutSeconds: args.rebootTimeoutSeconds,
    why,
  });
  if (state.kind !== "running")
    return failed(`it came up with an SSH server, but was not reached from here within ${args.rebootTimeoutSeconds} s`);
  const wrong = effectShortfalls(args, snapshot);
  return wrong.length === 0 ? undefined : failed(`it came up, without the wanted effect: ${wrong.join("; ")}`);
}

async function startDomains(host: LockedHost, { run, args }: Planned, domains: readonly Domain[]): Promise<void> {
  if (domains.length === 0) return;
  const ordered = inStartOrder(domains, args.drain.order);
  const show = (name: string, index: number) => run.progress(`starting vm ${name} ${index + 1}/${ordered.length}`);
  if (ordered.length === 1) show(ordered[0]?.name ?? "", 0);
  const progress = (index: number) => show(ordered[index]?.name ?? "", index);
  for (const gone of await startAgain(host, { uuids: ordered.map(({ uuid }) => uuid), progress }))
    await run.warn(`${args.connection.host}: ${gone}`);
}

/** SSH answers before the boot is through: what our unit sets comes a little later. */
async function bootSettled({ args, read, run }: Planned): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (Date.now() < deadline) {
    const snapshot = await read();
    const state = snapshot.units.get(unitName)?.activeState ?? "";
    const through = snapshot.files.text(unitFile) === undefined || ["active", "failed"].includes(state);
    if (through || shortfalls(args, snapshot).length === 0) return;
    run.progress(`waiting for ${unitName}: ${state}`);
    await new Promise((resolve) => setTimeout(resolve, 2000));
  }
}
