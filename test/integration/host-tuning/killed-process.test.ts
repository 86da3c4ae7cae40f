/*
 * A run ends behind any of its commands: its process dies (SIGKILL, no power at the runner), or the connection is lost.
 * The next run is a new one.
 */
import { machineId, type Fixture } from "../../support/fixture-root";
import { type DynamicServer, startDynamicServer } from "../../support/pulumi/dynamic-server";
import type { Props } from "../../support/pulumi/provider-client";
import type { TunedHost } from "../../support/tuned-host";
import { cutOff, startStages, type Cut, type CutRun, type Stage } from "../../support/tuned-host/cut-runs";
import { everything, governorFile } from "../../support/tuned-host/fixture";

// All runs of a scenario begin in its beforeAll; each test waits for its own.
jest.setTimeout(400_000);

/** So many runs die with one process. */
const hosts = 8;

interface Scenario {
  readonly name: string;
  /** Commands of the run that is cut off. */
  readonly commands: number;
  /** How it is cut off behind the first of them, the third and so on; behind the others: the other way. */
  readonly odd: Cut;
  /** The tuning that is there before, if any. */
  readonly earlier?: Props;
  readonly drift?: Fixture;
  readonly wanted: Props | "deleted";
}

const { systemdCpuAffinity: _dropped, services: _too, cStates: _other, ...kept } = everything;

const scenarios: readonly Scenario[] = [
  {
    name: "the fullest create",
    // Twice a reading with and without domains; lock, owner, 41 steps, reading.
    commands: 48,
    odd: "killed",
    wanted: everything,
  },
  {
    name: "an update that repairs, adds, changes and drops",
    commands: 41,
    odd: "lost",
    earlier: {
      ...everything,
      sysctl: { "vm.swappiness": 20, "net.ipv4.ip_local_port_range": "10000 65000" },
    },
    drift: { [governorFile(3)]: "powersave\n", "/sys/kernel/mm/ksm/run": "1\n" },
    wanted: {
      ...kept,
      sysctl: { "vm.swappiness": 10, "net.ipv4.ip_local_reserved_ports": "30000-31000" },
      hugepages: [{ size: "2M", nodes: { "0": 100 } }],
      cStates: { disable: ["C6"] },
      irqbalance: { bannedCpus: "6-7" },
      isolation: { mode: "partition", cpus: "6-7", partition: "isolated" },
      services: { numad: "stopped" },
      transparentHugepages: "never",
    },
  },
  {
    name: "a delete of the fullest tuning",
    // Lock, reading, 41 steps, owner.
    commands: 44,
    odd: "killed",
    earlier: everything,
    wanted: "deleted",
  },
];

/** One `up`: preview, then create or update. `state`: what the engine has of the resource. */
async function up(server: DynamicServer, given: Props, state: Props | undefined): Promise<Props> {
  const { inputs } = await server.check(given, state);
  const done = state === undefined ? server.create(inputs) : server.update(machineId, state, inputs);
  return (await done).properties;
}

/** A run of the scenario; gives what the engine has of the host then. */
async function run(server: DynamicServer, { host, state }: Pick<Stage, "host" | "state">, { wanted }: Scenario) {
  if (wanted !== "deleted") return up(server, host.inputs(wanted), state);
  await server.delete(machineId, state ?? {});
  return undefined;
}

type Tree = Readonly<Record<string, string>>;

/** Without what differs between two runs that end alike: which values were noted, and the numbers of entries. */
const outcome = (host: TunedHost): Tree =>
  Object.fromEntries(Object.entries(host.state()).filter(([path]) => !path.startsWith("/var/lib/kvm-tuning/journal/")));

/** Each command once. Behind the last there is no other at whose coming the process could be killed. */
const cutsOf = ({ commands, odd }: Scenario): readonly CutRun[] =>
  Array.from({ length: commands }, (_none, index): CutRun => {
    const even = odd === "killed" ? "lost" : "killed";
    return { behind: index + 1, cut: index + 1 === commands ? "lost" : index % 2 === 0 ? odd : even };
  });

describe.each(scenarios)("$name that is cut off", (scenario) => {
  const { commands, earlier, drift } = scenario;
  const ends = new Map(cutsOf(scenario).map(({ behind }) => [behind, Promise.withResolvers<Error | undefined>()]));
  let next: DynamicServer;
  let before: Tree;
  let stages: readonly Stage[];
  let work: Promise<unknown>;

  /** A whole run, then a delete, if it was none. Gives the commands of the run, and what it has made of the host. */
  async function wholeRun({ host, state }: Pick<Stage, "host" | "state">) {
    const from = host.ssh.execs.length;
    const after = await run(next, { host, state }, scenario);
    const done = { commands: host.ssh.execs.length - from, tree: outcome(host) };
    if (after !== undefined) await next.delete(machineId, after);
    expect(host.state()).toEqual(before);
    return done;
  }

  beforeAll(async () => {
    next = await startDynamicServer();
    stages = await startStages(hosts, async (host) => {
      before = host.state();
      const state = earlier && (await up(next, host.inputs(earlier), undefined));
      host.write(drift ?? {});
      return state;
    });
    const [first] = stages;
    if (first === undefined) throw new Error("no host");
    const undisturbed = await wholeRun(first);
    expect(undisturbed.commands).toBe(commands);
    work = cutOff({
      stages,
      next,
      asked: cutsOf(scenario),
      run: (server, stage) => run(server, stage, scenario),
      follow: async ({ host }, state) => expect((await wholeRun({ host, state })).tree).toEqual(undisturbed.tree),
      done: (behind, error) => ends.get(behind)?.resolve(error),
    });
  });
  afterAll(async () => {
    await work;
    await next.stop();
    await Promise.all(stages.map((stage) => stage.close()));
  });

  test.each(cutsOf(scenario).map(({ behind, cut }) => [behind, cut] as const))(
    "behind its command %i (%s): the next run ends as an undisturbed one, and delete restores every byte",
    async (behind) => {
      const error = await ends.get(behind)?.promise;
      if (error !== undefined) throw error;
    },
  );
});
