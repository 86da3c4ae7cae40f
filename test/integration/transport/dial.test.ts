import { connect, keyTools, openSession } from "../../../provider/transport/ssh2";
import { createConnect } from "../../../provider/transport/connect";
import type { Connection } from "../../../provider/transport/connection";
import { startSshHost, type SshHost } from "../../support/ssh-host";
import { failureOf, until } from "../../support/transport-failure";

let host: SshHost;

beforeEach(async () => {
  host = await startSshHost();
});
afterEach(() => host.close());

async function unreachable(more: Partial<Connection> = {}): Promise<string> {
  const error = await failureOf(connect(host.connection({ dialErrorLimit: 1, ...more })));
  expect(error.failure).toBe("unreachable");
  return error.message;
}

describe("an unreachable host", () => {
  test("whose name is not known", async () => {
    expect(await unreachable({ host: "no-such-host.invalid" })).toMatch(
      /^root@no-such-host\.invalid:\d+: the name no-such-host\.invalid (is not known\. Correct connection\.host, or DNS|could not be looked up)/,
    );
  });

  test("where nothing listens", async () => {
    await host.stopListening();
    expect(await unreachable()).toBe(
      `root@127.0.0.1:${String(host.port)}: nothing listens on port ${String(host.port)}. Check that sshd runs there ` +
        "and that connection.port is right.",
    );
  });

  test("that accepts TCP but says nothing", async () => {
    host.answer = "silent";
    expect(await unreachable({ perDialTimeout: 0.2 })).toContain(
      "it accepts connections but says nothing: no SSH banner within 0.2 s. The host may hang or be overloaded; " +
        "connection.perDialTimeout sets the limit",
    );
  });

  test("that hangs after its banner", async () => {
    host.answer = "bannerOnly";
    expect(await unreachable({ perDialTimeout: 0.2 })).toContain("the SSH handshake did not end within 0.2 s");
  });

  test("that is no SSH server", async () => {
    host.answer = "http";
    expect(await unreachable()).toBe(
      `root@127.0.0.1:${String(host.port)}: what answers is no SSH server (it says "HTTP/1.1 400 Bad Request"). ` +
        "Correct connection.port.",
    );
  });

  test("that hangs up, as sshd does above MaxStartups", async () => {
    host.answer = "hangUp";
    expect(await unreachable()).toContain(
      "the host closed the connection before the SSH handshake was complete. Check sshd's log there (MaxStartups, ",
    );
  });

  test("that resets the connection", async () => {
    host.answer = "reset";
    expect(await unreachable()).toMatch(/the connection was reset|the host closed the connection before/);
  });
});

describe("dialling again", () => {
  test("reaches a host that comes up meanwhile", async () => {
    await host.stopListening();
    setTimeout(() => void host.listenAgain(), 350);
    const transport = await connect(host.connection());
    expect((await transport.exec({ argv: ["echo", "up"] })).stdout).toBe("up\n");
    transport.close();
  });

  test("stops at dialErrorLimit and says how often and how long it dialled", async () => {
    await host.stopListening();
    const began = Date.now();
    expect(await unreachable({ dialErrorLimit: 4 })).toMatch(/connection\.port is right\. \(4 dials in [01] s\)$/);
    // 100 ms, 150 ms and 225 ms between the four
    expect(Date.now() - began).toBeGreaterThanOrEqual(470);
  });

  test("dials again when the host hangs up during the handshake", async () => {
    host.answer = "hangUp";
    setTimeout(() => (host.answer = "ssh"), 150);
    const transport = await connect(host.connection());
    expect(transport.closed).toBe(false);
    transport.close();
  });

  test("without a limit goes on until it is told to stop", async () => {
    await host.stopListening();
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 1200);
    const error = await failureOf(connect(host.connection({ dialErrorLimit: -1 }), stop.signal));
    expect(error.message).toMatch(/: the dial was stopped\. \([456] dials in 1 s\)$/);
  });

  test("a stop ends a dial that hangs", async () => {
    host.answer = "silent";
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 100);
    const began = Date.now();
    const error = await failureOf(connect(host.connection(), stop.signal));
    expect(error.message).toContain("the dial was stopped");
    expect(Date.now() - began).toBeLessThan(3000);
  });
});

test("a command's round trip does not wait for delayed acknowledgements (40 ms)", async () => {
  const transport = await connect(host.connection());
  const times: number[] = [];
  // A busy machine adds to most of them, but an acknowledgement that waits is in every one.
  for (let i = 0; i < 300 && !times.some((one) => one < 40); i += 1) {
    const began = performance.now();
    await transport.exec({ argv: ["true"] });
    times.push(performance.now() - began);
  }
  transport.close();
  expect(Math.min(...times)).toBeLessThan(40);
});

test("a host that goes silent is given up, although no command runs", async () => {
  const keepalive = { intervalSeconds: 0.05, unansweredLimit: 3 };
  const transport = await createConnect({ openSession, keyTools, keepalive })(host.connection());
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(transport.closed).toBe(false);
  host.freeze();
  await until(() => transport.closed);
});

test("a command on a host that goes silent fails before its own time limit", async () => {
  const keepalive = { intervalSeconds: 0.05, unansweredLimit: 3 };
  const transport = await createConnect({ openSession, keyTools, keepalive })(host.connection());
  const running = failureOf(transport.exec({ argv: ["sleep", "20"], timeoutSeconds: 20 }));
  await until(() => host.execs.length === 1);
  host.freeze();
  expect((await running).failure).toBe("connectionLost");
});
