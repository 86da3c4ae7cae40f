/* The two things that write: apply (create and update) and restore (delete). Both work under the host's lock. */
import { attempt } from "../attempt";
import type { Hosts, LockedHost } from "../host/hosts";
import type { HostSnapshot } from "../host/snapshot";
import { stepName } from "../host/step";
import { surprises } from "../plan-text";
import { PartialFailure, type PlanText, type Props, type Run } from "../resource";
import { drainProblem, leftStopped, startAgain } from "./drain";
import { readHost, type Reading } from "./host-reading";
import { putJournalBack } from "./journal-copy";
import { applied } from "./outputs";
import { ownerProblem } from "./ownership";
import { planHost, shortfalls, type HostPlan } from "./plan";
import { carryOut } from "./reboot-run";
import type { RebootSlots } from "./reboot-slots";
import { parseArgs, type HostTuningArgs } from "./schema";
import { undoAll } from "./undo";

interface Apply {
  readonly hosts: Hosts;
  readonly slots: RebootSlots;
  readonly run: Run;
  readonly inputs: Props;
  /** Outputs and id of the last run; undefined on create. */
  readonly outputs: Props | undefined;
  readonly id: string | undefined;
}

export async function apply(request: Apply): Promise<{ id: string; outputs: Props }> {
  const args = parsed(request.inputs);
  request.run.progress(`connecting to ${args.connection.host}`);
  return request.hosts.exclusively(args.connection, async (host) => {
    const read = () => readHost((asked) => host.snapshot(asked), args, request.outputs);
    const found = await read();
    refuseOtherHost(request, { args, before: found });
    // Back before the plan is compared: a preview without the journal cannot have named what it brings, the next one can.
    const before = await withJournalOnHost(host, found, read);
    const plan = planHost(args, before);
    refuse(request, { args, before, plan });
    const urn = request.run.urn ?? "";
    if (before.owner?.urn !== urn) await host.setOwner({ urn });
    // From here on the host has been written to: whatever fails, the state must keep the resource.
    const steps = () => host.run(plan.steps, progress(request.run, plan.steps.length));
    const failed = await attempt(() =>
      carryOut(host, { args, before, plan, run: request.run, slots: request.slots, read, steps }),
    );
    request.run.progress("verifying");
    const after = await attempt(read);
    const snapshot = after instanceof Error ? before : after;
    const outputs = applied({ args, inputs: request.inputs, snapshot });
    // With the connection lost the reading fails too, which says nothing more.
    const cause = [failed, after].find((one) => one instanceof Error);
    const wrong = cause === undefined ? shortfalls(args, snapshot) : [cause.message];
    if (wrong.length === 0) return { id: snapshot.machineId, outputs };
    if (cause === undefined && args.verify === "warn") {
      for (const one of wrong) await request.run.warn(`${args.connection.host}: ${one}`);
      return { id: snapshot.machineId, outputs };
    }
    const message = [
      ...wrong,
      "What was done so far is kept in the state; the next `pulumi up` goes on from there.",
    ].join("\n");
    throw new PartialFailure(`${args.connection.host}: ${message}`, {
      id: snapshot.machineId,
      outputs,
      cause,
    });
  });
}

async function withJournalOnHost(host: LockedHost, found: Reading, read: () => Promise<Reading>): Promise<Reading> {
  if (found.journalIsCopy === undefined) return found;
  await putJournalBack(host, found.journal);
  return read();
}

function parsed(inputs: Props): HostTuningArgs {
  const result = parseArgs(inputs);
  if ("args" in result) return result.args;
  throw new Error(result.problems.map(({ path, reason }) => `${path}: ${reason}`).join("; "));
}

function refuseOtherHost(request: Apply, { args, before }: { args: HostTuningArgs; before: HostSnapshot }): void {
  const { host } = args.connection;
  if (request.id !== undefined && before.machineId !== request.id)
    throw new Error(
      `${host} is another host than the one that was planned for (machine-id ${before.machineId}). Nothing was changed; run again.`,
    );
  const owner = ownerProblem(before, { urn: request.run.urn, args, olds: request.outputs });
  if (owner !== undefined) throw new Error(`${host}: nothing was changed: ${owner.reason}`);
}

/** The truth guard: nothing is written that was not shown. */
function refuse(
  request: Apply,
  { args, before, plan }: { args: HostTuningArgs; before: HostSnapshot; plan: HostPlan },
): void {
  const { host } = args.connection;
  const news = surprises(plan.changes, (request.inputs["plan"] ?? {}) as PlanText);
  const drain = plan.reboot ? drainProblem(args, before) : undefined;
  const reasons = [
    ...plan.problems.map(({ path, reason }) => `${path}: ${reason}`),
    ...(drain === undefined ? [] : [`drain: ${drain}`]),
    ...(news.length === 0
      ? []
      : [
          `the host has changed since the preview, which did not show: ${news.join("; ")}. Run again to see the whole plan.`,
        ]),
  ];
  if (reasons.length > 0) throw new Error(`${host}: nothing was changed: ${reasons.join("\n")}`);
}

function progress(run: Run, total: number): Parameters<LockedHost["run"]>[1] {
  return (index, step) => {
    run.progress(`step ${index + 1}/${total}: ${stepName(step)}`);
  };
}

/** Delete: what the journal holds comes back, what others changed since is named and left. */
export async function restore({
  hosts,
  run,
  outputs,
  id,
}: {
  hosts: Hosts;
  run: Run;
  outputs: Props;
  id: string;
}): Promise<void> {
  // Not the settings: one that this release no longer takes, or that somebody else has made, must not keep the rest.
  const args = parsed({ connection: outputs["connection"], onDelete: outputs["onDelete"] });
  run.progress(`connecting to ${args.connection.host}`);
  await hosts.exclusively(args.connection, async (host) => {
    const read = () => readHost((asked) => host.snapshot(asked), args, outputs);
    const found = await read();
    const owner = found.owner?.urn;
    if (found.machineId !== id) {
      await run.warn(
        `${args.connection.host} is another host now (machine-id ${found.machineId}): nothing is undone there`,
      );
      return;
    }
    if (owner !== undefined && owner !== run.urn && owner !== outputs["__urn"]) {
      await run.warn(`${args.connection.host} is tuned by ${owner} by now: nothing is undone`);
      return;
    }
    const snapshot = await withJournalOnHost(host, found, read);
    const undo = undoAll(snapshot);
    if (undo.problem !== undefined && args.onDelete === "restore")
      throw new Error(
        `${args.connection.host}: nothing was undone: ${undo.problem}. onDelete: "retain" leaves the host as it is.`,
      );
    for (const one of args.onDelete === "retain" ? [] : undo.left)
      await run.warn(
        `${args.connection.host}: ${one.setting} is left as it is (${one.actual}): ${one.why ?? "someone else has changed it since"}`,
      );
    const steps =
      args.onDelete === "retain"
        ? snapshot.journal.map((entry) => ({ kind: "forget" as const, entry: entry.name }))
        : undo.steps;
    await host.run(steps, progress(run, steps.length));
    if (leftStopped(snapshot).length > 0) await startAgain(host);
    await host.setOwner(undefined);
  });
}
