/* HostTuning as the adapter sees it: reads through the snapshot, decides with plan.ts, writes under the host's lock. */
import type { ExpectedHost, Hosts } from "../host/hosts";
import type { HostSnapshot, SnapshotRequest } from "../host/snapshot";
import { exceeds, type Change } from "../impact";
import { canonical } from "../canonical";
import { normaliseSysctlKey } from "../linux/sysctl-conf";
import { planned } from "../plan-text";
import { withRefreshHint } from "../refresh-hint";
import type { CheckRequest, CheckResult, Problem, Props, Resource, Run } from "../resource";
import { TransportError } from "../transport/transport";
import { apply, restore } from "./apply";
import { drainProblem, orderWarnings } from "./drain";
import { readHost } from "./host-reading";
import { refreshed } from "./outputs";
import { poolsOf } from "./knobs/hugepage-pools";
import { ownerProblem } from "./ownership";
import { planHost } from "./plan";
import { createRebootSlots } from "./reboot-slots";
import { parseArgs, type HostTuningArgs } from "./schema";
import { knownPart } from "./unknown-arguments";

export function createHostTuning(hosts: Hosts): Resource {
  const slots = createRebootSlots(hosts);
  return {
    check: (request, run) => check(hosts, request, run),
    diff: async ({ id, outputs, inputs, unknowns }) => {
      const parsed = parseArgs(inputs);
      // Something is known only during the update, or does not parse (an old state): the update will tell.
      if ("problems" in parsed || unknowns.length > 0) return { changes: true, replaces: [] };
      const snapshot = await readHost(cached(hosts, parsed.args), parsed.args, outputs);
      const otherHost = snapshot.machineId !== id;
      const changes = planHost(parsed.args, snapshot).changes.length > 0 || !sameArguments(parsed.args, outputs);
      return { changes: changes || otherHost, replaces: otherHost ? ["connection"] : [] };
    },
    create: ({ inputs }, run) => apply({ hosts, slots, run, inputs, outputs: undefined, id: undefined }),
    update: ({ id, outputs, inputs }, run) => apply({ hosts, slots, run, inputs, outputs, id }),
    read: (request, run) => read(hosts, request, run),
    delete: ({ id, outputs }, run) => restore({ hosts, run, outputs, id }),
  };
}

/** The domains of this host are asked for by the next resource, or at the same time: one command for both. */
const cached =
  (hosts: Hosts, { connection }: HostTuningArgs) =>
  (asked: SnapshotRequest): Promise<HostSnapshot> =>
    hosts.snapshot(connection, { domains: "awake", ...asked });

async function check(hosts: Hosts, { olds, news, unknowns }: CheckRequest, run: Run): Promise<CheckResult> {
  const unknownArguments = new Set(unknowns.map((path) => path.split(".")[0] ?? path));
  const known = Object.fromEntries(Object.entries(news).filter(([key]) => !unknownArguments.has(key)));
  if (unknownArguments.has("connection")) {
    return {
      computed: { plan: { connection: "known only during the update, and with it every change" } },
      problems: [],
    };
  }
  const parsed = parseArgs(known);
  if ("problems" in parsed) return { computed: {}, problems: parsed.problems };
  const { args } = parsed;
  let snapshot: HostSnapshot;
  try {
    snapshot = await readHost(cached(hosts, args), args, olds);
  } catch (error) {
    return { computed: {}, problems: [connectionProblem(error)] };
  }
  const plan = planHost(args, snapshot);
  const { changes, warnings } = knownPart(plan, { unknown: unknownArguments, snapshot });
  const computed = planned(changes);
  const later = [...unknownArguments].map((name) => [name, "known only during the update"]);
  const owner = ownerProblem(snapshot, { urn: run.urn, args, olds });
  const refused = tooDisruptive(args, changes);
  const drain = plan.reboot && refused.length === 0 ? drainProblem(args, snapshot) : undefined;
  const problems = [
    ...(owner ? [owner] : []),
    ...plan.problems,
    ...refused,
    ...(drain === undefined ? [] : [{ path: "drain", reason: drain }]),
  ];
  const expected = expectedHost(args, snapshot);
  if (expected !== undefined) hosts.expect(args.connection, expected);
  const ordered = plan.reboot ? orderWarnings(args, snapshot) : [];
  if (problems.length === 0)
    for (const warning of [...warnings, ...ordered]) await run.warn(`${args.connection.host}: ${warning}`);
  return {
    computed: {
      ...computed,
      plan: { ...computed.plan, ...Object.fromEntries(later) },
      ...(olds?.["undo"] !== undefined && { undo: olds["undo"] }),
    },
    problems,
  };
}

