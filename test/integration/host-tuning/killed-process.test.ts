/* The provider process dies (SIGKILL, no power at the runner) behind any command of a run; the next run is a new one. */
import { setTimeout as sleep } from "node:timers/promises";
import { machineId, type Fixture } from "../../support/fixture-root";
import { type DynamicServer, startDynamicServer } from "../../support/pulumi/dynamic-server";
import type { Props } from "../../support/pulumi/provider-client";
import { startTunedHost, type TunedHost } from "../../support/tuned-host";
import { everything, governorFile } from "../../support/tuned-host/fixture";

// The first of these tests builds the package.
jest.setTimeout(60_000);

let host: TunedHost;
/** Goes on where the killed one stopped. It has forgotten the host then, as after each of its own writes: it reads again. */
let next: DynamicServer;
beforeAll(async () => {
  host = await startTunedHost();
  next = await startDynamicServer();
});
afterAll(async () => {
  await next.stop();
  await host.close();
});

/** Runs `work` in a process that is killed when its n-th command (from 1) reaches the host, which then does not run. */
async function killBeforeCommand(
  n: number,
  doomed: DynamicServer,
  work: (server: DynamicServer) => Promise<unknown>,
): Promise<boolean> {
  const from = host.ssh.execs.length;
  host.ssh.fault(n, { kind: "noAnswer" });
  const over = work(doomed).then(
    () => true,
    () => true,
  );
  const reached = (): boolean => host.ssh.execs.length >= from + n;
  while (!reached() && !(await Promise.race([over, sleep(5, false)])));
  const wasKilled = reached();
  await doomed.stop("SIGKILL");
  await over;
  return wasKilled;
}

/** Without what differs between two runs that end alike: which values were noted, and the numbers of entries. */
const outcome = (): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(host.state()).filter(([path]) => !path.startsWith("/var/lib/kvm-tuning/journal/")));

const numbersTo = (last: number): readonly number[] => Array.from({ length: last }, (_none, index) => index + 1);

interface Scenario {
  readonly name: string;
  /** Commands of the run that is killed. */
  readonly commands: number;
  /** The tuning that is there before, if any. */
  readonly earlier?: Props;
  readonly drift?: Fixture;
  readonly wanted: Props;
}

const scenarios: readonly Scenario[] = [
  // Preview, lock, snapshot, owner, four files, the link, the reload, six settings, snapshot.
  { name: "the fullest create", commands: 17, wanted: everything },
  {
    name: "an update that repairs, adds, changes and drops",
    // Preview, lock, snapshot, two files, four settings, two restored, snapshot.
    commands: 12,
    earlier: {
      ...everything,
      sysctl: { "vm.swappiness": 20, "net.ipv4.ip_local_port_range": "10000 65000" },
    },
    drift: { [governorFile(3)]: "powersave\n" },
    wanted: {
      numaBalancing: false,
      cpuGovernor: "performance",
      sysctl: { "vm.swappiness": 10, "net.ipv4.ip_local_reserved_ports": "30000-31000" },
      hugepages: [{ size: "2M", nodes: { "0": 100 } }],
    },
  },
];

describe.each(scenarios)("a process that is killed during $name", ({ commands, earlier, drift, wanted }) => {
  let before: Readonly<Record<string, string>>;
  let undisturbed: Readonly<Record<string, string>>;

  /** The state that the run starts from; undefined: none. */
  async function prepared(server: DynamicServer): Promise<Props | undefined> {
    if (earlier === undefined) return undefined;
    const { inputs } = await server.check(host.inputs(earlier));
    const { properties } = await server.create(inputs);
    host.write(drift ?? {});
    return properties;
  }

  async function run(server: DynamicServer, state: Props | undefined): Promise<Props> {
    const { inputs } = await server.check(host.inputs(wanted), state);
    const done = state === undefined ? server.create(inputs) : server.update(machineId, state, inputs);
    return (await done).properties;
  }

  beforeAll(async () => {
    before = host.state();
    const state = await prepared(next);
    const from = host.ssh.execs.length;
    const after = await run(next, state);
    const counted = host.ssh.execs.length - from;
    undisturbed = outcome();
    await next.delete(machineId, after);
    expect(host.state()).toEqual(before);
    expect(counted).toBe(commands);
  });

  test.each(numbersTo(commands))(
    "before its command %i: the next run ends as an undisturbed one, and delete restores every byte",
    async (n) => {
      const [doomed, state] = await Promise.all([startDynamicServer(), prepared(next)]);
      expect(await killBeforeCommand(n, doomed, (server) => run(server, state))).toBe(true);
      const after = await run(next, state);
      expect(outcome()).toEqual(undisturbed);
      await next.delete(machineId, after);
      expect(host.state()).toEqual(before);
    },
  );
});
