import * as pulumi from "@pulumi/pulumi";

import { HostTuning, VmCpuPlacement } from "../../../sdk";

interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
}

const registered: Registered[] = [];

beforeAll(() =>
  pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        registered.push({ type, name, inputs: inputs as Record<string, unknown> });
        return { id: name, state: { ...(inputs as object), domainUuid: "u-1" } };
      },
      call: () => ({}),
    },
    "program",
    "dev",
  ),
);
beforeEach(() => registered.splice(0));

const connection = { host: "10.0.0.11", hostKey: "ssh-ed25519 AAAA", agentSocketPath: "/agent" };
const settled = (resource: pulumi.CustomResource): Promise<string> =>
  new Promise((resolve) => resource.urn.apply(resolve));

test("takes the connection of its host, is made after it, and does not send the host itself", async () => {
  const host = new HostTuning("kvm-01", { connection });
  await settled(new VmCpuPlacement("db", { host, domain: "db-server", vcpuPins: "2-5" }));
  expect(registered.map(({ name }) => name)).toEqual(["kvm-01", "db"]);
  expect(registered[1]).toEqual({
    type: "pulumi-nodejs:dynamic/kvm-tuning:VmCpuPlacement",
    name: "db",
    inputs: {
      connection,
      domain: "db-server",
      vcpuPins: "2-5",
      __provider: 'exports.handler=()=>require("pulumi-kvm-tuning/provider").v1.vmCpuPlacement',
      __urn: "urn:pulumi:dev::program::pulumi-nodejs:dynamic/kvm-tuning:VmCpuPlacement::db",
    },
  });
});

test("works with a connection of its own, and gives the domain's UUID", async () => {
  const placement = new VmCpuPlacement("db", { connection, domain: "db-server", emulatorPin: "0" });
  expect(await new Promise((resolve) => placement.domainUuid.apply(resolve))).toBe("u-1");
  expect(registered[0]?.inputs).toMatchObject({ connection, emulatorPin: "0" });
});

test("nested arguments arrive as they are, known values of outputs among them", async () => {
  const cell = { id: 0, vcpus: "0-3", memoryMiB: 4096, nodeset: "0", distances: { 0: 10 } };
  await settled(
    new VmCpuPlacement("db", {
      connection,
      domain: "db-server",
      numa: { mode: pulumi.output("strict" as const), cells: [pulumi.output(cell)] },
      memoryBacking: { hugepages: [{ size: "1G", cells: "0" }], locked: true },
      vcpuScheduler: [{ vcpus: "0", scheduler: "fifo", priority: pulumi.output(1) }],
    }),
  );
  expect(registered[0]?.inputs).toMatchObject({
    numa: { mode: "strict", cells: [cell] },
    memoryBacking: { hugepages: [{ size: "1G", cells: "0" }], locked: true },
    vcpuScheduler: [{ vcpus: "0", scheduler: "fifo", priority: 1 }],
  });
});

test("a host that is none says what to do", () => {
  const host = Object.create(HostTuning.prototype) as HostTuning;
  expect(() => new VmCpuPlacement("db", { host, domain: "d" })).toThrow("give `connection` instead of `host`");
});
