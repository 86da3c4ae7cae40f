/* What only the system's ssh does: its configuration, jump hosts, known_hosts, its agents; and what it leaves behind. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectionSchema, type Connection } from "../../../provider/transport/connection";
import { startPrivateAgent } from "../../../provider/transport/openssh/private-agent";
import { createWorkplace } from "../../../provider/transport/openssh/workplace";
import { connect } from "../../../provider/transport/transports";
import { typescriptHook } from "../../support/plain-node";
import { canary, generateKey, startSshHost, type SshHost } from "../../support/ssh-host";
import { failureOf, until } from "../../support/transport-failure";

const endings: (() => unknown)[] = [];
const before = { ...process.env };
let folder = "";

beforeEach(() => {
  delete process.env["SSH_AUTH_SOCK"];
  folder = mkdtempSync(join(tmpdir(), "openssh-test-"));
});
afterEach(async () => {
  process.env = { ...before };
  for (const end of endings.splice(0).reverse()) await end();
  rmSync(folder, { recursive: true, force: true });
});

const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text, { mode: 0o600 });
  return join(folder, name);
};

async function start(options?: Parameters<typeof startSshHost>[0]): Promise<SshHost> {
  const host = await startSshHost(options);
  endings.push(() => host.close());
  return host;
}

async function open(connection: Connection) {
  const transport = await connect({ dialErrorLimit: 1, ...connection, transport: "openssh" });
  endings.push(() => transport.close());
  return transport;
}

const says = async (connection: Connection): Promise<string> =>
  (await (await open(connection)).exec({ argv: ["echo", "in"] })).stdout;

/** Its host key and a way in, as a part of ssh's configuration. */
function part(alias: string, host: SshHost, more: readonly string[] = []): string {
  const known = file(`known-${alias}`, `[127.0.0.1]:${host.port} ${host.hostKey}\n`);
  const identity = file(`id-${alias}`, host.clientKey.private);
  const lines = [
    "HostName 127.0.0.1",
    `Port ${host.port}`,
    `IdentityFile ${identity}`,
    "IdentitiesOnly yes",
    `UserKnownHostsFile ${known}`,
    ...more,
  ];
  return `Host ${alias}\n${lines.map((line) => `  ${line}\n`).join("")}`;
}

describe("ssh's configuration", () => {
  test("an alias is enough: address, port, user, key and known_hosts are as it has them", async () => {
    const host = await start();
    const sshConfig = file("config", part("kvm-01", host, ["User ops"]));
    const transport = await open({ host: "kvm-01", sshConfig });
    expect(transport.endpoint).toBe(`ops@127.0.0.1:${host.port}`);
    expect((await transport.exec({ argv: ["echo", "in"] })).stdout).toBe("in\n");
    // Not root: through sudo.
    expect(host.execs[0]?.command).toContain("sudo -n");
  });

  test("over two jump hosts", async () => {
    const [first, second, last] = [await start(), await start(), await start()];
    const jumps = "ProxyJump gate-2";
    const config = [
      part("gate-1", first, ["User root"]),
      part("gate-2", second, ["User root", "ProxyJump gate-1"]),
      part("kvm-01", last, ["User root", jumps]),
    ].join("");
    expect(await says({ host: "kvm-01", sshConfig: file("config", config) })).toBe("in\n");
    expect([first.tunnels, second.tunnels, last.tunnels]).toEqual([1, 1, 0]);
  });

  test("what it would run or forward here is off", async () => {
    const host = await start();
    const more = [
      "User root",
      "PermitLocalCommand yes",
      `LocalCommand touch ${join(folder, "ran")}`,
      "RemoteCommand id",
    ];
    expect(await says({ host: "kvm-01", sshConfig: file("config", part("kvm-01", host, more)) })).toBe("in\n");
    expect(readdirSync(folder)).not.toContain("ran");
  });

  test("user, port and host key of the connection go before it", async () => {
    const [other, host] = [await start(), await start()];
    const sshConfig = file("config", part("kvm-01", other, ["User nobody"]));
    const given = { user: "root", port: host.port, hostKey: host.hostKey, privateKey: host.clientKey.private };
    expect(await says({ host: "kvm-01", sshConfig, ...given })).toBe("in\n");
    expect([other.connections, host.connections]).toEqual([0, 1]);
  });
});

describe("keys", () => {
  test.each(["ed25519", "ecdsa", "rsa"] as const)(
    "an %s key that is given as text, also with a passphrase",
    async (type) => {
      const key = generateKey({ type, passphrase: "open sesame" });
      const host = await start({ users: { root: { publicKeys: [key.public] } } });
      expect(await says(host.connection({ privateKey: key.private, privateKeyPassword: "open sesame" }))).toBe("in\n");
    },
  );

  test("are in no file and on no command line while the connection is open", async () => {
    const key = generateKey({ passphrase: canary("passphrase") });
    const passphrase = canary("x");
    const own = generateKey({ passphrase });
    const host = await start({ users: { root: { publicKeys: [own.public, key.public] } } });
    const transport = await open(host.connection({ privateKey: own.private, privateKeyPassword: passphrase }));
    await transport.exec({ argv: ["true"] });
    const [workplace = ""] = readdirSync(tmpdir()).filter((name) => name.startsWith("kvm-tuning-ssh-"));
    const texts = readdirSync(join(tmpdir(), workplace)).flatMap((name) => {
      try {
        return [readFileSync(join(tmpdir(), workplace, name), "utf8")];
      } catch {
        return []; // a socket
      }
    });
    const lines = own.private.split("\n").filter((line) => line.length > 20 && !line.startsWith("-----"));
    const all = `${texts.join("\n")}\n${execFileSync("ps", ["-eo", "args"], { encoding: "utf8" })}`;
    for (const secret of [...lines, passphrase]) expect(all).not.toContain(secret);
  });

  test("an agent that is named, also where the configuration limits itself to its own keys", async () => {
    const key = generateKey();
    const workplace = createWorkplace();
    endings.push(() => workplace.remove());
    const agentSocketPath = await startPrivateAgent(workplace, { text: key.private });
    const host = await start({ users: { root: { publicKeys: [key.public] } } });
    const sshConfig = file("config", part("kvm-01", host, ["User root"]));
    expect(await says({ host: "kvm-01", sshConfig, agentSocketPath })).toBe("in\n");
  });
});

