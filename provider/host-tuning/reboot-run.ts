/* The one reboot of a run: only after the boot loader's configuration reads back right, and with the domains stopped. */
import type { LockedHost } from "../host/hosts";
import type { HostSnapshot } from "../host/snapshot";
import type { Run } from "../resource";
import { notAtNextBoot } from "./boot-plan";
import { unitFile, unitName } from "./boot-values";
import { drain, leftStopped, runningDomains, startAgain } from "./drain";
import { settingsOf, shortfalls, type HostPlan } from "./plan";
import type { HostTuningArgs } from "./schema";

interface RebootRun {
  readonly args: HostTuningArgs;
  readonly before: HostSnapshot;
  readonly plan: HostPlan;
  readonly run: Run;
  /** Reads the host again, under the lock. */
  readonly read: () => Promise<HostSnapshot>;
}

export async function rebootAsPlanned(host: LockedHost, { args, before, plan, run, read }: RebootRun): Promise<void> {
  if (leftStopped(before).length > 0) {
    run.progress("starting domains that an earlier run had stopped");
    await startAgain(host);
  }
  if (!plan.reboot) return;
  run.progress("checking what the next boot will have");
  const written = await read();
  const missing = notAtNextBoot(settingsOf(args, written), written);
  if (missing.length > 0)
    throw new Error(`nothing was rebooted: the boot loader's configuration does not hold ${missing.join("; ")}`);
  const domains = runningDomains(before);
  if (domains.length > 0) run.progress(`stopping ${domains.map(({ name }) => name).join(", ")}`);
  await drain(host, domains, args.drain.timeoutSeconds);
  const { rebootTimeoutSeconds: timeoutSeconds } = args;
  await host.reboot({
    timeoutSeconds,
    onWait: (seconds, seen) => run.progress(`waiting for reboot (${seconds}s): ${seen}`),
  });
  run.progress("the host is back");
  await bootSettled({ args, read, run });
  if (domains.length > 0) {
    run.progress(`starting ${domains.map(({ name }) => name).join(", ")}`);
    await startAgain(host);
  }
}

/** SSH answers before the boot is through: what our unit sets comes a little later. */
async function bootSettled({ args, read, run }: Pick<RebootRun, "args" | "read" | "run">): Promise<void> {
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
