import type { Connection } from "../../../provider/transport/connection";
import { connect } from "../../../provider/transport/ssh2";
import { canary, generateKey, startSshAgent, startSshHost, type SshHost } from "../../support/ssh-host";
import { failureOf } from "../../support/transport-failure";

const endings: (() => unknown)[] = [];
const agentVariable = process.env["SSH_AUTH_SOCK"];

beforeEach(() => delete process.env["SSH_AUTH_SOCK"]);

afterEach(async () => {
  if (agentVariable === undefined) delete process.env["SSH_AUTH_SOCK"];
  else process.env["SSH_AUTH_SOCK"] = agentVariable;
  for (const end of endings.splice(0).reverse()) await end();
});

async function start(options?: Parameters<typeof startSshHost>[0]): Promise<SshHost> {
  const host = await startSshHost(options);
  endings.push(() => host.close());
  return host;
}

async function logIn(connection: Connection): Promise<string> {
  const transport = await connect({ dialErrorLimit: 1, ...connection });
  endings.push(() => transport.close());
  return (await transport.exec({ argv: ["echo", "in"] })).stdout;
}

describe("logs in", () => {
  test.each(["ed25519", "ecdsa", "rsa"] as const)("with an %s key", async (type) => {
    const key = generateKey({ type });
    const host = await start({ users: { root: { publicKeys: [key.public] } } });
    expect(await logIn(host.connection({ privateKey: key.private }))).toBe("in\n");
  });

  test("with a key that a passphrase protects", async () => {
    const key = generateKey({ passphrase: "open sesame" });
    const host = await start({ users: { root: { publicKeys: [key.public] } } });
    const more = { privateKey: key.private, privateKeyPassword: "open sesame" };
    expect(await logIn(host.connection(more))).toBe("in\n");
  });

  test("with a password", async () => {
    const host = await start({ users: { root: { password: "pw" } } });
    expect(await logIn(host.connection({ privateKey: undefined, password: "pw" }))).toBe("in\n");
  });

  test("with a password where the host asks for it keyboard-interactively", async () => {
    const host = await start({ users: { root: { keyboardInteractive: "pw" } } });
    expect(await logIn(host.connection({ privateKey: undefined, password: "pw" }))).toBe("in\n");
  });

  test("with the password after the host has refused the key", async () => {
    const host = await start({ users: { root: { publicKeys: [], password: "pw" } } });
    expect(await logIn(host.connection({ password: "pw" }))).toBe("in\n");
  });

  test("with an agent's second key", async () => {
    const keys = [generateKey(), generateKey()] as const;
    const agent = await startSshAgent(keys);
    endings.push(() => agent.close());
    const host = await start({ users: { root: { publicKeys: [keys[1].public] } } });
    const more = { privateKey: undefined, agentSocketPath: agent.socketPath };
    expect(await logIn(host.connection(more))).toBe("in\n");
  });

  test("with the agent of SSH_AUTH_SOCK when the key is refused", async () => {
    const key = generateKey();
    const agent = await startSshAgent([key]);
    endings.push(() => agent.close());
    process.env["SSH_AUTH_SOCK"] = agent.socketPath;
    const host = await start({ users: { root: { publicKeys: [key.public] } } });
    expect(await logIn(host.connection())).toBe("in\n");
  });

  test("with the key although SSH_AUTH_SOCK is stale", async () => {
    process.env["SSH_AUTH_SOCK"] = "/nonexistent/agent.sock";
    const host = await start();
    expect(await logIn(host.connection())).toBe("in\n");
  });
});

