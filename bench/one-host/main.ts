/*
 * npm run bench:one-host [-- --rounds 3]: the same work on one real host by this package, by Ansible, and the floor, one
 * `ssh` that runs the snapshot script. Each round takes turns in who is first: nothing to do, five settings drifted by hand
 * as a preview shows them, and their mending. Every connection goes through a proxy that sees how long it was needed.
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { snapshotScript } from "../../provider/host/snapshot-script";
import { commandLine } from "../../provider/transport/shell-quote";
import { ssh, trustHostKey } from "../../test/host/ssh";
import type { TestHost } from "../../test/host/test-host";
import { record } from "../record";
import { summary, type Summary } from "../statistics";
import { floorLine, oneHostTable } from "../tables";
import { playbookFor, type Playbook } from "./ansible";
import { stackFor, type Stack } from "./stack";
import { startProxy, type StopwatchProxy } from "./stopwatch-proxy";
import { driftByHand, drifts, startHostWithDomain } from "./world";

const columns = ["nothing to do", "preview of five drifts", "apply of five drifts"] as const;
type Column = (typeof columns)[number];

interface Sample {
  readonly seconds: number;
  readonly hostSeconds: number;
  readonly shows: readonly string[];
}

type Samples = Record<Column, Sample[]>;

type Tool = "ours" | "ansible";

interface Machine {
  readonly host: TestHost;
  readonly proxy: StopwatchProxy;
}

interface World {
  readonly machines: Readonly<Record<Tool, Machine>>;
  readonly stack: Stack;
  readonly playbook: Playbook;
  readonly folder: string;
}

const noSamples = (): Samples => ({ "nothing to do": [], "preview of five drifts": [], "apply of five drifts": [] });

export async function main(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...argv], options: { rounds: { type: "string" } } });
  const rounds = Number(values.rounds ?? 3);
  const world = await startWorld();
  try {
    const samples = { ours: noSamples(), ansible: noSamples() };
    const floor: number[] = [];
    await world.stack.run(["up", "--yes", "--skip-preview"]);
    await world.playbook.play();
    for (let round = 1; round <= rounds; round += 1) {
      process.stderr.write(`round ${round} of ${rounds}\n`);
      const tools = round % 2 === 1 ? (["ours", "ansible"] as const) : (["ansible", "ours"] as const);
      floor.push(await bareExec(world));
      for (const column of columns) {
        if (column === "preview of five drifts")
          for (const { host } of Object.values(world.machines)) await driftByHand(host);
        for (const tool of tools) samples[tool][column].push(await sampleOf(world, tool, column));
      }
      floor.push(await bareExec(world));
    }
    report(samples, floor, world.playbook.version);
  } finally {
    await endWorld(world);
  }
  return 0;
}

async function startWorld(): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), "one-host-"));
  process.stderr.write("starting two clones of the test host\n");
  const [ours, ansible] = [await startMachine("bench-ours"), await startMachine("bench-ansible")];
  const stack = await stackFor(ours.host, ours.proxy.port);
  const playbook = await playbookFor(ansible.host, ansible.proxy.port, folder);
  await mkdir(join(folder, "floor"));
  await trustHostKey(join(folder, "floor"), ours.host.hostKey);
  return { machines: { ours, ansible }, stack, playbook, folder };
}

async function startMachine(name: string): Promise<Machine> {
  const host = await startHostWithDomain(name);
  return { host, proxy: await startProxy(host) };
}

async function endWorld({ machines, stack, playbook, folder }: World): Promise<void> {
  await playbook.end();
  await stack.remove();
  for (const { host, proxy } of Object.values(machines)) {
    proxy.close();
    await host.stop();
  }
  await rm(folder, { recursive: true });
}

/** The floor: seconds of one connection of OpenSSH that runs the snapshot script, as the provider asks for it. */
async function bareExec({ machines, folder }: World): Promise<number> {
  const { host, proxy } = machines.ours;
  const nonce = "0123456789abcdef0123456789abcdef";
  const command = commandLine(["sh", "-c", snapshotScript, "kvm-tuning", nonce, "--domains"], "root");
  const target = { folder: join(folder, "floor"), port: proxy.port, privateKeyPath: host.privateKeyPath };
  proxy.take();
  const { code, stdout, stderr } = await ssh(target, command, { ownConnection: true });
  if (code !== 0 || !stdout.includes(`@${nonce} done`)) throw new Error(`the bare snapshot failed: ${stderr}`);
  return proxy.take().seconds;
}

async function sampleOf(world: World, tool: Tool, column: Column): Promise<Sample> {
  const { proxy } = world.machines[tool];
  proxy.take();
  const { seconds, shows } = await (tool === "ours" ? oursOf(world.stack, column) : ansibleOf(world.playbook, column));
  return { seconds, hostSeconds: proxy.take().seconds, shows };
}

async function oursOf(stack: Stack, column: Column): Promise<{ seconds: number; shows: readonly string[] }> {
  if (column === "apply of five drifts") return { ...(await stack.run(["up", "--yes", "--skip-preview"])), shows: [] };
  const noop = column === "nothing to do";
  const { seconds, plan } = await stack.run(["preview", "--diff", ...(noop ? ["--expect-no-changes"] : [])]);
  return { seconds, shows: Object.keys(plan) };
}

async function ansibleOf(playbook: Playbook, column: Column): Promise<{ seconds: number; shows: readonly string[] }> {
  const { seconds, changed } = await playbook.play(column === "preview of five drifts" ? ["--check", "--diff"] : []);
  if (column === "nothing to do" && changed.length > 0)
    throw new Error(`the playbook changes again: ${changed.join(", ")}`);
  return { seconds, shows: changed };
}

function report(samples: Record<Tool, Samples>, floorSeconds: readonly number[], version: string): void {
  const rows = columns.map((run) => {
    const of = (tool: Tool, key: "seconds" | "hostSeconds"): Summary =>
      summary(samples[tool][run].map((one) => one[key]));
    const shows = (tool: Tool) => samples[tool][run].at(-1)?.shows ?? [];
    return {
      run,
      ours: { seconds: of("ours", "seconds"), hostSeconds: of("ours", "hostSeconds"), shows: shows("ours") },
      ansible: { seconds: of("ansible", "seconds"), shows: shows("ansible") },
    };
  });
  const result = { ansible: version, bareExecSeconds: summary(floorSeconds), rows };
  process.stdout.write(`\nOne host, seconds: median (least-most)\n\n${oneHostTable(result)}\n\n${floorLine(result)}\n`);
  const preview = rows[1];
  process.stdout.write(
    `Of ${drifts.length} settings that were changed by hand (${drifts.join(", ")}) the preview shows:\n` +
      `  this package: ${preview?.ours.shows.join(", ")}\n  Ansible: ${preview?.ansible.shows.join(", ")}\n`,
  );
  record("oneHost", result);
}
