import { connectionKey, connectionSchema, endpointOf } from "../../../provider/transport/connection";

const ed25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEqmszH3KFBSd/KpyjEaz2xCV7bkWwSK4ThHMEvJhmYS";
const fingerprint = "SHA256:mVPwvezndPv/ARoIadVY98vAC0g+P/5633yTC4d/wXE";
const secrets = { password: "CANARY-a", privateKey: "CANARY-b", privateKeyPassword: "CANARY-c" };

function problems(value: unknown): string[] {
  const parsed = connectionSchema.safeParse(value);
  if (parsed.success) return [];
  return parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
}

describe("connectionSchema", () => {
  test("takes every field of remote.ConnectionArgs and our own", () => {
    const connection = {
      host: "kvm-01.example.org",
      port: 2222,
      user: "ops",
      ...secrets,
      agentSocketPath: "/run/agent",
      dialErrorLimit: -1,
      perDialTimeout: 0,
      hostKey: ed25519,
      hostKeys: [ed25519],
      hostKeyFingerprint: fingerprint,
      proxy: { host: "10.0.0.1", insecureIgnoreHostKey: true },
    };
    expect(connectionSchema.parse(connection)).toEqual(connection);
  });

  test("adds no default of its own", () => {
    expect(connectionSchema.parse({ host: "fe80::1%eth0" })).toEqual({ host: "fe80::1%eth0" });
  });

  test("reports all problems at once, the proxy's too, each with its path", () => {
    const wrong = {
      host: "ops@kvm-01",
      port: 70000,
      user: "",
      dialErrorLimit: -2,
      perDialTimeout: "15",
      hostKey: "AAAA",
      hostKeys: [ed25519, "no key"],
      hostKeyFingerprint: "MD5:aa:bb",
      proxy: { host: "", port: 1.5 },
    };
    expect(problems(wrong)).toEqual([
      "host: must be a bare name or address: no user@, no ssh://, no brackets, no spaces; user and port are fields",
      "port: must be 1 to 65535",
      "user: must be a login name, without spaces, `:`, `@` or `/`",
      "dialErrorLimit: must be -1 (no limit), or how many dials may fail",
      "perDialTimeout: must be seconds",
      expect.stringMatching(/^hostKey: is not a public key\. Give one line such as `ssh-ed25519 AAAA/),
      expect.stringMatching(/^hostKeys\.1: is not a public key/),
      "hostKeyFingerprint: must be `SHA256:` and 43 characters, as `ssh-keygen -lf` prints it",
      "proxy.host: must be the host's name or address; it is empty",
      "proxy.port: must be a port number",
    ]);
  });

  test("refuses an unknown field, and a proxy behind a proxy", () => {
    expect(problems({ host: "a", proxy: { host: "b", proxy: { host: "c" } } })).toEqual([
      'proxy: Unrecognized key: "proxy"',
    ]);
    expect(problems({ host: "a", hostkey: ed25519 })).toEqual([': Unrecognized key: "hostkey"']);
  });

  test("refuses to ignore the host key that it is given", () => {
    expect(problems({ host: "a", hostKey: ed25519, insecureIgnoreHostKey: true })).toEqual([
      "insecureIgnoreHostKey: cannot be true beside hostKey, hostKeys or hostKeyFingerprint: it would accept any other key too",
    ]);
  });

  test("refuses an empty secret rather than log in without it", () => {
    expect(problems({ host: "a", password: "", privateKey: "" })).toEqual([
      "password: is empty: leave it out or give its text",
      "privateKey: is empty: leave it out or give its text",
    ]);
  });

  test("asks for no host key here: only the connection can show the one that is offered", () => {
    expect(problems({ host: "a" })).toEqual([]);
  });

  test.each(["host", "port", "user", "hostKey", "hostKeyFingerprint", "agentSocketPath", "dialErrorLimit", "proxy"])(
    "never repeats a secret that was put into %s",
    (field) => {
      for (const value of ["CANARY secret", { deep: "CANARY" }, ["CANARY"]])
        expect(JSON.stringify(problems({ host: "a", ...secrets, [field]: value }))).not.toContain("CANARY");
    },
  );
});

describe("endpointOf", () => {
  test.each([
    [{ host: "kvm-01" }, "root@kvm-01:22"],
    [{ host: "kvm-01", user: "ops", port: 2222 }, "ops@kvm-01:2222"],
    [{ host: "2001:db8::1" }, "root@[2001:db8::1]:22"],
  ])("%j is %s", (connection, endpoint) => {
    expect(endpointOf(connection)).toBe(endpoint);
  });
});

describe("connectionKey", () => {
  const connection = { host: "kvm-01", ...secrets, hostKey: ed25519, proxy: { host: "bastion", password: "CANARY-d" } };

  test("is the same for the same way to a host, however often and long it is dialled", () => {
    expect(connectionKey({ ...connection, dialErrorLimit: 1, perDialTimeout: 3, port: 22, user: "root" })).toBe(
      connectionKey(connection),
    );
  });

  test.each([
    { host: "kvm-02" },
    { port: 23 },
    { user: "ops" },
    { password: "other" },
    { privateKey: "other" },
    { privateKeyPassword: "other" },
    { agentSocketPath: "/other" },
    { hostKey: undefined },
    { hostKeyFingerprint: fingerprint },
    { insecureIgnoreHostKey: true },
    { proxy: undefined },
    { proxy: { host: "bastion", password: "other" } },
  ])("differs with %j", (more) => {
    expect(connectionKey({ ...connection, ...more })).not.toBe(connectionKey(connection));
  });

  test("starts with the endpoint and holds no secret", () => {
    expect(connectionKey(connection)).toMatch(/^root@kvm-01:22#[0-9a-f]{32}$/);
  });
});
