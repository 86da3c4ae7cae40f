/* Create and update: under the host's lock read again, plan again, refuse what was not shown, do it, verify it. */
import { attempt } from "../attempt";
import type { Hosts, LockedHost } from "../host/hosts";
import type { HostSnapshot } from "../host/snapshot";
import { surprises } from "../plan-text";
import { PartialFailure, type PlanText, type Props, type Run } from "../resource";
import { carryOut, keepRecord, type Work } from "./carry-out";
import { ShutdownPending } from "./definition";
import type { PlacementPlan, PlacementState } from "./model";
import { applied, mirroredRecord } from "./outputs";
import { ownerProblem } from "./ownership";
import { planPlacement, withoutRefusals } from "./placement";
import { isAboutMemory, memoryScript, parseMemory } from "./memory-location";
import { placementState, type PlacementRun } from "./placement-state";
import { recordText, type DomainRecord } from "./record";
import { recordAfter } from "./record-update";
import { parseArgs, type PlacementArgs } from "./schema";
import { recordScript } from "./scripts";
import { verificationsOf } from "./verification";

export interface Apply {
  readonly hosts: Hosts;
  readonly run: Run;
  readonly inputs: Props;
  /** Outputs and id of the last run; undefined on create. */
  readonly outputs: Props | undefined;
  readonly id: string | undefined;
}

export const request = { sysctlKeys: [], domains: true } as const;

export async function apply(wanted: Apply): Promise<{ id: string; outputs: Props }> {
  const args = parsed(wanted.inputs);
  wanted.run.progress(`connecting to ${args.connection.host}`);
  return wanted.hosts.exclusively(args.connection, (host) => applyLocked(host, args, wanted));
}

async function applyLocked(
  host: LockedHost,
  args: PlacementArgs,
  wanted: Apply,
): Promise<{ id: string; outputs: Props }> {
  const before = await host.snapshot(request);
  // Planned without the record's copy in the state, as the preview was: `check` is given the old inputs alone.
  const around = placementRun(wanted.hosts, args, wanted.run);
  const shown = placementState(before, args.domain, around);
  const plan = withoutRefusals(planPlacement(args, shown));
  const domain = refuse(wanted, { args, before, state: shown, plan });
  const state = stateOf(before, { domain: args.domain, last: wanted.outputs, around });
  if (shown.record === undefined && state.record !== undefined) await putRecordBack(host, { args, state, wanted });
  const work: Work = {
    run: wanted.run,
    state,
    domain,
    plan,
    shutdownTimeoutSeconds: args.shutdownTimeoutSeconds,
    forceOff: args.forceOff,
  };
  const record = await keepRecord(host, work);
  // From here on the host has been written to: whatever fails, the state must keep the resource.
  const failed = await attempt(() => carryOut(host, work));
  const after = await attempt(async () => {
    const snapshot = await host.snapshot(request);
    const state = stateOf(snapshot, { domain: domain.uuid, last: wanted.outputs, around });
    return withMemory(host, plan, state);
  });
  const now = after instanceof Error ? { ...state, record } : after;
  const wrong = [failed, after].flatMap((one) => (one instanceof Error ? [one.message] : []));
  const short = wrong.length === 0 ? shortfalls(args, now) : [];
  if (args.verify === "warn") for (const one of short) await wanted.run.warn(`${args.connection.host}: ${one}`);
  else wrong.push(...short);
  const runs = !(after instanceof Error) && now.domain?.live !== undefined;
  const owed = !runs || failed instanceof ShutdownPending;
  const settled = settledRecord({ record, plan, done: wrong.length === 0, owed });
  if (recordText(settled) !== recordText(record)) {
    const kept = await attempt(() => host.script(recordScript(settled)));
    if (kept instanceof Error) wrong.push(kept.message);
  }
  const id = `${before.machineId}/${domain.uuid}`;
  const outputs = applied(wanted.inputs, { args, state: { ...now, record: settled }, machineId: before.machineId });
  if (wrong.length === 0) return { id, outputs };
  const rest = "What was done so far is kept in the state; the next `pulumi up` goes on from there.";
  const cause = [failed, after].find((one) => one instanceof Error);
  throw new PartialFailure(`${args.connection.host}: ${[...wrong, rest].join("\n")}`, { id, outputs, cause });
}

/** What left the program in this run is in the preview only with the record back on its host: the next run undoes it. */
async function putRecordBack(
  host: LockedHost,
  { args, state, wanted }: { args: PlacementArgs; state: PlacementState; wanted: Apply },
): Promise<void> {
  if (state.record === undefined) return;
  await host.script(recordScript(state.record));
  const later = planPlacement(args, state).rows.filter((row) => row.dropped && row.differs);
  const names = [...new Set(later.map(({ setting }) => setting))].join(", ");
  const rest = names === "" ? "" : `. What has left the program goes back with the next \`pulumi up\`: ${names}`;
  await wanted.run.warn(
    `${args.connection.host}: the record of domain "${args.domain}" was lost on the host; its copy from the state is back${rest}`,
  );
}

