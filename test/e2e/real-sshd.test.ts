/* Both transports against the sshd of a real host; and what only the system's ssh does there: certificates, aliases, jumps. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Connection } from "../../provider/transport/connection";
import { connect } from "../../provider/transport/transports";
import type { Transport } from "../../provider/transport/transport";
import { startClone, type TestHost } from "../host/test-host";
import { failureOf } from "../support/transport-failure";

let host: TestHost;
let folder = "";
const opened: Transport[] = [];

beforeAll(async () => {
  host = await startClone({ name: "kvm-11" });
  folder = mkdtempSync(join(tmpdir(), "real-sshd-"));
}, 300_000);
afterEach(() => {
  for (const transport of opened.splice(0)) transport.close();
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await host.stop();
}, 60_000);

jest.setTimeout(60_000);

const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text, { mode: 0o600 });
  return join(folder, name);
};

async function open(connection: Connection): Promise<Transport> {
  const transport = await connect({ dialErrorLimit: 1, ...connection });
  opened.push(transport);
  return transport;
}

describe.each(["ssh2", "openssh"] as const)("%s", (kind) => {
  const to = (more: Partial<Connection> = {}): Connection => ({
    host: host.host,
    port: host.port,
    user: "root",
    privateKey: host.privateKey,
    hostKey: host.hostKey,
    transport: kind,
    ...more,
  });

  test("runs commands, several at once, with their input, output and end", async () => {
    const transport = await open(to());
    const numbers = [...Array(12).keys()];
    const script = 'cat; echo "err $1" >&2; exit "$1"';
    const results = await Promise.all(
      numbers.map((one) => transport.exec({ argv: ["sh", "-c", script, "x", String(one)], stdin: `größe ${one}\n` })),
    );
    expect(results).toEqual(
      numbers.map((one) => ({ exitCode: one, stdout: `größe ${one}\n`, stderr: `err ${one}\n` })),
    );
    const killed = await transport.exec({ argv: ["sh", "-c", "kill -9 $$"] });
    expect(killed.exitCode).toBe(137);
    expect((await transport.exec({ argv: ["sh", "-c", "exit 255"] })).exitCode).toBe(255);
  });

  test("another user's commands run through sudo", async () => {
    const transport = await open(to({ user: host.sudoUser }));
    expect((await transport.exec({ argv: ["id", "-un"] })).stdout).toBe("root\n");
  });

  test("sudo that asks for a password is an error with the way out", async () => {
    await host.output("mv /etc/sudoers.d/ops /root/ops.sudoers");
    try {
      const transport = await open(to({ user: host.sudoUser }));
      const error = await failureOf(transport.exec({ argv: ["id"] }));
      expect(error.failure).toBe("sudo");
    } finally {
      await host.output("mv /root/ops.sudoers /etc/sudoers.d/ops");
    }
  });

  test("another host key than the expected one", async () => {
    const wrong = execFileSync("ssh-keygen", ["-y", "-f", host.privateKeyPath], { encoding: "utf8" }).trim();
    const error = await failureOf(open(to({ hostKey: wrong })));
    expect(error.failure).toBe("hostKey");
    expect(error.message).toContain("the host key has changed");
  });

  test("a fingerprint alone", async () => {
    const line = file("host.pub", `${host.hostKey}\n`);
    const [, fingerprint = ""] = execFileSync("ssh-keygen", ["-lf", line], { encoding: "utf8" }).split(" ");
    const transport = await open(to({ hostKey: undefined, hostKeyFingerprint: fingerprint }));
    expect((await transport.exec({ argv: ["true"] })).exitCode).toBe(0);
  });

  test("a time limit cuts a command off, and the connection goes on", async () => {
    const transport = await open(to());
    expect((await failureOf(transport.exec({ argv: ["sleep", "60"], timeoutSeconds: 2 }))).failure).toBe("timeout");
    expect((await transport.exec({ argv: ["echo", "next"] })).stdout).toBe("next\n");
  });

  test("a dropped connection says that the command may have finished, and its lock is given back", async () => {
    const transport = await open(to());
    const held = await transport.hold({ argv: ["sh", "-c", "echo held; cat; touch /run/given-back"] });
    expect(held.firstLine).toBe("held");
    const session = await sessionPid(transport);
    const running = failureOf(transport.exec({ argv: ["sleep", "60"] }));
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await host.output(`kill -9 ${session}`);
    expect((await running).failure).toBe("connectionLost");
    expect(transport.closed).toBe(true);
    await host.output("for i in $(seq 50); do [ -e /run/given-back ] && break; sleep 0.2; done; rm /run/given-back");
  });
});

/** The sshd process of this connection: the nearest one above the command. */
async function sessionPid(transport: Transport): Promise<string> {
  const script =
    'pid=$$; while [ "$pid" -gt 1 ]; do [ "$(cat /proc/$pid/comm)" != sshd ] || { echo "$pid"; exit; }; pid=$(cut -d " " -f 4 /proc/$pid/stat); done; exit 1';
  return (await transport.exec({ argv: ["sh", "-c", script] })).stdout.trim();
}

