import { PartialFailure, type Props } from "../../../provider/resource";
import { TransportError } from "../../../provider/transport/transport";
import { fixtureHost, id, uuid, type FixtureHost } from "./fixture-host";
import { connection } from "./placed";

/*
 * The connection is lost before or after the n-th command of a run, for every n. The next run must end as an
 * undisturbed one, and delete must put back what was there before the first.
 */
const live: Props = {
  connection,
  domain: "db",
  vcpuPins: { 0: "4" },
  iothreads: [{ id: 1, cpus: "6" }],
  cpuShares: 200,
};
const restarting: Props = {
  ...live,
  vcpuPins: "4-5",
  emulatorPin: "6",
  vcpuScheduler: [{ vcpus: "0-1", scheduler: "fifo", priority: 1 }],
  numa: { mode: "strict", nodeset: "1" },
  cpu: { mode: "host-model", features: { vmx: "disable" }, topology: { sockets: 1, cores: 2, threads: 1 } },
  memoryBacking: { hugepages: [{ size: "2M" }], locked: true },
  cacheTune: [{ vcpus: "0-1", caches: [{ level: 3, id: 0, type: "both", sizeKiB: 3072 }] }],
  maxDisruption: "vm-restart",
};

/** Lets `count` more commands through. `after`: the next one still runs, but nobody hears of its end. */
function loseConnection(host: FixtureHost, count: number, when: "before" | "after"): void {
  let left = count;
  const lost = (): TransportError => new TransportError("connectionLost", "the connection was lost");
  host.intercept = async (request, exec) => {
    left -= 1;
    if (left === -1 && when === "after") await exec(request);
    if (left < 0) throw lost();
    return exec(request);
  };
}

async function place(host: FixtureHost, inputs: Props, last?: Props): Promise<Props> {
  const checked = await host.checked(inputs, last);
  expect(checked.problems).toEqual([]);
  if (last === undefined) return (await host.resource.create({ inputs: checked.inputs }, host.run)).outputs;
  return (await host.resource.update({ id, outputs: last, inputs: checked.inputs }, host.run)).outputs;
}

/** What must be the same, however often a run was interrupted. */
function result(host: FixtureHost): Readonly<Record<string, unknown>> {
  const { original } = JSON.parse(host.fixture.read(`/var/lib/kvm-tuning/domains/${uuid}/placement.json`)) as {
    original: unknown;
  };
  const [inactive, running] = [host.inactive(), host.live()].map((xml) => xml.replaceAll(/\s+/g, " "));
  return { inactive, running, original };
}

async function undisturbed(inputs: Props): Promise<{ commands: number; end: unknown }> {
  const host = fixtureHost({ running: true });
  try {
    const checked = await host.checked(inputs);
    const before = host.transport.requests.length;
    await host.resource.create({ inputs: checked.inputs }, host.run);
    // The lock is no command that can be cut off.
    return { commands: host.transport.requests.length - before - 1, end: result(host) };
  } finally {
    host.remove();
  }
}

test.each([
  ["live changes", "before", live],
  ["live changes", "after", live],
  ["a restart", "before", restarting],
  ["a restart", "after", restarting],
] as const)(
  "%s, cut off %s every command: the next run ends the same, and delete restores",
  async (_name, when, inputs) => {
    const { commands, end } = await undisturbed(inputs);
    expect(commands).toBeGreaterThan(6);
    for (let count = 0; count < commands; count++) {
      const host = fixtureHost({ running: true });
      try {
        const first = host.inactive();
        const checked = await host.checked(inputs);
        loseConnection(host, count, when);
        const error: unknown = await host.resource
          .create({ inputs: checked.inputs }, host.run)
          .catch((cause: unknown) => cause);
        host.intercept = undefined;
        const kept = error instanceof PartialFailure ? error.outputs : undefined;
        const outputs = await place(host, inputs, kept);
        expect({ count, ...result(host) }).toEqual({ count, ...(end as object) });
        await host.resource.delete({ id, outputs }, host.run);
        expect(host.inactive().trim()).toBe(first.trim());
        expect(host.fixture.has("/var/lib/kvm-tuning")).toBe(false);
        expect(host.warnings).toEqual([]);
      } finally {
        host.remove();
      }
    }
  },
  240_000,
);
