/*
 * npm run bench:many-hosts [-- --hosts 1,10,50 --latency 500]: what a run costs by the number of hosts, each with ten
 * domains, through the real CLI and its real dynamic-provider server. The hosts answer from a recording
 * (recorded-hosts.ts).
 */
import { parseArgs } from "node:util";
import { watchProcesses } from "../processes";
import { record } from "../record";
import type { ManyHostsRow } from "../results-schema";
import { timed } from "../statistics";
import { manyHostsTable } from "../tables";
import { recordFleet, vmsPerHost, type Fleet } from "./fleet";
import { startHosts, type Hosts } from "./hosts";

export async function main(argv: readonly string[]): Promise<number> {
  const options = { hosts: { type: "string" }, latency: { type: "string" } } as const;
  const { values } = parseArgs({ args: [...argv], options });
  const sizes = (values.hosts ?? "1,10,50,200").split(",").map(Number);
  const latency = Number(values.latency ?? 500);
  process.stderr.write("recording one host with ten domains\n");
  const fleet = await recordFleet();
  const rows: ManyHostsRow[] = [];
  try {
    for (const size of sizes) rows.push(...(await measure(fleet, size, latency)));
  } finally {
    await fleet.remove();
  }
  const result = { latencyMilliseconds: latency, vmsPerHost, rows, stateWeight: fleet.weight };
  record("manyHosts", result);
  const { hostBytes, vmBytes, providerBytes } = fleet.weight;
  process.stdout.write(
    `\n${vmsPerHost} domains a host, ${latency} ms a command, --parallel 64\n\n${manyHostsTable(result)}\n\n` +
      `In the state: ${hostBytes} bytes a host, ${vmBytes} a VM, of which __provider ${providerBytes}.\n`,
  );
  return 0;
}

const parallel = ["--parallel", "64"];

/** MiB of V8's young generation: by default it grows as long as memory is free, and garbage stays in it. */
const littleMemory = { NODE_OPTIONS: "--max-semi-space-size=4" };

async function measure(fleet: Fleet, size: number, latency: number): Promise<readonly ManyHostsRow[]> {
  const rows: ManyHostsRow[] = [];
  const hosts = await startHosts(fleet, { size, latency, drifted: false });
  try {
    await fleet.deploy(hosts.ports, "applied");
    const noop = ["preview", "--refresh", "--expect-no-changes", ...parallel];
    rows.push(await rowOf("nothing to do, with refresh", { fleet, hosts, args: noop }));
    rows.push(await rowOf("nothing to do, little memory", { fleet, hosts, args: noop, env: littleMemory }));
    await fleet.deploy(hosts.ports, "new");
    rows.push(await rowOf("first preview", { fleet, hosts, args: ["preview", ...parallel] }));
    await fleet.deploy(hosts.ports, "newWithPlan");
    rows.push(await rowOf("first preview, a plan before", { fleet, hosts, args: ["preview", ...parallel] }));
  } finally {
    hosts.end();
  }
  const drifted = await startHosts(fleet, { size, latency, drifted: true });
  try {
    await fleet.deploy(drifted.ports, "applied");
    rows.push(await rowOf("one host drifted", { fleet, hosts: drifted, args: ["preview", "--refresh", ...parallel] }));
  } finally {
    drifted.end();
  }
  return rows;
}

interface Measured {
  readonly fleet: Fleet;
  readonly hosts: Hosts;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

async function rowOf(run: string, { fleet, hosts, args, env }: Measured): Promise<ManyHostsRow> {
  process.stderr.write(`${hosts.size} hosts: ${run}\n`);
  await hosts.asked();
  const watch = watchProcesses();
  const { seconds: wallSeconds, result } = await timed(() =>
    fleet.project.pulumi(args, { ...(env !== undefined && { env }) }),
  );
  const processes = watch.stop();
  const { unknown, ...asked } = await hosts.asked();
  if (unknown.length > 0) throw new Error(`not recorded: ${unknown.join("\n")}`);
  if (run === "one host drifted" && !/~ 1 to update/.test(result.output))
    throw new Error(`the drift is not shown:\n${result.output}`);
  return { hosts: hosts.size, run, wallSeconds, processes, ...asked };
}
