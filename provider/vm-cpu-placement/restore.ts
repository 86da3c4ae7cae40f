/* Delete: what the record holds comes back, live and in the definition; what others changed since is named and left. */
import type { Hosts, LockedHost } from "../host/hosts";
import { exceeds } from "../impact";
import type { Props, Run } from "../resource";
import { parsed, request, stateOf } from "./apply";
import { carryOut, keepRecord } from "./carry-out";
import type { PlacementPlan } from "./model";
import { describe, isOwn } from "./ownership";
import { planPlacement } from "./placement";
import type { PlacementArgs } from "./schema";
import { forgetScript } from "./scripts";

interface Restore {
  readonly hosts: Hosts;
  readonly run: Run;
  readonly outputs: Props;
  readonly id: string;
}

export async function restore(wanted: Restore): Promise<void> {
  const args = parsed(wanted.outputs);
  wanted.run.progress(`connecting to ${args.connection.host}`);
  await wanted.hosts.exclusively(args.connection, (host) => restoreLocked(host, args, wanted));
}

async function restoreLocked(host: LockedHost, args: PlacementArgs, { run, outputs, id }: Restore): Promise<void> {
  const [machineId, uuid = ""] = id.split("/");
  const where = args.connection.host;
  const snapshot = await host.snapshot(request);
  if (snapshot.machineId !== machineId) {
    await run.warn(`${where} is another host now (machine-id ${snapshot.machineId}): nothing is undone there`);
    return;
  }
  const state = stateOf(snapshot, uuid, outputs);
  const { domain, record } = state;
  if (record !== undefined && !isOwn(record.urn, { urn: run.urn, lastUrn: outputs["__urn"] })) {
    await run.warn(`${where}: domain "${args.domain}" is placed by ${describe(record.urn)} by now: nothing is undone`);
    return;
  }
  if (domain !== undefined && args.onDelete === "restore") {
    const { plan, kept } = withinConsent(planPlacement({}, state), args);
    if (plan.problems.length > 0)
      throw new Error(`${where}: ${plan.problems.map(({ path, reason }) => `${path}: ${reason}`).join("; ")}`);
    for (const warning of [...plan.warnings, ...kept]) await run.warn(`${where}: domain "${domain.name}": ${warning}`);
    const work = { run, state, domain, plan, shutdownTimeoutSeconds: args.shutdownTimeoutSeconds };
    await keepRecord(host, work);
    await carryOut(host, work);
  }
  await host.script(forgetScript(uuid));
}

/** What needs a restart that was never agreed to goes back in the definition alone. */
function withinConsent(plan: PlacementPlan, args: PlacementArgs): { plan: PlacementPlan; kept: readonly string[] } {
  if (!plan.actions.restart || !exceeds("vm-restart", args.maxDisruption)) return { plan, kept: [] };
  const staying = plan.rows.filter((row) => row.differs && row.side === "live" && row.impact === "vm-restart");
  const live = plan.rows.filter((row) => row.differs && row.side === "live" && row.impact === "live");
  const actions = { ...plan.actions, restart: false, live: new Map(live.map((row) => [row.setting, row.desired])) };
  const kept = staying.map(
    ({ setting, actual }) =>
      `${setting} stays ${actual ?? "absent"} until the domain is started anew: its definition has the original again`,
  );
  return { plan: { ...plan, actions }, kept };
}
