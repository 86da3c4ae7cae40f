import { createHmac } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectionTo } from "../../../cli/connect";
import { knownHostKeys } from "../../../cli/known-hosts";
import { table } from "../../../cli/terminal";
import { kvmTuning } from "../../support/command";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kvm-tuning-command-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDRW0hc3Sol4oTAKgqcxdSXcRQ92mKfTyMmZRJ+IqsEZ";

describe("how a host is reached", () => {
  /** No configuration but what a test writes. */
  const flags = (config = "") => ({ sshConfig: file("config", `${config}\n`), user: "root", transport: "ssh2" });

  test("flags win over variables, and user@host over both", () => {
    const env = {
      KVM_TUNING_USER: "ops",
      KVM_TUNING_PORT: "2222",
      KVM_TUNING_PRIVATE_KEY: "KEY",
      KVM_TUNING_HOST_KEY: key,
    };
    expect(connectionTo("kvm-01", { sshConfig: file("config", ""), transport: "ssh2" }, env)).toEqual({
      host: "kvm-01",
      user: "ops",
      port: 2222,
      privateKey: "KEY",
      hostKey: key,
    });
    expect(connectionTo("me@kvm-01", { ...flags(), port: "22" }, env)).toMatchObject({ user: "me", port: 22 });
    const identity = file("id", "FROM FILE");
    expect(connectionTo("kvm-01", { ...flags(), identity }, env)).toMatchObject({ privateKey: "FROM FILE" });
  });

  test("without a key the agent is asked, and known_hosts for the host's key", () => {
    const known = file("known", `# x\nkvm-01,10.0.0.1 ${key}\n[kvm-02]:2222 ${key}\n@revoked kvm-03 ${key}\n`);
    const env = { SSH_AUTH_SOCK: "/run/agent" };
    expect(connectionTo("kvm-01", { ...flags(), knownHosts: known }, env)).toMatchObject({
      host: "kvm-01",
      agentSocketPath: "/run/agent",
      hostKeys: [key],
    });
    expect(knownHostKeys("kvm-02", 22, known)).toEqual([]);
    expect(knownHostKeys("kvm-02", 2222, known)).toEqual([key]);
    expect(knownHostKeys("kvm-03", 22, known)).toEqual([]);
    expect(knownHostKeys("kvm-01", 22, join(folder, "none"))).toEqual([]);
  });

  test("an alias of ssh's configuration, over a jump host that has its own part", () => {
    const known = file("known", `10.0.0.5 ${key}\nrack ${key}\n`);
    const id = file("id", "ID");
    const config = `Host kvm-01
  HostName 10.0.0.5
  User ops
  Port 22
  IdentityFile ${id}
  UserKnownHostsFile ${known}
  ProxyJump gate
Host gate
  HostName 192.0.2.1
  User jump
  Port 2022
  HostKeyAlias rack
  UserKnownHostsFile ${known}`;
    const sshConfig = file("config", `${config}\n`);
    expect(connectionTo("kvm-01", { sshConfig, identity: id, transport: "ssh2" }, {})).toEqual({
      host: "10.0.0.5",
      user: "ops",
      port: 22,
      privateKey: "ID",
      hostKeys: [key],
      proxy: { host: "192.0.2.1", user: "jump", port: 2022, privateKey: "ID", hostKeys: [key] },
    });
    // Without an agent the configuration's key.
    expect(connectionTo("kvm-01", { sshConfig, transport: "ssh2" }, {})).toMatchObject({ privateKey: "ID" });
    const several = file("config2", "Host kvm-01\n  ProxyJump a,b\n");
    expect(() => connectionTo("kvm-01", { sshConfig: several, transport: "ssh2" }, {})).toThrow(
      "one host can be jumped over, not several",
    );
  });

  test("hashed names", () => {
    const salt = Buffer.from("01234567890123456789");
    const hash = createHmac("sha1", salt).update("kvm-01").digest("base64");
    const known = file("known", `|1|${salt.toString("base64")}|${hash} ${key}\n`);
    expect(knownHostKeys("kvm-01", 22, known)).toEqual([key]);
    expect(knownHostKeys("kvm-02", 22, known)).toEqual([]);
  });

  test("by ssh itself, unless something else is asked for: what is not given is left to its configuration", () => {
    const sshConfig = file("config", "Host kvm-01\n  HostName 10.0.0.5\n  User ops\n  ProxyJump a,b\n");
    expect(connectionTo("kvm-01", { sshConfig }, { SSH_AUTH_SOCK: "/run/agent" })).toEqual({
      transport: "openssh",
      host: "kvm-01",
      sshConfig,
    });
    const known = file("known", `10.0.0.5 ${key}\n`);
    const env = { KVM_TUNING_PRIVATE_KEY: "KEY", KVM_TUNING_PRIVATE_KEY_PASSWORD: "open" };
    expect(connectionTo("me@kvm-01", { sshConfig, port: "2222", hostKey: key }, env)).toEqual({
      transport: "openssh",
      host: "kvm-01",
      user: "me",
      port: 2222,
      privateKey: "KEY",
      privateKeyPassword: "open",
      hostKey: key,
      sshConfig,
    });
    expect(connectionTo("kvm-01", { sshConfig, knownHosts: known }, {})).toMatchObject({ hostKeys: [key] });
    // ssh takes no password in batch mode.
    const jumpless = file("config3", "");
    expect(
      connectionTo("kvm-01", { sshConfig: jumpless, hostKey: key }, { KVM_TUNING_PASSWORD: "p" }),
    ).not.toHaveProperty("transport");
    expect(() => connectionTo("kvm-01", { transport: "telnet" }, {})).toThrow('the transport "telnet" is not known');
  });

  test.each([
    [{ port: "x" }, 'the port "x" is not a number'],
    [{ identity: "/nowhere/id" }, "the key cannot be read"],
    [{ hostKey: "nonsense" }, "hostKey: is not a public key"],
  ])("%j: wrong use", (given, message) => {
    expect(() => connectionTo("kvm-01", { ...flags(), ...given }, {})).toThrow(message);
  });
});

