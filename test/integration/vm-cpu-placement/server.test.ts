import { join } from "node:path";

import { providerHandle } from "../../../sdk/provider-handle";
import { type DynamicServer, startDynamicServer } from "../../support/pulumi/dynamic-server";
import { startSshHost, type SshHost } from "../../support/ssh-host";
import { fixtureHost, id, secret, urn, uuid, type FixtureHost } from "./fixture-host";

/** The built package in the real dynamic-provider server, over real SSH. */
let server: DynamicServer;
let ssh: SshHost;
let host: FixtureHost;

beforeEach(async () => {
  host = fixtureHost({ running: true });
  ssh = await startSshHost({ root: host.fixture.root, bin: join(__dirname, "stand-in") });
  server = await startDynamicServer();
});
afterEach(async () => {
  await server.stop();
  await ssh.close();
  host.remove();
});

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
  const shown = JSON.stringify([
    created,
    read,
    repaired,
    server.stdout(),
    server.stderr(),
    ssh.execs.map(({ command }) => command),
  ]);
  expect(shown).not.toContain(secret);
  expect(server.stderr()).toBe("");
}, 120_000);
