import type { Connection, ProxyConnection } from "../../../provider/transport/connection";
import { createConnect, type Connect } from "../../../provider/transport/connect";
import { keyTools, openSession } from "../../../provider/transport/ssh2";
import type { Transport } from "../../../provider/transport/transport";
import { generateKey, startSshHost, type SshHost } from "../../support/ssh-host";
import { fingerprintOf } from "../../support/ssh-host/keys";
import { failureOf, until } from "../../support/transport-failure";

let proxy: SshHost;
let hosts: SshHost[];
let connect: Connect;
let opened: Transport[];

beforeEach(async () => {
  [proxy, ...hosts] = (await Promise.all([1, 2, 3, 4].map(() => startSshHost()))) as [SshHost, ...SshHost[]];
  const own = createConnect({ openSession, keyTools });
  opened = [];
  connect = async (connection, signal) => {
    const transport = await own(connection, signal);
    opened.push(transport);
    return transport;
  };
});
afterEach(async () => {
  for (const transport of opened) transport.close();
  await Promise.all([proxy, ...hosts].map((host) => host.close()));
});

function behind(index: number, more: Partial<ProxyConnection> = {}): Connection {
  const host = hosts[index];
  if (host === undefined) throw new Error("no such host");
  return host.connection({ dialErrorLimit: 1, proxy: { ...proxy.connection(), dialErrorLimit: 1, ...more } });
}

test("runs commands on a host behind a proxy", async () => {
  const transport = await connect(behind(0));
  expect(await transport.exec({ argv: ["cat"], stdin: "through" })).toEqual({
    exitCode: 0,
    stdout: "through",
    stderr: "",
  });
  expect(transport.endpoint).toBe(`root@127.0.0.1:${String(hosts[0]?.port)}`);
  expect([proxy.tunnels, hosts[0]?.execs.length, proxy.execs.length]).toEqual([1, 1, 0]);
});

test("hosts behind one proxy share one connection to it, which closes after the last", async () => {
  const transports = await Promise.all([0, 1, 2].map((index) => connect(behind(index))));
  expect([proxy.connections, proxy.tunnels]).toEqual([1, 3]);
  transports[0]?.close();
  transports[1]?.close();
  await until(() => hosts[0]?.openConnections === 0 && hosts[1]?.openConnections === 0);
  expect((await transports[2]?.exec({ argv: ["echo", "still"] }))?.stdout).toBe("still\n");
  transports[2]?.close();
  await until(() => proxy.openConnections === 0);
});

test("a lost proxy connection loses those behind it, and the next dial opens a new one", async () => {
  const first = await connect(behind(0));
  proxy.dropConnections();
  await until(() => first.closed);
  const second = await connect(behind(0));
  expect((await second.exec({ argv: ["echo", "again"] })).stdout).toBe("again\n");
  expect(proxy.connections).toBe(2);
});

describe("the proxy's host key is checked by the same rule", () => {
  test("none configured", async () => {
    const error = await failureOf(connect(behind(0, { hostKey: undefined })));
    expect(error.failure).toBe("hostKey");
    expect(error.message).toContain(`root@127.0.0.1:${String(proxy.port)}: no host key is configured`);
    expect(error.message).toContain(`set in connection.proxy:\n  hostKey: "${proxy.hostKey}"`);
  });

  test("another one offered", async () => {
    const error = await failureOf(connect(behind(0, { hostKey: generateKey().public })));
    expect(error.message).toContain(`the host offers ${fingerprintOf(proxy.hostKey)} (ssh-ed25519)`);
    expect(proxy.authentications).toBe(0);
  });

  test("the host's own key is checked behind the proxy, too", async () => {
    const error = await failureOf(connect({ ...behind(0), hostKey: generateKey().public }));
    expect(error.failure).toBe("hostKey");
    expect(error.message).toContain(
      `root@127.0.0.1:${String(hosts[0]?.port)} (through the proxy root@127.0.0.1:${String(proxy.port)}): the host key has changed`,
    );
  });
});

test("a login that the proxy refuses names the proxy and its arguments", async () => {
  const error = await failureOf(connect(behind(0, { privateKey: generateKey().private })));
  expect(error.failure).toBe("authentication");
  expect(error.message).toContain(`root@127.0.0.1:${String(proxy.port)}: the host does not let root in`);
  expect(error.message).toContain("Check connection.proxy.user");
});

test("a host that the proxy cannot reach", async () => {
  await hosts[0]?.stopListening();
  const error = await failureOf(connect(behind(0)));
  expect(error.failure).toBe("unreachable");
  expect(error.message).toContain(
    `(through the proxy root@127.0.0.1:${String(proxy.port)}): the proxy cannot reach the host. Check the address as the proxy sees it`,
  );
});

test("a host behind a proxy is dialled again until it is up", async () => {
  await hosts[0]?.stopListening();
  setTimeout(() => void hosts[0]?.listenAgain(), 300);
  const transport = await connect({ ...behind(0), dialErrorLimit: 10 });
  expect(transport.closed).toBe(false);
  await until(() => proxy.openConnections === 1);
});

test("a proxy that forbids forwarding", async () => {
  proxy.forwarding = false;
  const error = await failureOf(connect({ ...behind(0), dialErrorLimit: 10 }));
  expect(error.message).toContain("the proxy forbids forwarding. Set `AllowTcpForwarding yes`");
  await until(() => proxy.openConnections === 0);
});
