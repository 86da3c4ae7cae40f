/* VmCpuPlacement as the adapter sees it: reads through the snapshot, decides with placement.ts, writes under the lock. */
import type { Hosts } from "../host/hosts";

import { exceeds, type Change } from "../impact";
import { canonical } from "../canonical";
import { planned, planText } from "../plan-text";
import { withRefreshHint } from "../refresh-hint";
import type { CheckRequest, CheckResult, Problem, Props, Resource, Run } from "../resource";
import { TransportError } from "../transport/transport";
import { apply, placementRun, request, stateOf } from "./apply";
import { comparedCpu, cpuQuery } from "./cpu-comparison";
import { DomainXmlError } from "./domain-xml/error";
import { withExpected } from "./host-facts";
import { withChanges } from "./facts";
import type { PlacementPlan, PlacementState } from "./model";
import { refreshed } from "./outputs";
import { ownerProblem } from "./ownership";
import { planPlacement, withoutRefusals } from "./placement";
import { LibvirtUnavailable, placementState } from "./placement-state";
import { restore } from "./restore";
import { given, parseArgs, type PlacementArgs } from "./schema";

export function createVmCpuPlacement(hosts: Hosts): Resource {
  return {
    check: (wanted, run) => check(hosts, wanted, run),
    diff: async ({ id, outputs, inputs, unknowns }, run) => {
      const parsed = parseArgs(inputs);
      // Something is known only during the update, or does not parse (an old state): the update will tell.
      if ("problems" in parsed || unknowns.length > 0) return { changes: true, replaces: [] };
      const snapshot = await hosts.snapshot(parsed.args.connection, request);
      const around = placementRun(hosts, parsed.args, run);
      const state = stateOf(snapshot, { domain: parsed.args.domain, last: outputs, around });
      const replaces = replacedBy(id, { machineId: snapshot.machineId, state });
      const changes = planPlacement(parsed.args, state).changes.length > 0 || !sameArguments(inputs, outputs);
      return { changes: changes || replaces.length > 0, replaces };
    },
    create: ({ inputs }, run) => apply({ hosts, run, inputs, outputs: undefined, id: undefined }),
    update: ({ id, outputs, inputs }, run) => apply({ hosts, run, inputs, outputs, id }),
    read: (wanted, run) => read(hosts, wanted, run),
    delete: ({ id, outputs }, run) => restore({ hosts, run, outputs, id }),
  };
}

/** Another host or another domain: the old one gets its originals back, as with every replacement. */
function replacedBy(id: string, { machineId, state }: { machineId: string; state: PlacementState }): readonly string[] {
  const [host, uuid] = id.split("/");
  if (host !== machineId) return ["connection"];
  return state.domain === undefined || state.domain.uuid === uuid ? [] : ["domain"];
}

async function check(hosts: Hosts, { olds, news, unknowns }: CheckRequest, run: Run): Promise<CheckResult> {
  const later = [...new Set(unknowns.map((path) => path.split(".")[0] ?? path))];
  const blocking = ["connection", "domain"].find((name) => later.includes(name));
  if (blocking !== undefined) {
    return {
      computed: { plan: { [blocking]: "known only during the update, and with it every change" } },
      problems: [],
    };
  }
  const parsed = parseArgs(Object.fromEntries(Object.entries(news).filter(([key]) => !later.includes(key))));
  if ("problems" in parsed) return { computed: {}, problems: parsed.problems };
  const { args } = parsed;
  const found = await readState(hosts, args, run);
  if ("reason" in found) return { computed: {}, problems: [found] };
  // A HostTuning of the same run may isolate CPUs before this placement is made.
  const state = { ...found, host: withExpected(found.host, hosts.expected(args.connection)) };
  const plan = withoutRefusals(planPlacement(args, state));
  promise(hosts, args, { run, plan, state });
  const compared = await compareCpu(hosts, args, { plan, state });
  const owner = ownerProblem(state, { urn: run.urn, lastUrn: olds?.["__urn"], takeOwnership: args.takeOwnership });
  const problems = [
    ...(owner ? [owner] : []),
    ...plan.problems,
    ...compared.problems,
    ...tooDisruptive(args, plan.changes),
  ];
  const absent = `there is no domain "${args.domain}" yet: it must be there when this resource is made`;
  const warnings = [...(state.domain === undefined ? [absent] : []), ...plan.warnings, ...compared.warnings];
  if (problems.length === 0) for (const warning of warnings) await run.warn(`${args.connection.host}: ${warning}`);
  const computed = planned(plan.changes);
  return {
    computed: {
      ...computed,
      plan: { ...computed.plan, ...Object.fromEntries(later.map((name) => [name, "known only during the update"])) },
      ...(olds?.["undo"] !== undefined && { undo: olds["undo"] }),
    },
    problems,
  };
}