describe("is refused", () => {
  test("with a key that the host does not know: once, and with ssh's words", async () => {
    const host = await start();
    const wrong = generateKey();
    const error = await failureOf(
      open(host.connection({ privateKey: wrong.private, dialErrorLimit: 3, sshConfig: file("config", "") })),
    );
    expect(error.failure).toBe("authentication");
    expect(error.message).toMatch(/the host does not let the user in: .*Permission denied \(publickey\)\. Check/);
    expect(host.connections).toBe(1);
  });

  test.each([
    ["a locked key without its passphrase", generateKey({ passphrase: "x" }).private, "is protected by a passphrase"],
    ["a public key", generateKey().public, "is a public key"],
    ["nonsense", "nonsense", "is no private key that can be read"],
  ])("before dialling: %s", async (_, privateKey, words) => {
    const host = await start();
    expect((await failureOf(open(host.connection({ privateKey })))).message).toContain(words);
    expect(host.connections).toBe(0);
  });

  test.each([
    ["a name that does not exist", { host: "kvm-01.invalid" }, "the name kvm-01.invalid is not known"],
    ["a port where nothing listens", { host: "127.0.0.1", port: 1 }, "nothing listens on port 1"],
  ] as const)("%s", async (_, more, words) => {
    const error = await failureOf(open({ user: "root", insecureIgnoreHostKey: true, ...more }));
    expect(error.failure).toBe("unreachable");
    expect(error.message).toContain(words);
  });

  test("a host that says nothing, at its time limit", async () => {
    const host = await start();
    host.answer = "silent";
    const error = await failureOf(open(host.connection({ perDialTimeout: 1 })));
    expect(error.failure).toBe("unreachable");
  });

  test("a host whose key another part of known_hosts has", async () => {
    const host = await start();
    const other = await start();
    const known = file("known", `[127.0.0.1]:${host.port} ${other.hostKey}\n`);
    const config = part("kvm-01", host, ["User root"]).replace(/UserKnownHostsFile .*/, `UserKnownHostsFile ${known}`);
    const error = await failureOf(open({ host: "kvm-01", sshConfig: file("config", config) }));
    expect(error.failure).toBe("hostKey");
    expect(error.message).toContain("the host key has changed: ssh's known_hosts has another one");
    expect(host.authentications).toBe(0);
  });

  test("a configuration that ssh does not take", async () => {
    const error = await failureOf(open({ host: "kvm-01", sshConfig: file("config", "Nonsense yes\n") }));
    expect(error.message).toContain("ssh -G failed");
    expect(error.message).toContain("Bad configuration option: nonsense");
  });

  test("a machine without ssh", async () => {
    process.env["PATH"] = folder;
    const error = await failureOf(open({ host: "kvm-01" }));
    expect(error.message).toContain("the command ssh is not installed on this machine. Install the OpenSSH client");
  });
});

test("fields that have no meaning there are refused by the schema", () => {
  const problems = (value: object) =>
    connectionSchema
      .safeParse({ host: "kvm-01", ...value })
      .error?.issues.map(({ path, message }) => [path[0], message]);
  expect(problems({ transport: "openssh", password: "x", proxy: { host: "y" } })).toEqual([
    ["password", expect.stringContaining("batch mode") as string],
    ["proxy", expect.stringContaining("ProxyJump") as string],
  ]);
  expect(problems({ sshConfig: "/x" })).toEqual([["sshConfig", 'is for transport: "openssh"']]);
  expect(problems({ transport: "telnet" })).toEqual([["transport", 'must be "ssh2" or "openssh"']]);
});

test("a process that is killed leaves no ssh, no agent and no folder", async () => {
  const host = await start();
  const own = mkdtempSync(join(tmpdir(), "t-"));
  chmodSync(own, 0o700);
  endings.push(() => rmSync(own, { recursive: true, force: true }));
  const script = `${typescriptHook} (async () => {
    const transport = await connect(JSON.parse(process.env.CONNECTION));
    await transport.hold({ argv: ["sh", "-c", "echo held; cat"] });
    console.log("ready");
  })();`;
  const connection = JSON.stringify(host.connection({ transport: "openssh" }));
  const child = spawn(process.execPath, ["-e", script], {
    cwd: join(__dirname, "../../.."),
    env: { ...process.env, CONNECTION: connection, TMPDIR: own },
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  const count = () => execFileSync("ps", ["-eo", "args"], { encoding: "utf8" }).split(own).length - 1;
  expect(readdirSync(own).filter((name) => name.startsWith("kvm-tuning-ssh-"))).toHaveLength(1);
  expect(count()).toBeGreaterThan(1);
  child.kill("SIGKILL");
  await until(() => readdirSync(own).length === 0 && count() === 0 && host.openConnections === 0);
  // The lock that it held goes with it.
  await until(() => host.execs[0]?.exitCode !== undefined);
});