describe("ssh's own ways", () => {
  const part = (alias: string, user: string, more: readonly string[]) =>
    [
      `Host ${alias}`,
      "HostName 127.0.0.1",
      `Port ${host.port}`,
      `User ${user}`,
      "IdentitiesOnly yes",
      "HostKeyAlias kvm-11",
    ]
      .concat([`UserKnownHostsFile ${file("known_hosts", `kvm-11 ${host.hostKey}\n`)}`, ...more])
      .join("\n  ");

  test("a certificate: no key is in authorized_keys", async () => {
    const run = (args: readonly string[]) => execFileSync("ssh-keygen", args, { stdio: "ignore" });
    run(["-q", "-t", "ed25519", "-N", "", "-f", join(folder, "ca")]);
    run(["-q", "-t", "ed25519", "-N", "", "-f", join(folder, "id")]);
    run(["-q", "-s", join(folder, "ca"), "-I", "test", "-n", "root", "-V", "-5m:+1h", join(folder, "id.pub")]);
    const ca = readFileSync(join(folder, "ca.pub"), "utf8");
    await host.output(
      "cat > /etc/ssh/ca.pub && echo TrustedUserCAKeys /etc/ssh/ca.pub > /etc/ssh/sshd_config.d/ca.conf && systemctl restart ssh",
      { input: ca },
    );
    const keys = [`IdentityFile ${join(folder, "id")}`, `CertificateFile ${join(folder, "id-cert.pub")}`];
    const sshConfig = file("config-certificate", `${part("kvm-11", "root", keys)}\n`);
    const transport = await open({ transport: "openssh", host: "kvm-11", sshConfig });
    expect((await transport.exec({ argv: ["id", "-un"] })).stdout).toBe("root\n");
    const without = file("config-none", `${part("kvm-11", "root", keys.slice(0, 1)).replace("/id", "/ca")}\n`);
    const error = await failureOf(open({ transport: "openssh", host: "kvm-11", sshConfig: without }));
    expect(error.failure).toBe("authentication");
  });

  test("an alias, over the same host as a jump host", async () => {
    const key = [`IdentityFile ${host.privateKeyPath}`];
    // Seen from the jump host its own sshd is on port 22.
    const last = part("inner", host.sudoUser, [...key, "ProxyJump gate"]).replace(`Port ${host.port}`, "Port 22");
    const sshConfig = file("config-jump", `${part("gate", "root", key)}\n${last}\n`);
    const transport = await open({ transport: "openssh", host: "inner", sshConfig });
    expect(transport.endpoint).toBe(`${host.sudoUser}@127.0.0.1:22`);
    expect((await transport.exec({ argv: ["sh", "-c", "hostname; id -un"] })).stdout).toBe("kvm-11\nroot\n");
  });
});
