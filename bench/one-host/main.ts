/*
 * npm run bench:one-host [-- --rounds 3]: the same work on one real host by this package, by Ansible, and the floor, one
 * `ssh` that runs the snapshot script. Each round takes turns in who is first: nothing to do, five settings drifted by hand
 * as a preview shows them, and their mending. Every connection goes through a proxy that sees how long it was needed.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { snapshotScript } from "../../provider/host/snapshot-script";
import { mustRun } from "../../scripts/lib/process";
import type { TestHost } from "../../test/host/test-host";
import { record } from "../record";
import { shown, summary, type Summary } from "../statistics";
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

interface World {
  readonly hosts: readonly TestHost[];
  readonly proxies: readonly StopwatchProxy[];
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
        if (column === "preview of five drifts") for (const host of world.hosts) await driftByHand(host);
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
  const hosts = [await startHostWithDomain("bench-ours"), await startHostWithDomain("bench-ansible")] as const;
  const proxies = [await startProxy(hosts[0]), await startProxy(hosts[1])] as const;
  const stack = await stackFor(hosts[0], proxies[0].port);
  const playbook = await playbookFor(hosts[1], proxies[1].port, folder);
  await writeFile(join(folder, "floor_known_hosts"), `[127.0.0.1]:${proxies[0].port} ${hosts[0].hostKey}\n`);
  return { hosts, proxies, stack, playbook, folder };
}

async function endWorld({ hosts, proxies, stack, playbook, folder }: World): Promise<void> {
  await playbook.end();
  await stack.remove();
  for (const proxy of proxies) proxy.close();
  for (const host of hosts) await host.stop();
  await rm(folder, { recursive: true });
}

/** The floor: seconds of one connection of OpenSSH that runs the snapshot script, as the provider asks for it. */
async function bareExec({ proxies, folder, hosts }: World): Promise<number> {
  proxies[0]?.take();
  const options = [
    "StrictHostKeyChecking=yes",
    `UserKnownHostsFile=${folder}/floor_known_hosts`,
    "ControlMaster=no",
    "ControlPath=none",
  ];
  const flags = [
    ...options.flatMap((option) => ["-o", option]),
    "-i",
    hosts[0]?.privateKeyPath ?? "",
    "-p",
    String(proxies[0]?.port),
  ];
  const command = `sh -c '${snapshotScript.replaceAll("'", "'\\''")}' kvm-tuning 0123456789abcdef0123456789abcdef --domains`;
  const { stdout } = await mustRun({ argv: ["ssh", ...flags, "root@127.0.0.1", command], limitSeconds: 120 });
  if (!stdout.includes("@0123456789abcdef0123456789abcdef done")) throw new Error("the bare snapshot has no end");
  return proxies[0]?.take().seconds ?? NaN;
}

async function sampleOf(world: World, tool: "ours" | "ansible", column: Column): Promise<Sample> {
  const proxy = world.proxies[tool === "ours" ? 0 : 1];
  proxy?.take();
  const { seconds, shows } = await (tool === "ours" ? oursOf(world.stack, column) : ansibleOf(world.playbook, column));
  return { seconds, hostSeconds: proxy?.take().seconds ?? NaN, shows };
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

function report(samples: Record<"ours" | "ansible", Samples>, floorSeconds: readonly number[], version: string): void {
  const floor = summary(floorSeconds);
  const rows = columns.map((run) => {
    const of = (tool: "ours" | "ansible", key: "seconds" | "hostSeconds"): Summary =>
      summary(samples[tool][run].map((one) => one[key]));
    const shows = (tool: "ours" | "ansible") => samples[tool][run].at(-1)?.shows ?? [];
    return {
      run,
      ours: { seconds: of("ours", "seconds"), hostSeconds: of("ours", "hostSeconds"), shows: shows("ours") },
      ansible: { seconds: of("ansible", "seconds"), shows: shows("ansible") },
    };
  });
  process.stdout.write(`\nOne host, seconds: median (least-most). Ansible: ansible-core ${version}\n\n`);
  process.stdout.write(
    "| run | this package | of it on the host | Ansible | ratio | on the host, to the bare exec | Ansible to that |\n",
  );
  process.stdout.write("| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n");
  for (const { run, ours, ansible } of rows) {
    const [whole, onHost] = [
      ansible.seconds.median / ours.seconds.median,
      ansible.seconds.median / ours.hostSeconds.median,
    ];
    process.stdout.write(
      `| ${run} | ${shown(ours.seconds)} | ${shown(ours.hostSeconds, 2)} | ${shown(ansible.seconds)} | ${whole.toFixed(1)} | ` +
        `${(ours.hostSeconds.median / floor.median).toFixed(2)} | ${onHost.toFixed(1)} |\n`,
    );
  }
  process.stdout.write(`\nThe bare exec of the snapshot script by ssh: ${shown(floor, 2)}\n`);
  const preview = rows[1];
  process.stdout.write(
    `Of ${drifts.length} settings that were changed by hand (${drifts.join(", ")}) the preview shows:\n` +
      `  this package: ${preview?.ours.shows.join(", ")}\n  Ansible: ${preview?.ansible.shows.join(", ")}\n`,
  );
  record("oneHost", { ansible: version, bareExecSeconds: floor, rows });
}