/** Each way to be refused: connection, failure and what the message says. No message may hold a secret. */
describe("is refused", () => {
  const secret = {
    password: canary("password"),
    wrongKey: generateKey(),
    locked: generateKey({ passphrase: canary("passphrase") }),
    passphrase: canary("wrong-passphrase"),
  };

  async function refusal(more: Partial<Connection>, options?: Parameters<typeof startSshHost>[0]): Promise<string> {
    const host = await start(options);
    const before = host.connections;
    const error = await failureOf(connect(host.connection({ dialErrorLimit: 3, ...more })));
    expect(error.failure).toBe("authentication");
    const whole = `${error.message}\n${error.stack ?? ""}\n${String(error.cause)}\n${JSON.stringify(error.cause ?? null)}`;
    expect(whole).not.toContain("CANARY");
    for (const line of [...secret.wrongKey.private.split("\n"), ...secret.locked.private.split("\n")].filter(isKeyText))
      expect(whole).not.toContain(line);
    expect(host.connections - before).toBeLessThanOrEqual(1); // an authentication error is never dialled again
    expect(error.message).toContain(`@127.0.0.1:${String(host.port)}: `);
    return error.message;
  }

  const isKeyText = (line: string): boolean => line.length > 20 && !line.startsWith("-----");

  test("with a key that the host does not know", async () => {
    expect(await refusal({ privateKey: secret.wrongKey.private })).toMatch(
      /^root@127\.0\.0\.1:\d+: the host does not let root in: it refused privateKey; it accepts publickey\. Check connection\.user, that its authorized_keys holds the key, and sshd's log on the host\.$/,
    );
  });

  test("with a wrong password, and names all that was tried", async () => {
    const options = { users: { ops: { publicKeys: [], password: "right", keyboardInteractive: "right" } } };
    const text = await refusal(
      { user: "ops", privateKey: secret.wrongKey.private, password: secret.password },
      options,
    );
    expect(text).toContain(
      "the host does not let ops in: it refused privateKey and password; it accepts publickey, password, keyboard-interactive",
    );
  });

  test("with a password where only keys are accepted", async () => {
    const text = await refusal({ privateKey: undefined, password: secret.password });
    expect(text).toContain("it refused password; it accepts publickey");
  });

  test("as a user who does not exist", async () => {
    expect(await refusal({ user: "nobody-here" })).toContain(
      "the host does not let nobody-here in: it refused privateKey",
    );
  });

  test("with a password that has expired", async () => {
    const options = { users: { root: { password: secret.password, passwordExpired: true } } };
    expect(await refusal({ privateKey: undefined, password: secret.password }, options)).toContain(
      "the password of root has expired. Set a new one on the host",
    );
  });

  test("by a host that has had enough, for example of an agent's keys", async () => {
    const agent = await startSshAgent(Array.from({ length: 8 }, () => generateKey()));
    endings.push(() => agent.close());
    const text = await refusal({ privateKey: undefined, agentSocketPath: agent.socketPath }, { maxAuthTries: 6 });
    expect(text).toContain("the host ended the login after too many attempts: it refused agent (8 keys)");
    expect(text).toContain("Raise MaxAuthTries in its sshd_config, or offer less");
  });

  test("and says that the agent of SSH_AUTH_SOCK did not answer", async () => {
    process.env["SSH_AUTH_SOCK"] = "/nonexistent/agent.sock";
    expect(await refusal({ privateKey: secret.wrongKey.private })).toContain(
      "; no SSH agent answers at /nonexistent/agent.sock (SSH_AUTH_SOCK)",
    );
  });

  test.each([
    [
      "a key without its passphrase",
      { privateKey: secret.locked.private },
      /connection\.privateKey is protected by a passphrase\. Set connection\.privateKeyPassword, as a secret/,
    ],
    [
      "a wrong passphrase",
      { privateKey: secret.locked.private, privateKeyPassword: secret.passphrase },
      /connection\.privateKey cannot be decrypted: connection\.privateKeyPassword is wrong/,
    ],
    [
      "no key text",
      { privateKey: secret.password },
      /connection\.privateKey is no private key that can be read\. Give the whole text/,
    ],
    ["a cut key", { privateKey: secret.wrongKey.private.slice(0, 120) }, /is no private key that can be read/],
    ["a path", { privateKey: "~/.ssh/id_ed25519" }, /not the key's path/],
    [
      "a public key",
      { privateKey: secret.wrongKey.public },
      /connection\.privateKey is a public key\. Give the text of the private key/,
    ],
    [
      "nothing",
      { privateKey: undefined },
      /there is nothing to log in with\. Set connection\.privateKey .* SSH_AUTH_SOCK is not set either/,
    ],
    [
      "a dead agent",
      { agentSocketPath: "/nonexistent/a.sock" },
      /no SSH agent answers at \/nonexistent\/a\.sock \(connection\.agentSocketPath\)\. Start the agent/,
    ],
  ] as const)("before dialling with %s", async (_, more, text) => {
    expect(await refusal(more)).toMatch(text);
    expect(await refusal(more)).toContain(": cannot log in: ");
  });

  test("with an agent that holds no key", async () => {
    const agent = await startSshAgent([]);
    endings.push(() => agent.close());
    const text = await refusal({ privateKey: undefined, agentSocketPath: agent.socketPath });
    expect(text).toContain(
      `the SSH agent at ${agent.socketPath} (connection.agentSocketPath) holds no key. Add one with ssh-add`,
    );
  });
});
