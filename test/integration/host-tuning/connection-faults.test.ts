/* What stands between the program and the host: each fault is a clear error, in the preview and in a refresh. */
import { machineId } from "../../support/fixture-root";
import { type DynamicServer, startDynamicServer } from "../../support/pulumi/dynamic-server";
import type { Props } from "../../support/pulumi/provider-client";
import { canary, generateKey } from "../../support/ssh-host";
import { startTunedHost, type TunedHost } from "../../support/tuned-host";
import { everything } from "../../support/tuned-host/fixture";

// The first of these tests builds the package.
jest.setTimeout(60_000);

const unknownString = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

let server: DynamicServer;
beforeAll(async () => {
  server = await startDynamicServer();
});
afterAll(() => server.stop());

interface Fault {
  readonly name: string;
  readonly host?: Parameters<typeof startTunedHost>[0];
  readonly connection?: (host: TunedHost) => Props;
  readonly happens?: (host: TunedHost) => void | Promise<void>;
  readonly says: (host: TunedHost) => readonly string[];
}

const faults: readonly Fault[] = [
  {
    name: "a key that the host does not know",
    connection: (host) => ({ ...host.ssh.connection(), privateKey: generateKey().private }),
    says: (host) => [`root@127.0.0.1:${host.ssh.port}`, "privateKey"],
  },
  {
    name: "a host key that has changed",
    happens: (host) => host.ssh.rotateHostKeys(),
    says: (host) => [`root@127.0.0.1:${host.ssh.port}`, host.ssh.hostKeyFingerprint],
  },
  {
    name: "no host key configured",
    connection: (host) => {
      const { hostKey: _none, ...rest } = host.ssh.connection();
      return rest;
    },
    says: (host) => [`root@127.0.0.1:${host.ssh.port}`, host.ssh.hostKey, host.ssh.hostKeyFingerprint],
  },
  {
    name: "a port on which nobody listens",
    connection: (host) => ({ ...host.ssh.connection(), dialErrorLimit: 1 }),
    happens: (host) => host.ssh.stopListening(),
    says: (host) => [`root@127.0.0.1:${host.ssh.port}`, "nothing listens on port"],
  },
  {
    name: "a sudo that asks for a password",
    host: { sudo: "password" },
    connection: (host) => host.ssh.connection({ user: "ops" }),
    says: (host) => [`ops@127.0.0.1:${host.ssh.port}`, "sudo", "NOPASSWD"],
  },
];

describe.each(faults)("$name", (fault) => {
  let host: TunedHost;
  let inputs: Props;
  beforeAll(async () => {
    host = await startTunedHost(fault.host);
    const connection = JSON.parse(JSON.stringify(fault.connection?.(host) ?? host.ssh.connection())) as Props;
    inputs = host.inputs({ ...everything, connection });
    await fault.happens?.(host);
  });
  afterAll(() => host.close());

  test("fails the preview at connection.host, and says what and where", async () => {
    const before = host.state();
    const { failures } = await server.check(inputs);
    expect(failures).toHaveLength(1);
    const [{ property, reason }] = failures as [{ property: string; reason: string }];
    expect(property).toBe("");
    expect(reason).toMatch(/^connection\.host: /);
    for (const text of fault.says(host)) expect(reason).toContain(text);
    expect(reason).not.toContain("PRIVATE KEY");
    expect(host.state()).toEqual(before);
  });

  test("is an error of a refresh, which says how to get past it", async () => {
    const error = await server.read(machineId, inputs).catch((reason: unknown) => reason);
    const { message } = error as Error;
    for (const text of fault.says(host)) expect(message).toContain(text);
    expect(message).toMatch(/run once with --refresh=false: pulumi up --refresh=false$/);
  });
});

describe("what the preview does not know yet", () => {
  let host: TunedHost;
  beforeAll(async () => {
    host = await startTunedHost();
  });
  afterAll(() => host.close());

  test.each([
    ["the whole connection", unknownString],
    ["its host", { host: unknownString, user: "root" }],
    ["its key", { host: "127.0.0.1", privateKey: unknownString }],
  ])("%s: the preview says so and asks no host", async (_name, connection) => {
    const { inputs, failures } = await server.check(host.inputs({ ...everything, connection }));
    expect(failures).toEqual([]);
    expect(inputs["plan"]).toEqual({ connection: "known only during the update, and with it every change" });
    expect(host.ssh.connections).toBe(0);
  });

  test("an argument: the rest is planned, and what this argument has set before is no change", async () => {
    const created = await server.create((await server.check(host.inputs(everything))).inputs);
    const news = host.inputs({
      ...everything,
      numaBalancing: true,
      sysctl: { "vm.swappiness": unknownString },
      hugepages: [{ size: "2M", nodes: { "0": unknownString } }],
    });
    const { inputs } = await server.check(news, created.properties);
    expect(inputs["plan"]).toEqual({
      numaBalancing: "0 → 1  [live]",
      sysctl: "known only during the update",
      hugepages: "known only during the update",
    });
    expect((await server.diff(machineId, created.properties, inputs)).changes).toBe("some");
  });
});

test("no secret of the connection gets anywhere but into the connection", async () => {
  const secrets = { password: canary("password"), passphrase: canary("passphrase") };
  const key = generateKey({ passphrase: secrets.passphrase });
  const host = await startTunedHost({ users: { ops: { publicKeys: [key.public] } } });
  const connection = JSON.parse(
    JSON.stringify(
      host.ssh.connection({
        user: "ops",
        privateKey: key.private,
        password: secrets.password,
        privateKeyPassword: secrets.passphrase,
      }),
    ),
  ) as Props;
  const given = host.inputs({ ...everything, connection });
  const told: unknown[] = [];
  const { inputs } = await server.check(given);
  const { connection: _plan, ...checked } = inputs;
  const created = await server.create(inputs);
  const { connection: kept, ...properties } = created.properties;
  expect(kept).toEqual(connection);
  const found = await server.read(machineId, created.properties);
  const { connection: _read, ...read } = found.inputs;
  told.push(checked, properties, read, host.state());
  // Problems of the arguments, a secret in the wrong field, and a step that fails.
  const wrong = { ...given, sysctl: 7, connection: { ...connection, port: "x", hostKey: secrets.password } };
  told.push((await server.check(wrong)).failures);
  const takeAway = host.standIn("sync", "#!/bin/sh\necho 'sync: No space left on device' >&2\nexit 1\n");
  const other = await server.check({ ...given, sysctl: { "vm.swappiness": 20 } }, inputs);
  const failed = await server.update(machineId, created.properties, other.inputs).catch((error: unknown) => error);
  told.push(String(failed), (failed as Error).message);
  takeAway();
  await server.delete(machineId, created.properties);
  told.push(server.engine.logs, server.stdout(), server.stderr());
  told.push(host.ssh.execs.map(({ command, stdin }) => ({ command, stdin })));
  const all = JSON.stringify(told);
  const leaks = (text: string): boolean => all.includes(text);
  expect(leaks("No space left on device")).toBe(true);
  expect([...Object.values(secrets), key.private.split("\n")[2] ?? ""].map(leaks)).toEqual([false, false, false]);
  await host.close();
});