describe("exit codes and errors", () => {
  test("help is no error, an unknown verb, flag or value is", async () => {
    const help = await kvmTuning(["--help"]);
    expect([help.code, help.out]).toEqual([0, expect.stringContaining("migrate-check")]);
    expect((await kvmTuning(["nonsense"])).code).toBe(2);
    expect((await kvmTuning(["topology", "kvm-01", "--nonsense"])).code).toBe(2);
    expect(await kvmTuning(["verify", "kvm-01", "--watch", "9999"])).toMatchObject({
      code: 2,
      err: expect.stringContaining("0 to 3600 seconds") as string,
    });
    expect(await kvmTuning(["topology"])).toMatchObject({
      code: 2,
      err: "kvm-tuning: give a host, or --root, and not both\n",
    });
    expect((await kvmTuning(["topology", "--root", join(folder, "none")])).code).toBe(2);
  });

  test("a host that cannot be reached is 3, and names the endpoint", async () => {
    const answer = await kvmTuning(["topology", "root@127.0.0.1", "--port", "1", "--insecure-ignore-host-key"], {
      KVM_TUNING_PASSWORD: "pass-word-1",
    });
    expect(answer.code).toBe(3);
    expect(answer.err).toContain("root@127.0.0.1:1");
    expect(answer.err).not.toContain("pass-word-1");
  }, 60_000);
});

describe("xml, offline", () => {
  const document = `<domain type='kvm'>\n  <name>db</name>\n  <vcpu>2</vcpu>\n  <!-- mine -->\n  <os><type>hvm</type></os>\n</domain>\n`;

  test("the placement is in it, and every other byte stays", async () => {
    const placement = file("p.json", JSON.stringify({ vcpuPins: { 0: "2", 1: "3" }, emulatorPin: "0" }));
    const { code, out } = await kvmTuning(["xml", "--domain", file("d.xml", document), "--placement", placement]);
    expect(code).toBe(0);
    expect(out).toContain("<vcpupin vcpu='0' cpuset='2'/>");
    expect(out.replace(/\s*<cputune>[\s\S]*<\/cputune>/, "")).toBe(document);
  });

  test("a wrong placement names everything that is wrong", async () => {
    const placement = file("p.json", JSON.stringify({ vcpuPins: { 0: "x" }, nonsense: 1 }));
    const { code, err } = await kvmTuning(["xml", "--domain", file("d.xml", document), "--placement", placement]);
    expect(code).toBe(2);
    expect(err).toContain("vcpuPins.0");
    expect(err).toContain("nonsense: unknown argument");
    expect((await kvmTuning(["xml", "--domain", join(folder, "none"), "--placement", placement])).code).toBe(2);
    expect((await kvmTuning(["xml", "--domain", file("d.xml", document), "--placement", file("bad", "{")])).code).toBe(
      2,
    );
  });
});

test("a table: columns as wide as they need to be, nothing behind the last, colour only when asked for", () => {
  expect(
    table(
      [
        ["a", "bb"],
        ["ccc", { text: "d", colour: "red" }],
      ],
      false,
    ),
  ).toBe("a    bb\nccc  d");
  expect(table([[{ text: "d", colour: "red" }, "x"]], true)).toBe("\u001b[31md\u001b[0m  x");
});