interface Planned {
  readonly plan: PlacementPlan;
  readonly state: PlacementState;
}

/** Tells the other placements of this run what this domain will be like. */
function promise(hosts: Hosts, args: PlacementArgs, { run, plan, state }: Planned & { run: Run }): void {
  const { domain } = state;
  const side = domain?.config === undefined && domain?.live !== undefined ? "live" : "config";
  const now = domain?.[side]?.facts ?? new Map<string, string>();
  const targets =
    domain === undefined
      ? plan.changes.map(({ setting, desired }) => [setting, desired] as const)
      : plan.rows.filter((row) => row.side === side).map((row) => [row.setting, row.desired] as const);
  const facts = withChanges(now, new Map(targets));
  hosts.promise(args.connection, {
    name: domain?.name ?? args.domain,
    uuid: domain?.uuid,
    urn: run.urn,
    facts,
    maximumVcpus: Number(facts.get("vcpus.maximum") ?? domain?.[side]?.maximumVcpus ?? 1),
  });
}

async function compareCpu(
  hosts: Hosts,
  { connection }: PlacementArgs,
  { plan, state }: Planned,
): Promise<ReturnType<typeof comparedCpu>> {
  const query = cpuQuery(plan, state.domain);
  if (query === undefined) return { problems: [], warnings: [] };
  return comparedCpu(await hosts.query(connection, query), plan, state.domain);
}

async function readState(hosts: Hosts, args: PlacementArgs, run: Run): Promise<PlacementState | Problem> {
  try {
    const snapshot = await hosts.snapshot(args.connection, request);
    return placementState(snapshot, args.domain, placementRun(hosts, args, run));
  } catch (error) {
    if (error instanceof TransportError) return { path: "connection.host", reason: error.message };
    if (error instanceof LibvirtUnavailable || error instanceof DomainXmlError)
      return { path: "domain", reason: error.message };
    throw error;
  }
}

function tooDisruptive(args: PlacementArgs, changes: readonly Change[]): readonly Problem[] {
  const beyond = changes.filter(({ impact }) => exceeds(impact, args.maxDisruption));
  if (beyond.length === 0) return [];
  const named = Object.entries(planText(beyond)).map(([setting, text]) => `${setting}: ${text}`);
  const restarts = beyond.some(({ impact }) => impact === "vm-restart");
  const what = restarts ? `domain "${args.domain}" would have to be restarted` : "this change is made live";
  const reason = `${what}, and maxDisruption allows ${args.maxDisruption}: ${named.join("; ")}`;
  return [{ path: "maxDisruption", reason }];
}

async function read(hosts: Hosts, { id, outputs }: { id: string; outputs: Props }, run: Run) {
  const parsed = parseArgs(outputs);
  if ("problems" in parsed) {
    const all = parsed.problems.map(({ path, reason }) => `${path}: ${reason}`);
    throw new Error(`The state of this resource cannot be read: ${all.join("; ")}. Run once with --refresh=false.`);
  }
  const { args } = parsed;
  const [machineId, uuid = ""] = id.split("/");
  const snapshot = await hosts.snapshot(args.connection, request).catch((error: unknown) => {
    throw withRefreshHint(error);
  });
  const where = args.connection.host;
  if (snapshot.machineId !== machineId) {
    await run.warn(
      `${where} is another host now (machine-id ${snapshot.machineId}, it was ${machineId ?? ""}): ` +
        "the placed domain is taken as gone, and nothing is undone there",
    );
    return undefined;
  }
  const state = stateOf(snapshot, { domain: uuid, last: outputs });
  if (state.domain === undefined) {
    await run.warn(`${where}: domain "${args.domain}" (${uuid}) is gone`);
    return undefined;
  }
  return refreshed(outputs, { args, state, machineId: snapshot.machineId });
}

/** Every given argument equals its copy in the outputs, which is all that read and delete will see. */
function sameArguments(inputs: Props, outputs: Props): boolean {
  return canonical(given(inputs)) === canonical(given(outputs));
}
