import {
  accepts,
  fingerprint,
  hostKeyProblem,
  hostKeyRule,
  offersToAskFor,
  parseHostKey,
} from "../../../provider/transport/host-key";

// Public keys of GitHub and their fingerprints as GitHub publishes them.
const base64 = "AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
const ed25519 = `ssh-ed25519 ${base64}`;
const ed25519Print = "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU";
const ecdsa =
  "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBEmKSENjQEezOmxkZMy7opKgwFB9nkt5YRrYMjNuG5N87uRgg6CLrbo5wAdT/y6v0mKV0U2w0WZ2YB/++Tpockg=";
const ecdsaPrint = "SHA256:p2QAMXNIC1TJYWeIOttrVc98/R1BUFWu3/LiyKgUfQM";

function blobOf(line: string): Buffer {
  const key = parseHostKey(line);
  if (key === undefined) throw new Error("not a key");
  return key.blob;
}

describe("parseHostKey", () => {
  test.each([
    ["a .pub file's line", `${ed25519} root@kvm-01`],
    ["ssh-keyscan's line", `kvm-01,10.0.0.11 ${ed25519}`],
    ["authorized_keys with an option", `no-pty ${ed25519} comment`],
    ["white space around it", `\n  ${ed25519}\n`],
  ])("reads %s", (_, line) => {
    expect(parseHostKey(line)).toEqual({ algorithm: "ssh-ed25519", blob: Buffer.from(base64, "base64") });
  });

  test.each([
    ["nothing", ""],
    ["the base64 text alone", base64],
    ["an algorithm alone", "ssh-ed25519"],
    ["no base64", "ssh-ed25519 AAAA(B3"],
    ["another algorithm's key", `ssh-rsa ${base64}`],
    ["a cut key", "ssh-ed25519 AAAA"],
  ])("reads no key from %s", (_, line) => {
    expect(parseHostKey(line)).toBeUndefined();
  });
});

test("prints fingerprints as ssh-keygen does", () => {
  expect(fingerprint(blobOf(ed25519))).toBe(ed25519Print);
  expect(fingerprint(blobOf(ecdsa))).toBe(ecdsaPrint);
});

describe("the rule", () => {
  test.each([
    ["hostKey", { hostKey: ed25519 }, true, false],
    ["hostKeys", { hostKeys: [ecdsa, ed25519] }, true, true],
    ["hostKey and hostKeys", { hostKey: ed25519, hostKeys: [ecdsa] }, true, true],
    ["hostKeyFingerprint", { hostKeyFingerprint: ecdsaPrint }, false, true],
    ["hostKeyFingerprint with padding", { hostKeyFingerprint: `${ed25519Print}=` }, true, false],
    ["insecureIgnoreHostKey", { insecureIgnoreHostKey: true }, true, true],
    ["nothing", {}, false, false],
    ["insecureIgnoreHostKey: false", { insecureIgnoreHostKey: false }, false, false],
  ])("with %s accepts what it names only", (_, fields, ...expected) => {
    const rule = hostKeyRule(fields);
    expect([accepts(rule, blobOf(ed25519)), accepts(rule, blobOf(ecdsa))]).toEqual(expected);
  });

  test("asks for the known keys' kinds in order, and RSA with SHA-2 first", () => {
    const rsa = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAAQ==";
    expect(offersToAskFor(hostKeyRule({ hostKeys: [rsa, ed25519] }))).toEqual([
      ["rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"],
      ["ssh-ed25519"],
      undefined,
    ]);
  });

  test("asks for each kind in turn when only a fingerprint is known", () => {
    expect(offersToAskFor(hostKeyRule({ hostKeyFingerprint: ecdsaPrint }))).toEqual([
      undefined,
      ["ssh-ed25519"],
      ["ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"],
      ["rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"],
    ]);
  });
});

describe("hostKeyProblem", () => {
  test("without a rule shows the offered key, the line to paste and how to check it", () => {
    expect(hostKeyProblem(hostKeyRule({}), blobOf(ed25519), "connection")).toBe(
      "no host key is configured, so the host cannot be told from an impostor. It offers " +
        `${ed25519Print} (ssh-ed25519). To accept that key, set in connection:\n` +
        `  hostKey: "${ed25519}"\n` +
        "Check the fingerprint first at the host's own console, with " +
        "`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`: over the network anybody can offer a key",
    );
  });

  test("with another key names the expected and the offered fingerprint", () => {
    const text = hostKeyProblem(hostKeyRule({ hostKey: ed25519 }), blobOf(ecdsa), "connection.proxy");
    expect(text).toContain(
      `the host key has changed: expected ${ed25519Print} (ssh-ed25519), the host offers ${ecdsaPrint} (ecdsa-sha2-nistp256)`,
    );
    expect(text).toContain(`set in connection.proxy:\n  hostKey: "${ecdsa}"\n`);
    expect(text).toContain("ssh-keygen -lf /etc/ssh/ssh_host_ecdsa_key.pub");
  });
});
