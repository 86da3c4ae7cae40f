/*
 * A run ends behind any of its commands: its process dies (SIGKILL, no power at the runner), or the connection is lost.
 * The next run is a new one.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { machineId, type Fixture } from "../../support/fixture-root";
import { type DynamicServer, startDynamicServer } from "../../support/pulumi/dynamic-server";
import { ProviderError, type Props } from "../../support/pulumi/provider-client";
import { startTunedHost, type TunedHost } from "../../support/tuned-host";
import { everything, governorFile } from "../../support/tuned-host/fixture";

// All runs of a scenario begin in its beforeAll; each test waits for its own.
jest.setTimeout(400_000);

/** The machine has work for so many at once. */
const hosts = 3;

interface Scenario {
  readonly name: string;
  /** Commands of the run that is cut off. */
  readonly commands: number;
  /** By turns a command is the last one of a process, or of a connection: the first by this one, the second by that. */
  readonly cuts: readonly [Cut, Cut];
  /** The tuning that is there before, if any. */
  readonly earlier?: Props;
  readonly drift?: Fixture;
  readonly wanted: Props;
}

/** "killed": before the command runs, so behind the one before it. "lost": behind it, before its result is told. */
type Cut = "killed" | "lost";

const { systemdCpuAffinity: _dropped, services: _too, cStates: _other, ...kept } = everything;

const scenarios: readonly Scenario[] = [
  {
    name: "the fullest create",
    // Twice a reading with and without domains; lock, owner, 41 steps, reading.
    commands: 48,
    cuts: ["killed", "lost"],
    wanted: everything,
  },
  {
    name: "an update that repairs, adds, changes and drops",
    commands: 41,
    cuts: ["lost", "killed"],
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
];

/** A host, the process that goes on with it, and the tree that each cut run begins with. */
interface Stage {
  readonly host: TunedHost;
  readonly next: DynamicServer;
  readonly before: Readonly<Record<string, string>>;
  /** The state that the run starts from; undefined: none. */
  readonly state: Props | undefined;
  restart(): void;
  close(): Promise<void>;
}

/** With modes and links. */
const copyTree = (from: string, to: string): void => void execFileSync("cp", ["-a", `${from}/.`, to]);

async function stage({ earlier, drift }: Scenario): Promise<Stage> {
  const [host, next] = await Promise.all([startTunedHost(), startDynamicServer()]);
  const before = host.state();
  const state = earlier && (await next.create((await next.check(host.inputs(earlier))).inputs)).properties;
  host.write(drift ?? {});
  const copy = mkdtempSync(join(tmpdir(), "killed-process-"));
  copyTree(host.root, copy);
  return {
    host,
    next,
    before,
    state,
    restart() {
      for (const name of readdirSync(host.root)) rmSync(join(host.root, name), { recursive: true });
      copyTree(copy, host.root);
    },
    async close() {
      await next.stop();
      await host.close();
      rmSync(copy, { recursive: true });
    },
  };
}

/** One `up`: preview, then create or update. `state`: what the engine has of the resource. */
async function run(server: DynamicServer, given: Props, state: Props | undefined): Promise<Props> {
  const { inputs } = await server.check(given, state);
  const done = state === undefined ? server.create(inputs) : server.update(machineId, state, inputs);
  return (await done).properties;
}

/** Runs in a process that is killed when its n-th command (from 1) reaches the host, which then does not run. */
async function kill(at: Stage, n: number, wanted: Props): Promise<Props | undefined> {
  const doomed = await startDynamicServer();
  const from = at.host.ssh.execs.length;
  at.host.ssh.fault(n, { kind: "noAnswer" });
  const over = run(doomed, at.host.inputs(wanted), at.state).then(
    () => true,
    () => true,
  );
  const reached = (): boolean => at.host.ssh.execs.length >= from + n;
  while (!reached() && !(await Promise.race([over, sleep(5, false)])));
  const wasKilled = reached();
  await doomed.stop("SIGKILL");
  await over;
  expect(wasKilled).toBe(true);
  return at.state;
}

/**
 * The state is then what the error answer holds, if anything: the engine keeps it. The command that holds the lock ends
 * with the run, which is complete by then.
 */
async function lose(at: Stage, n: number, wanted: Props): Promise<Props | undefined> {
  at.host.ssh.fault(n, { kind: "drop", at: "end" });
  return run(at.next, at.host.inputs(wanted), at.state).catch((error: unknown) => {
    if (error instanceof ProviderError) return error.initFailed?.properties ?? at.state;
    throw error;
  });
}

/** Without what differs between two runs that end alike: which values were noted, and the numbers of entries. */
const outcome = ({ host }: Stage): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(host.state()).filter(([path]) => !path.startsWith("/var/lib/kvm-tuning/journal/")));

const numbersTo = (last: number): readonly number[] => Array.from({ length: last }, (_none, index) => index + 1);
const cutAt = ({ cuts }: Scenario, n: number): Cut => cuts[n % 2 === 1 ? 0 : 1];

describe.each(scenarios)("$name that is cut off", (scenario) => {
  const { commands, wanted } = scenario;
  const results = new Map<number, Promise<Error | undefined>>();
  let stages: readonly Stage[];
  let work: Promise<unknown>;

  async function cutOff(at: Stage, n: number, undisturbed: Readonly<Record<string, string>>): Promise<void> {
    at.restart();
    const state = await (cutAt(scenario, n) === "killed" ? kill : lose)(at, n, wanted);
    const after = await run(at.next, at.host.inputs(wanted), state);
    expect(outcome(at)).toEqual(undisturbed);
    await at.next.delete(machineId, after);
    expect(at.host.state()).toEqual(at.before);
  }

  beforeAll(async () => {
    stages = await Promise.all(numbersTo(hosts).map(() => stage(scenario)));
    const [first] = stages;
    if (first === undefined) throw new Error("no host");
    const from = first.host.ssh.execs.length;
    const after = await run(first.next, first.host.inputs(wanted), first.state);
    const counted = first.host.ssh.execs.length - from;
    const undisturbed = outcome(first);
    await first.next.delete(machineId, after);
    expect(first.host.state()).toEqual(first.before);
    expect(counted).toBe(commands);

    const waiting = numbersTo(commands).map((n) => {
      const { promise, resolve } = Promise.withResolvers<Error | undefined>();
      results.set(n, promise);
      return { n, resolve };
    });
    const worker = async (at: Stage): Promise<void> => {
      for (let one = waiting.shift(); one !== undefined; one = waiting.shift())
        one.resolve(
          await cutOff(at, one.n, undisturbed).then(
            () => undefined,
            (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
          ),
        );
    };
    work = Promise.all(stages.map(worker));
  });
  afterAll(async () => {
    await work;
    await Promise.all(stages.map((at) => at.close()));
  });

  // The two ways take turns in each scenario. A process that is killed before a command is one that dies behind the
  // one before it, so together they cover every step.
  test.each(numbersTo(commands).map((n) => [n, cutAt(scenario, n)] as const))(
    "at its command %i (%s): the next run ends as an undisturbed one, and delete restores every byte",
    async (n) => {
      const error = await results.get(n);
      if (error !== undefined) throw error;
    },
  );
});