interface Settled {
  readonly record: DomainRecord;
  readonly plan: PlacementPlan;
  readonly done: boolean;
  /** It does not run, as far as is known, or may still shut down as it was asked to. */
  readonly owed: boolean;
}

/** A failed run leaves the record for the next, but a domain that runs again is owed no start. */
function settledRecord({ record, plan, done, owed }: Settled): DomainRecord {
  if (done) return recordAfter(record, plan);
  const { uuid, urn, original, wrote } = record;
  return owed ? record : { uuid, urn, original, wrote };
}

interface Lookup {
  readonly domain: string;
  /** Outputs of the last run. */
  readonly last: Props | undefined;
  readonly around?: PlacementRun;
}

/** The host's record counts; where it is lost, its copy in the state stands in. */
export function stateOf(snapshot: HostSnapshot, { domain, last, around }: Lookup): PlacementState {
  const state = placementState(snapshot, domain, around);
  if (state.record !== undefined) return state;
  const mirror = mirroredRecord(last);
  return mirror !== undefined && mirror.uuid === state.domain?.uuid ? { ...state, record: mirror } : state;
}

/** What else is placed on this host in this run. */
export function placementRun(hosts: Hosts, { connection }: PlacementArgs, { urn }: Run): PlacementRun {
  return { promised: hosts.promised(connection), urn };
}

/** Where memory is, is read only after something was done about it: it costs the guest. */
async function withMemory(host: LockedHost, plan: PlacementPlan, state: PlacementState): Promise<PlacementState> {
  const { domain } = state;
  const pid = domain?.process?.pid;
  const about = plan.rows.some((row) => row.differs && !row.dropped && isAboutMemory(row.setting));
  if (!about || domain?.live === undefined || pid === undefined) return state;
  return { ...state, domain: { ...domain, memory: parseMemory(await host.script(memoryScript(domain.uuid, pid))) } };
}

export function parsed(inputs: Props): PlacementArgs {
  const result = parseArgs(inputs);
  if ("args" in result) return result.args;
  throw new Error(result.problems.map(({ path, reason }) => `${path}: ${reason}`).join("; "));
}

interface Found {
  readonly args: PlacementArgs;
  readonly before: HostSnapshot;
  readonly state: PlacementState;
  readonly plan: PlacementPlan;
}

/** The truth guard: nothing is written that was not shown. */
function refuse(wanted: Apply, { args, before, state, plan }: Found): NonNullable<PlacementState["domain"]> {
  const { domain } = state;
  const where = args.connection.host;
  if (domain === undefined) {
    throw new Error(
      `${where}: there is no domain "${args.domain}". Make it first (dependsOn the resource that does), then run again. Nothing was changed.`,
    );
  }
  const id = `${before.machineId}/${domain.uuid}`;
  if (wanted.id !== undefined && wanted.id !== id) {
    throw new Error(
      `${where}: domain "${args.domain}" is another one than was planned for (${id}, it was ${wanted.id}). Nothing was changed; run again.`,
    );
  }
  const owner = ownerProblem(state, {
    urn: wanted.run.urn,
    lastUrn: wanted.outputs?.["__urn"],
    takeOwnership: args.takeOwnership,
  });
  const news = surprises(plan.changes, checkedPlan(wanted.inputs));
  const reasons = [
    ...(owner ? [owner.reason] : []),
    ...plan.problems.map(({ path, reason }) => `${path}: ${reason}`),
    ...(news.length === 0
      ? []
      : [
          `the domain has changed since the preview, which did not show: ${news.join("; ")}. Run again to see the whole plan.`,
        ]),
  ];
  if (reasons.length > 0) throw new Error(`${where}: nothing was changed: ${reasons.join("\n")}`);
  return domain;
}

/** One line stands for the running domain and its definition, where they differed alike. */
function checkedPlan(inputs: Props): PlanText {
  const plan = (inputs["plan"] ?? {}) as PlanText;
  const folded = Object.entries(plan).map(([setting, text]) => [
    `${setting} (config)`,
    text.replace(/\[(live|vm-restart)\]$/, "[none]"),
  ]);
  return { ...(Object.fromEntries(folded) as PlanText), ...plan };
}

/** What does not read back as written, in words: the definition, the live XML, and the kernel's masks. */
function shortfalls(args: PlacementArgs, state: PlacementState): readonly string[] {
  const { domain } = state;
  if (domain === undefined) return [`domain "${args.domain}" is gone`];
  return verificationsOf(planPlacement(args, state), domain)
    .filter(({ verdict }) => verdict === "fail")
    .map(
      ({ check, expected, actual, source }) => `${check}: expected ${expected}, the domain has ${actual} (${source})`,
    );
}
