/* Delete: what the record holds comes back, live and in the definition; what others changed since is named and left. */
import type { Hosts, LockedHost } from "../host/hosts";
import type { Props, Run } from "../resource";
import { describeUrn } from "../urn";
import { parsed, request, stateOf } from "./apply";
import { carryOut, keepRecord } from "./carry-out";
import { withinConsent } from "./consent";
import type { PlacementState } from "./model";
import { isOwn } from "./ownership";
import { planPlacement } from "./placement";
import type { PlacementArgs } from "./schema";
import { forgetScript, startScript } from "./scripts";

interface Restore {
  readonly hosts: Hosts;
  readonly run: Run;
  readonly outputs: Props;
  readonly id: string;
}

export async function restore(wanted: Restore): Promise<void> {
  // Not the placement: an argument that this release no longer takes must not keep the rest from going back.
  const { connection, domain, maxDisruption, onDelete, shutdownTimeoutSeconds, forceOff } = wanted.outputs;
  const args = parsed({ connection, domain, maxDisruption, onDelete, shutdownTimeoutSeconds, forceOff });
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
  const state = stateOf(snapshot, { domain: uuid, last: outputs });
  const { domain, record } = state;
  if (record !== undefined && !isOwn(record.urn, { urn: run.urn, lastUrn: outputs["__urn"] })) {
    await run.warn(
      `${where}: domain "${args.domain}" is placed by ${describeUrn(record.urn)} by now: nothing is undone`,
    );
    return;
  }
  if (domain !== undefined && args.onDelete === "restore") {
    const { plan, kept } = withinConsent(planPlacement({}, state), domain, args.maxDisruption);
    const staying = Object.entries(kept).map(([setting, text]) => `${setting} ${text}`);
    if (plan.problems.length > 0)
      throw new Error(`${where}: ${plan.problems.map(({ path, reason }) => `${path}: ${reason}`).join("; ")}`);
    for (const warning of [...plan.warnings, ...staying])
      await run.warn(`${where}: domain "${domain.name}": ${warning}`);
    const work = {
      run,
      state,
      domain,
      plan,
      shutdownTimeoutSeconds: args.shutdownTimeoutSeconds,
      forceOff: args.forceOff,
    };
    await keepRecord(host, work);
    await carryOut(host, work);
  }
  if (args.onDelete === "retain") await startIfOwed(host, state);
  await host.script(forgetScript(uuid));
}

/** The placement is to stay, but a domain that we have shut down is to run as it did. */
async function startIfOwed(host: LockedHost, { domain, record }: PlacementState): Promise<void> {
  if (domain === undefined || domain.live !== undefined || record?.restart === undefined) return;
  await host.script(startScript(domain.uuid, record.restart));
}