/** What a placement of the same run must count with. */
function expectedHost(args: HostTuningArgs, snapshot: HostSnapshot): ExpectedHost | undefined {
  const { isolation, hugepages } = args;
  const partition = isolation?.mode === "partition" ? isolation : undefined;
  const balanced = partition?.partition !== "isolated";
  const isolates = isolation?.domain === true || !balanced;
  const runtime = realTimeRuntime(args);
  if (!isolates && partition === undefined && hugepages === undefined && runtime === undefined) return undefined;
  const pools = poolsOf(hugepages ?? [], snapshot).flatMap(({ pageKiB, nodes }) =>
    Object.entries(nodes).map(([node, pages]) => ({ sizeKiB: pageKiB, node: Number(node), pages })),
  );
  return {
    isolatedCpus: isolates ? (isolation?.cpus ?? "") : "",
    ...(partition && { partition: { cpus: partition.cpus, balanced } }),
    hugepages: pools,
    ...(runtime !== undefined && { realTimeRuntimeMicroseconds: runtime }),
  };
}

/** One setting has two arguments, of which a program gives one. */
function realTimeRuntime({ schedRtRuntimeMicroseconds, sysctl }: HostTuningArgs): number | undefined {
  const key = Object.keys(sysctl ?? {}).find((name) => normaliseSysctlKey(name) === "kernel.sched_rt_runtime_us");
  return schedRtRuntimeMicroseconds ?? (key === undefined ? undefined : Number(sysctl?.[key]));
}

function connectionProblem(error: unknown): Problem {
  if (error instanceof TransportError) return { path: "connection.host", reason: error.message };
  throw error;
}

function tooDisruptive(args: HostTuningArgs, changes: readonly Change[]): readonly Problem[] {
  const { plan, impact } = planned(changes.filter((one) => exceeds(one.impact, args.maxDisruption)));
  const named = Object.entries(plan).map(([setting, text]) => `${setting}: ${text}`);
  if (named.length === 0) return [];
  return [
    {
      path: "maxDisruption",
      reason: `this change needs ${impact}, and maxDisruption allows ${args.maxDisruption}: ${named.join("; ")}`,
    },
  ];
}

async function read(hosts: Hosts, { id, outputs }: { id: string; outputs: Props }, run: Run) {
  const parsed = parseArgs(outputs);
  if ("problems" in parsed) {
    const all = parsed.problems.map(({ path, reason }) => `${path}: ${reason}`);
    throw new Error(`The state of this resource cannot be read: ${all.join("; ")}. Run once with --refresh=false.`);
  }
  const snapshot = await readHost(cached(hosts, parsed.args), parsed.args, outputs).catch((error: unknown) => {
    throw withRefreshHint(error);
  });
  if (snapshot.machineId !== id) {
    await run.warn(
      `${parsed.args.connection.host} is another host now (machine-id ${snapshot.machineId}, it was ${id}): ` +
        "the tuned one is taken as gone, and nothing is undone there",
    );
    return undefined;
  }
  return refreshed({ args: parsed.args, outputs, snapshot });
}

/** Every argument means the same as its copy in the outputs, which is all that read and delete will see. */
function sameArguments(args: HostTuningArgs, outputs: Props): boolean {
  const last = parseArgs(outputs);
  return "args" in last && canonical(args) === canonical(last.args);
}
