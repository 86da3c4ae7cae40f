import * as pulumi from "@pulumi/pulumi";

import { HostTuning, PlacementPlan, VmCpuPlacement } from "../../../sdk";

interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
}

const registered: Registered[] = [];

const settings = {
  vcpus: { maximum: 2 },
  vcpuPins: { 0: "2", 1: "18" },
  emulatorPin: "0",
  numa: { mode: "strict", nodeset: "0" },
  cpu: { topology: { sockets: 1, cores: 1, threads: 2 } },
  memoryBacking: { hugepages: [{ size: "1G" }] },
};
/** What the provider's check would have put into the inputs. */
const planned = {
  __placements: { db: { host: "kvm-02", why: "on kvm-02.", cells: [], settings, emulatorCpus: "0" } },
  __hosts: {
    "kvm-01": { isolatedCpus: "2-15", hugepages: [] },
    "kvm-02": { isolatedCpus: "1-7", hugepages: [{ size: "1G", nodes: { 0: 4, 1: 0 }, reserveMiB: 1024 }] },
  },
  __mapSvg: "<svg/>",
  map: "Allocation map",
};

beforeAll(() =>
  pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        registered.push({ type, name, inputs: inputs as Record<string, unknown> });
        const computed = type.endsWith("PlacementPlan") ? planned : {};
        return { id: name, state: { ...(inputs as object), ...computed } };
      },
      call: () => ({}),
    },
    "program",
    "dev",
  ),
);
beforeEach(() => registered.splice(0));

const settled = (resource: pulumi.CustomResource): Promise<string> =>
  new Promise((resolve) => resource.urn.apply(resolve));
const value = <T>(output: pulumi.Output<T>): Promise<unknown> => new Promise((resolve) => output.apply(resolve));

const first = { host: "10.0.0.11", port: 2222, hostKey: "ssh-ed25519 AAAA", privateKey: "KEY-1" };
const second = { host: "10.0.0.12", user: "ops", hostKey: "ssh-ed25519 BBBB", privateKey: "KEY-2" };
const newPlan = (hosts: ConstructorParameters<typeof PlacementPlan>[1]["hosts"]): PlacementPlan =>
  new PlacementPlan("rack-7", { hosts, vms: { db: { vcpus: 2, memoryMiB: 4096 } } });
const twoHosts = { "kvm-01": { connection: first }, "kvm-02": { connection: second, reserved: "0,16" } };

test("sends the hosts and the VMs as they are, with the connections' secrets marked", async () => {
  await settled(newPlan(twoHosts));
  const [{ type, inputs } = { type: "", inputs: {} }] = registered;
  expect(type).toBe("pulumi-nodejs:dynamic/kvm-tuning:PlacementPlan");
  // The mocks lift a secret to the whole property; the engine leaves it at its own place.
  const secret = (marked: object): object => ({
    "4dabf18193072939515e22adb298388d": expect.any(String) as string,
    value: marked,
  });
  expect(inputs).toEqual({
    hosts: secret(twoHosts),
    vms: { db: { vcpus: 2, memoryMiB: 4096 } },
    __provider: 'exports.handler=()=>require("pulumi-kvm-tuning/provider").v1.placementPlan',
    __urn: "urn:pulumi:dev::program::pulumi-nodejs:dynamic/kvm-tuning:PlacementPlan::rack-7",
  });
});

test("a placement spreads into a VmCpuPlacement: what a VM has none of is no argument, and the plan is made first", async () => {
  const plan = newPlan(twoHosts);
  await settled(new VmCpuPlacement("db", { connection: second, domain: "db-server", ...plan.placement("db") }));
  expect(registered.map(({ name }) => name)).toEqual(["rack-7", "db"]);
  const { connection, domain, __provider, __urn, ...fields } = registered[1]?.inputs ?? {};
  expect(fields).toEqual(settings);
  expect([connection, domain, __provider, __urn].map(Boolean)).toEqual([true, true, true, true]);
});

test("what the program wants beside the plan's own goes into the same field", async () => {
  const plan = newPlan(twoHosts);
  const { cpu, memoryBacking, numa } = plan.placement("db", {
    cpu: { mode: "host-passthrough", cache: "passthrough" },
    memoryBacking: pulumi.output({ source: "memfd" as const }),
  });
  expect(await value(cpu)).toEqual({ mode: "host-passthrough", cache: "passthrough", ...settings.cpu });
  expect(await value(memoryBacking)).toEqual({ source: "memfd", ...settings.memoryBacking });
  expect(await value(numa)).toEqual(settings.numa);
});

test("the connection is that of the host which the plan has chosen, and only its secrets are secret", async () => {
  const plan = newPlan(twoHosts);
  const connection = plan.connection("db");
  const fields = Object.entries(connection) as [string, pulumi.Output<unknown>][];
  const known = await Promise.all(fields.map(async ([name, field]) => [name, await value(field)] as const));
  expect(Object.fromEntries(known.filter(([, field]) => field !== undefined))).toEqual(second);
  const secret = await Promise.all(fields.map(async ([name, field]) => [name, await pulumi.isSecret(field)] as const));
  expect(secret.filter(([, is]) => is)).toEqual([]);
  const marked = newPlan({ "kvm-02": { connection: { ...second, privateKey: pulumi.secret("KEY-2") } } }).connection(
    "db",
  );
  expect(await pulumi.isSecret(marked.privateKey as pulumi.Output<string>)).toBe(true);
  expect(await pulumi.isSecret(marked.host as pulumi.Output<string>)).toBe(false);
});

test("what a host needs is what HostTuning takes", async () => {
  const plan = newPlan(twoHosts);
  await settled(
    new HostTuning("kvm-02", {
      connection: second,
      hugepages: plan.hugepages("kvm-02"),
      isolation: { cpus: plan.isolatedCpus("kvm-02") },
    }),
  );
  expect(registered[1]?.inputs).toMatchObject({
    hugepages: [{ size: "1G", nodes: { 0: 4, 1: 0 }, reserveMiB: 1024 }],
    isolation: { cpus: "1-7" },
  });
});

test("outputs: host, reason, map and picture", async () => {
  const plan = newPlan(pulumi.output(twoHosts));
  expect(await value(plan.host("db"))).toBe("kvm-02");
  expect(await value(plan.why("db"))).toBe("on kvm-02.");
  expect(await value(plan.map)).toBe("Allocation map");
  expect(await value(plan.mapSvg)).toBe("<svg/>");
  expect(await value(plan.placements)).toEqual(planned.__placements);
  expect(await value(plan.connection("db").host as pulumi.Output<string>)).toBe("10.0.0.12");
});

test("a name that is not in the plan is an error that lists those that are", () => {
  const plan = newPlan(twoHosts);
  expect(() => plan.placement("web")).toThrow('the plan has no VM "web"; it has db');
  expect(() => plan.connection("web")).toThrow('the plan has no VM "web"; it has db');
  expect(() => plan.isolatedCpus("kvm-09")).toThrow('the plan has no host "kvm-09"; it has kvm-01, kvm-02');
  expect(() => plan.hugepages("kvm-09")).toThrow('the plan has no host "kvm-09"; it has kvm-01, kvm-02');
});
