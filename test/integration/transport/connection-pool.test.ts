import { createPool, type Pool } from "../../../provider/transport/connection-pool";
import { connect } from "../../../provider/transport/ssh2";
import { startSshHost, type SshHost } from "../../support/ssh-host";
import { failureOf, until } from "../../support/transport-failure";

let host: SshHost;
let pool: Pool;

beforeEach(async () => {
  host = await startSshHost();
  pool = createPool({ connect });
});
afterEach(async () => {
  pool.close();
  await host.close();
});

test("those who ask at the same time, and later, share one connection", async () => {
  const [first, second] = await Promise.all([pool.transport(host.connection()), pool.transport(host.connection())]);
  const third = await pool.transport(host.connection({ dialErrorLimit: 1, perDialTimeout: 3 }));
  expect(second).toBe(first);
  expect(third).toBe(first);
  expect([host.connections, pool.opened]).toEqual([1, 1]);
});

test("another user of the same host gets a connection of their own", async () => {
  const root = await pool.transport(host.connection());
  const ops = await pool.transport(host.connection({ user: "ops" }));
  expect(ops).not.toBe(root);
  expect(host.connections).toBe(2);
});

test("a lost connection is replaced for the next who asks", async () => {
  const first = await pool.transport(host.connection());
  host.dropConnections();
  await until(() => first.closed);
  const second = await pool.transport(host.connection());
  expect((await second.exec({ argv: ["echo", "again"] })).stdout).toBe("again\n");
  expect([host.connections, pool.opened]).toEqual([2, 2]);
});

test("a failed dial is not remembered, and fails all who wait for it with one dial", async () => {
  host.answer = "http";
  const connection = host.connection({ dialErrorLimit: 1 });
  const errors = await Promise.all([failureOf(pool.transport(connection)), failureOf(pool.transport(connection))]);
  expect(errors[1]).toBe(errors[0]);
  host.answer = "ssh";
  expect((await pool.transport(connection)).closed).toBe(false);
  expect(pool.opened).toBe(1);
});

test("fifty hosts' worth of askers on one host still make one connection", async () => {
  await Promise.all(
    Array.from({ length: 50 }, async () => (await pool.transport(host.connection())).exec({ argv: ["true"] })),
  );
  expect([host.connections, host.execs.length]).toEqual([1, 50]);
});

test("close ends every connection and every dial", async () => {
  const transport = await pool.transport(host.connection());
  await host.stopListening();
  const dialling = failureOf(pool.transport(host.connection({ user: "ops", dialErrorLimit: -1 })));
  pool.close();
  expect(transport.closed).toBe(true);
  expect((await dialling).failure).toBe("unreachable");
  await until(() => host.openConnections === 0);
});

test("after close it opens connections again", async () => {
  await pool.transport(host.connection());
  pool.close();
  expect((await pool.transport(host.connection())).closed).toBe(false);
});

test("many pools listen for signals once, and not at all after they are closed", async () => {
  const before = process.listenerCount("SIGINT");
  const pools = Array.from({ length: 12 }, () => createPool({ connect }));
  await Promise.all(pools.map((each) => each.transport(host.connection())));
  expect(process.listenerCount("SIGINT")).toBe(before + 1);
  for (const each of pools) each.close();
  expect(process.listenerCount("SIGINT")).toBe(before);
});
