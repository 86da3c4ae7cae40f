import * as pulumi from "@pulumi/pulumi";

import { HostTuning, type HostTuningArgs } from "../../../sdk";

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
        const outputs = { plan: {}, impact: "none", pending: {}, undo: { cpuGovernor: "powersave" }, hostId: "8f2c" };
        return { id: "8f2c", state: { ...(inputs as object), ...outputs } };
      },
      call: () => ({}),
    },
    "program",
    "dev",
  ),
);
beforeEach(() => registered.splice(0));

const secretSignature = "4dabf18193072939515e22adb298388d";
const secret = (value: unknown) => ({ [secretSignature]: "1b47061264138c4ac30d75fd1eb44270", value });

/** What the engine gets for these arguments. */
async function registration(args: HostTuningArgs, opts?: pulumi.CustomResourceOptions): Promise<Registered> {
  const resource = new HostTuning("kvm-01", args, opts);
  await urnOf(resource);
  const found = registered.find((one) => one.name === "kvm-01");
  if (found === undefined) throw new Error("nothing was registered");
  return found;
}
const urnOf = (resource: pulumi.Resource): Promise<string> => valueOf(resource.urn);
const valueOf = <T>(output: pulumi.Output<T>): Promise<T> =>
  new Promise((resolve) => {
    output.apply(resolve);
  });

test("registers under the type token that is state identity", async () => {
  const { type } = await registration({ connection: { host: "10.0.0.11" } });
  expect(type).toBe("pulumi-nodejs:dynamic/kvm-tuning:HostTuning");
  expect(HostTuning.__pulumiType).toBe(type);
});

test("passes the constant provider text, of at most 100 bytes", async () => {
  const { inputs } = await registration({ connection: { host: "10.0.0.11" } });
  expect(inputs["__provider"]).toBe('exports.handler=()=>require("pulumi-kvm-tuning/provider").v1.hostTuning');
  expect(Buffer.byteLength(String(inputs["__provider"]))).toBeLessThanOrEqual(100);
});

test("passes the URN that the engine gives the resource", async () => {
  const { inputs } = await registration({ connection: { host: "10.0.0.11" } });
  expect(inputs["__urn"]).toBe("urn:pulumi:dev::program::pulumi-nodejs:dynamic/kvm-tuning:HostTuning::kvm-01");
});

test("passes the URN of a resource inside a component", async () => {
  const parent = new pulumi.ComponentResource("pkg:index:Rack", "rack-7");
  const { inputs } = await registration({ connection: { host: "10.0.0.11" } }, { parent });
  expect(inputs["__urn"]).toBe(
    "urn:pulumi:dev::program::pkg:index:Rack$pulumi-nodejs:dynamic/kvm-tuning:HostTuning::kvm-01",
  );
});

/** The mock engine moves a secret up to its top-level property; connection.test.ts looks at each place. */
test.each([
  ["a plain object", { host: "h", privateKey: "KEY" }],
  ["an Output", pulumi.output({ host: "h", privateKey: "KEY" })],
  ["a promise", Promise.resolve({ host: "h", privateKey: "KEY" })],
])("the secrets of a connection that is %s are marked", async (_kind, connection) => {
  const { inputs } = await registration({ connection });
  expect(inputs["connection"]).toEqual(secret({ host: "h", privateKey: "KEY" }));
});

test("absent secrets stay absent", async () => {
  const { inputs } = await registration({ connection: { host: "h", password: undefined } });
  expect(inputs["connection"]).toEqual({ host: "h" });
});

test("resolves Inputs at every depth", async () => {
  const { inputs } = await registration({
    connection: { host: pulumi.output("h"), port: Promise.resolve(2222) },
    numaBalancing: pulumi.output(false),
    sysctl: { "vm.swappiness": pulumi.output(10) },
    cpuGovernor: [pulumi.output({ cpus: "2-3", governor: Promise.resolve("performance") })],
    hugepages: [{ size: pulumi.output("1G"), nodes: { 0: pulumi.output(16) } }],
    maxDisruption: pulumi.output("live" as const),
    onDelete: "retain",
    takeOwnership: Promise.resolve(true),
  });
  expect(inputs).toMatchObject({
    connection: { host: "h", port: 2222 },
    numaBalancing: false,
    sysctl: { "vm.swappiness": 10 },
    cpuGovernor: [{ cpus: "2-3", governor: "performance" }],
    hugepages: [{ size: "1G", nodes: { 0: 16 } }],
    maxDisruption: "live",
    onDelete: "retain",
    takeOwnership: true,
  });
});

test("does not touch the arguments: one object serves many hosts", async () => {
  const proxy = Object.freeze({ host: "p", password: "PW" });
  const connection = Object.freeze({ host: "h", privateKey: "KEY", proxy });
  const args = Object.freeze({ connection, numaBalancing: false });
  await registration(args);
  expect(args).toEqual({
    connection: { host: "h", privateKey: "KEY", proxy: { host: "p", password: "PW" } },
    numaBalancing: false,
  });
});

test("sends nothing for what was not given, and no outputs as inputs", async () => {
  const { inputs } = await registration({ connection: { host: "h" } });
  expect(Object.keys(inputs).sort()).toEqual(["__provider", "__urn", "connection"]);
});

test("gives the outputs to the program", async () => {
  const host = new HostTuning("kvm-02", { connection: { host: "h" } });
  expect(await valueOf(host.hostId)).toBe("8f2c");
  expect(await valueOf(host.impact)).toBe("none");
  expect(await valueOf(host.undo)).toEqual({ cpuGovernor: "powersave" });
});
