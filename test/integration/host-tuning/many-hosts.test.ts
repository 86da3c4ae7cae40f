/* A rack in one provider process, as `pulumi up` runs it: checks one after another, the rest at once. */
import { machineId } from "../../support/fixture-root";
import { type DynamicServer, startDynamicServer } from "../../support/pulumi/dynamic-server";
import type { Props } from "../../support/pulumi/provider-client";
import { startTunedHost, type TunedHost } from "../../support/tuned-host";

// The first of these tests builds the package.
jest.setTimeout(120_000);

const count = 20;
let hosts: readonly TunedHost[];
let before: readonly Readonly<Record<string, string>>[];
let states: readonly Props[];
let server: DynamicServer;
beforeAll(async () => {
  hosts = await Promise.all(Array.from({ length: count }, () => startTunedHost()));
  before = hosts.map((host) => host.state());
});
afterAll(() => Promise.all(hosts.map((host) => host.close())));
beforeEach(async () => {
  server = await startDynamicServer();
});
afterEach(() => server.stop());

/** Each host its own value, so that none can pass for another. */
const inputs = (index: number): Props => hosts[index]?.inputs({ sysctl: { "vm.swappiness": index } }) ?? {};
const onAll = <T>(work: (host: TunedHost, index: number) => Promise<T>): Promise<T[]> => Promise.all(hosts.map(work));

test("20 hosts are previewed and tuned by one process, each over one connection", async () => {
  const checked: Props[] = [];
  for (const index of hosts.keys()) {
    const { inputs: planned, failures } = await server.check(inputs(index));
    expect([failures, planned["plan"]]).toEqual([[], { "sysctl.vm.swappiness": `60 → ${index}  [live]` }]);
    checked.push(planned);
  }
  const created = await onAll((_host, index) => server.create(checked[index] ?? {}));
  states = created.map(({ properties }) => properties);
  expect(hosts.map((host) => host.read("/proc/sys/vm/swappiness"))).toEqual(hosts.map((_host, index) => `${index}\n`));
  expect(hosts.map((host) => host.ssh.connections)).toEqual(Array(count).fill(1));
});

test("a phase with nothing to do asks each of them once or twice", async () => {
  const from = hosts.map(({ ssh }) => ({ connections: ssh.connections, execs: ssh.execs.length }));
  const found = await onAll((_host, index) => server.read(machineId, states[index] ?? {}));
  for (const index of hosts.keys()) {
    const answer = await server.check(inputs(index), found[index]?.inputs ?? {});
    expect(answer.inputs["plan"]).toEqual({});
    expect((await server.diff(machineId, found[index]?.properties ?? {}, answer.inputs)).changes).toBe("none");
  }
  expect(hosts.map(({ ssh }, index) => ssh.connections - (from[index]?.connections ?? 0))).toEqual(
    Array(count).fill(1),
  );
  const execs = hosts.map(({ ssh }, index) => ssh.execs.length - (from[index]?.execs ?? 0));
  expect(Math.max(...execs)).toBeLessThanOrEqual(2);
});

test("one that is away fails alone; the others are put back", async () => {
  const [away, ...rest] = hosts;
  await away?.ssh.stopListening();
  const results = await Promise.allSettled(
    hosts.map((_host, index) => {
      const state = states[index] ?? {};
      const connection = { ...(state["connection"] as Props), dialErrorLimit: 1 };
      return server.delete(machineId, { ...state, connection });
    }),
  );
  expect(results.map(({ status }) => status)).toEqual(["rejected", ...Array<string>(count - 1).fill("fulfilled")]);
  expect(rest.map((host) => host.state())).toEqual(before.slice(1));
  expect(away?.read("/proc/sys/vm/swappiness")).toBe("0\n");
});
