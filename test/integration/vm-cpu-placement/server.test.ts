import { join } from "node:path";

import { providerHandle } from "../../../sdk/provider-handle";
import { type DynamicServer, startDynamicServer } from "../../support/pulumi/dynamic-server";
import { startSshHost, type SshHost } from "../../support/ssh-host";
import { fixtureHost, id, secret, urn, uuid, type FixtureHost } from "./fixture-host";
import { restarted } from "./placed";

/** The built package in the real dynamic-provider server, over real SSH. */
let server: DynamicServer;
let ssh: SshHost;
let host: FixtureHost;

beforeEach(async () => {
  host = fixtureHost({ running: true });
  ssh = await startSshHost({ root: host.fixture.root, bin: join(__dirname, "stand-in") });
  server = await startDynamicServer();
}, 60_000);
afterEach(async () => {
  await server.stop();
  await ssh.close();
  host.remove();
}, 60_000);

const shownBy = (...results: readonly unknown[]): string =>
  JSON.stringify([...results, server.stdout(), server.stderr(), ssh.execs.map(({ command }) => command)]);

test("places, shows drift, repairs and restores, with one snapshot a phase and no password on the way out", async () => {
  const __provider = providerHandle("vmCpuPlacement");
  const program = {
    __provider,
    __urn: urn,
    connection: ssh.connection(),
    domain: "db",
    vcpuPins: "2-3",
    emulatorPin: "0-1",
  };
  const checked = await server.check(program);
  expect(checked.failures).toEqual([]);
  expect(checked.inputs["plan"]).toEqual({
    "vcpuPins.0": "(absent) → 2  [live]",
    "vcpuPins.1": "(absent) → 3  [live]",
    emulatorPin: "(absent) → 0-1  [live]",
  });
  expect(ssh.execs).toHaveLength(1);
  const created = await server.create(checked.inputs);
  expect(created.id).toBe(id);

  host.virsh("vcpupin", uuid, "0", "7", "--live");
  const read = await server.read(id, created.properties);
  expect(read.inputs["vcpuPins"]).toEqual({ 0: "7", 1: "3" });
  const again = await server.check(program, read.inputs);
  expect(again.inputs["plan"]).toEqual({ "vcpuPins.0": "7 → 2  [live]" });
  const repaired = await server.update(id, read.properties, again.inputs);
  expect(host.live()).toContain("<vcpupin vcpu='0' cpuset='2'/>");

  await server.delete(id, repaired.properties);
  expect(host.inactive()).not.toContain("cputune");
  expect(host.fixture.has("/var/lib/kvm-tuning")).toBe(false);
  const shown = shownBy(created, read, repaired);
  expect(shown).not.toContain(secret);
  expect(server.stderr()).toBe("");
}, 120_000);

test("a placement of everything takes one restart, is verified, refreshed without a difference and undone", async () => {
  const __provider = providerHandle("vmCpuPlacement");
  const before = host.inactive();
  const program = {
    __provider,
    __urn: urn,
    connection: ssh.connection(),
    domain: "db",
    vcpus: { maximum: 4, current: 4 },
    vcpuCpuset: "4-7",
    vcpuPins: { 0: "4", 1: "5" },
    emulatorPin: "6",
    iothreads: [{ id: 1, cpus: "6", scheduler: { scheduler: "batch" } }, { id: 2 }],
    vcpuScheduler: [{ vcpus: "0-1", scheduler: "rr", priority: 1 }],
    emulatorScheduler: { scheduler: "idle" },
    cpuShares: 200,
    cpuBandwidth: { periodMicroseconds: 50000, quotaMicroseconds: 25000 },
    numa: { mode: "strict", nodeset: "1", cells: [{ id: 0, vcpus: "0-3", memoryMiB: 1024, nodeset: "1" }] },
    cpu: { mode: "host-model", features: { vmx: "disable" }, topology: { sockets: 1, cores: 4, threads: 1 } },
    memoryBacking: { hugepages: [{ size: "2M" }], locked: true, nosharepages: true, allocation: "immediate" },
    cacheTune: [{ vcpus: "0-1", caches: [{ level: 3, id: 0, type: "both", sizeKiB: 3072 }] }],
    memoryTune: [{ vcpus: "0-1", nodes: [{ id: 0, bandwidthPercent: 50 }] }],
    maxDisruption: "vm-restart",
  };
  const checked = await server.check(program);
  expect(checked.failures).toEqual([]);
  expect(checked.inputs["impact"]).toBe("vm-restart");
  const created = await server.create(checked.inputs);
  expect(host.calls()).toEqual(restarted(uuid));
  const verified = created.properties["verification"] as { check: string; verdict: string }[];
  expect(verified.filter(({ verdict }) => verdict !== "pass")).toEqual([]);
  expect(verified.map(({ check }) => check)).toEqual(
    expect.arrayContaining(["memory of the guest by node", "memory of the guest in huge pages"]),
  );

  const read = await server.read(id, created.properties);
  const given = Object.keys(program).filter((name) => !name.startsWith("__") && name !== "connection");
  for (const name of given) expect(read.inputs[name]).toEqual(program[name as keyof typeof program]);
  expect((await server.check(program, read.inputs)).inputs["plan"]).toEqual({});

  await server.delete(id, read.properties);
  expect(host.calls()).toEqual(restarted(uuid));
  expect(host.inactive().trimEnd()).toBe(before.trimEnd());
  expect(host.fixture.has("/var/lib/kvm-tuning")).toBe(false);
  expect(shownBy(created, read)).not.toContain(secret);
  expect(server.stderr()).toBe("");
}, 120_000);
