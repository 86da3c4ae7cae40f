import { join } from "node:path";

import { providerHandle } from "../../../sdk/provider-handle";
import { type DynamicServer, startDynamicServer } from "../../support/pulumi/dynamic-server";
import { startSshHost, type SshHost } from "../../support/ssh-host";
import { definition, fixtureHost, otherUuid, secret, type FixtureHost } from "../vm-cpu-placement/fixture-host";

/** The built package in the real dynamic-provider server, over real SSH to two hosts. */
let server: DynamicServer;
const hosts: FixtureHost[] = [];
const ssh: SshHost[] = [];

jest.setTimeout(120_000);

beforeEach(async () => {
  for (const [name, uuid] of [
    ["db", "11111111-2222-4333-8444-555555555555"],
    ["web", otherUuid],
  ] as const) {
    const host = fixtureHost({ running: false, xml: definition(name, { uuid, memoryMiB: 1024 }) });
    hosts.push(host);
    ssh.push(await startSshHost({ root: host.fixture.root, bin: join(__dirname, "../vm-cpu-placement/stand-in") }));
  }
  server = await startDynamicServer();
}, 120_000);
afterEach(async () => {
  await server.stop();
  for (const one of ssh.splice(0)) await one.close();
  for (const one of hosts.splice(0)) one.remove();
}, 60_000);

const urn = "urn:pulumi:prod::racks::pulumi-nodejs:dynamic/kvm-tuning:PlacementPlan::rack-7";
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

function program(vms: object = {}): Record<string, unknown> {
  return {
    __provider: providerHandle("placementPlan"),
    __urn: urn,
    hosts: Object.fromEntries(
      ssh.map((one, index) => [`kvm-0${index + 1}`, { connection: one.connection(), reserved: "0,4" }]),
    ),
    vms: { db: { vcpus: 2, memoryMiB: 1024, pageSize: "2M" }, web: { vcpus: 2, memoryMiB: 1024 }, ...vms },
  };
}

test("a plan is in the first check, is kept by create and refresh, and does not change by itself", async () => {
  const checked = await server.check(program());
  expect(checked.failures).toEqual([]);
  expect(checked.inputs["plan"]).toEqual({
    db: "(absent) → kvm-01 node 0, vCPUs on 1,2, emulator on 0, 1 GiB in pages of 2M  [none]",
    web: "(absent) → kvm-02 node 0, vCPUs on 1,2, emulator on 0, 1 GiB  [none]",
  });
  expect(String(checked.inputs["map"])).toContain("kvm-02");
  expect(String(checked.inputs["__mapSvg"])).toMatch(/^<svg /);
  expect(ssh.map((one) => one.execs.length)).toEqual([1, 1]);

  const created = await server.create(checked.inputs);
  expect(created.id).toBe("rack-7");
  expect(created.properties).toMatchObject({ plan: {}, impact: "none" });
  const read = await server.read("rack-7", created.properties);
  expect(await server.diff("rack-7", read.properties, read.inputs)).toMatchObject({ changes: "none", replaces: [] });
  const again = await server.check(program(), read.inputs);
  expect(again.inputs).toEqual(read.inputs);
  expect(await server.diff("rack-7", read.properties, again.inputs)).toMatchObject({ changes: "none", replaces: [] });

  const more = await server.check(program({ cache: { vcpus: 1, memoryMiB: 512 } }), read.inputs);
  expect(Object.keys(more.inputs["plan"] as object)).toEqual(["cache"]);
  expect(await server.diff("rack-7", read.properties, more.inputs)).toMatchObject({ changes: "some", replaces: [] });
  const updated = await server.update("rack-7", read.properties, more.inputs);
  await server.delete("rack-7", updated.properties);
  expect(hosts.some((host) => host.fixture.has("/var/lib/kvm-tuning"))).toBe(false);
  expect(JSON.stringify([checked, server.stdout(), server.stderr()])).not.toContain(secret);
  expect(server.stderr()).toBe("");
});

test("a plan that cannot be is a failure of the check, with the reason at the VM", async () => {
  const { failures } = await server.check(program({ big: { vcpus: 9, memoryMiB: 512 } }));
  expect(failures).toEqual([
    {
      property: "",
      reason: expect.stringMatching(/^vms\.big: .*wants 9 CPUs, at most 6 can be had: 3 short/) as string,
    },
  ]);
});

test("a host that is known only in the update leaves the plan unknown, and asks nobody", async () => {
  const { hosts: known, ...rest } = program();
  const late = { connection: { host: unknown, insecureIgnoreHostKey: true } };
  const checked = await server.check({ ...rest, hosts: { ...(known as object), "kvm-03": late } });
  expect(checked.failures).toEqual([]);
  expect(checked.inputs["__placements"]).toBeUndefined();
  expect(checked.inputs["map"]).toBeUndefined();
  expect(checked.inputs["plan"]).toEqual({
    "hosts.kvm-03.connection.host": "known only during the update, and with it the whole plan",
  });
  expect(ssh.map((one) => one.execs.length)).toEqual([0, 0]);
});

test("a host that cannot be reached is a failure that names it, its address and no secret; the others are read all the same", async () => {
  const { hosts: known, ...rest } = program();
  const dead = { host: "127.0.0.1", port: 1, dialErrorLimit: 1, password: "PW", insecureIgnoreHostKey: true };
  const { failures } = await server.check({ ...rest, hosts: { ...(known as object), "kvm-03": { connection: dead } } });
  expect(failures).toHaveLength(1);
  expect(failures[0]?.reason).toMatch(/^hosts\.kvm-03\.connection\.host: root@127\.0\.0\.1:1: /);
  expect(failures[0]?.reason).not.toContain("PW");
});
