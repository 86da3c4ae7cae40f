import type { Connection } from "../../../provider/transport/connection";
import { connect } from "../../../provider/transport/transports";
import { generateKey, startSshHost, type SshHost } from "../../support/ssh-host";
import { fingerprintOf } from "../../support/ssh-host/keys";
import { failureOf } from "../../support/transport-failure";

const ed25519 = generateKey();
const ecdsa = generateKey({ type: "ecdsa" });
const rsa = generateKey({ type: "rsa" });
const stranger = generateKey();

let host: SshHost;

beforeAll(async () => {
  host = await startSshHost({ hostKeys: [ed25519, ecdsa, rsa] });
});
afterAll(() => host.close());

describe.each(["ssh2", "openssh"] as const)("%s", (transport) => {
  async function reaches(rule: Partial<Connection>): Promise<boolean> {
    const opened = await connect(host.connection({ hostKey: undefined, dialErrorLimit: 1, transport, ...rule }));
    const { exitCode } = await opened.exec({ argv: ["true"] });
    opened.close();
    return exitCode === 0;
  }

  test.each([
    ["hostKey of the host's first kind", { hostKey: ed25519.public }],
    ["hostKey of another kind, which is then asked for", { hostKey: ecdsa.public }],
    ["hostKey of the RSA kind", { hostKey: rsa.public }],
    ["hostKey as a .pub file has it", { hostKey: `${ed25519.public} root@kvm-01\n` }],
    ["hostKeys with the new key beside the old", { hostKeys: [stranger.public, ed25519.public] }],
    ["hostKeys of several kinds", { hostKeys: [generateKey({ type: "ecdsa" }).public, rsa.public] }],
    ["hostKeyFingerprint", { hostKeyFingerprint: fingerprintOf(ed25519.public) }],
    ["hostKeyFingerprint of the host's last key", { hostKeyFingerprint: fingerprintOf(rsa.public) }],
    ["insecureIgnoreHostKey", { insecureIgnoreHostKey: true }],
  ] as const)("accepts the host by %s", async (_, rule) => {
    expect(await reaches(rule)).toBe(true);
  });

  describe("refuses the host before any login", () => {
    async function refusal(rule: Partial<Connection>): Promise<string> {
      const before = host.authentications;
      const error = await failureOf(connect(host.connection({ hostKey: undefined, transport, ...rule })));
      expect(error.failure).toBe("hostKey");
      expect(host.authentications).toBe(before);
      expect(error.message.startsWith(`root@127.0.0.1:${String(host.port)}: `)).toBe(true);
      return error.message;
    }

    test("without a rule: shows its fingerprint, the line to paste (ssh2), and that it must be checked elsewhere", async () => {
      const text = await refusal({});
      expect(text).toContain(`It offers ${fingerprintOf(ed25519.public)} (ssh-ed25519).`);
      if (transport === "ssh2") expect(text).toContain(`set in connection:\n  hostKey: "${ed25519.public}"\n`);
      else expect(text).toContain("ssh's known_hosts has no key of this host");
      expect(text).toContain("Check the fingerprint first at the host's own console");
    });

    // ssh shows the fingerprint alone.
    if (transport === "ssh2")
      test("the line to paste is accepted", async () => {
        const hostKey = /hostKey: "(.*)"/.exec(await refusal({}))?.[1];
        expect(await reaches({ hostKey })).toBe(true);
      });

    test.each([
      ["hostKey", { hostKey: stranger.public }],
      ["hostKeys", { hostKeys: [stranger.public] }],
      ["hostKeyFingerprint", { hostKeyFingerprint: fingerprintOf(stranger.public) }],
    ] as const)("with another %s: names the expected and the offered fingerprint", async (_, rule) => {
      const text = await refusal(rule);
      expect(text).toContain(`the host key has changed: expected ${fingerprintOf(stranger.public)}`);
      expect(text).toContain(`the host offers ${fingerprintOf(ed25519.public)} (ssh-ed25519)`);
    });

    test("that has no key of the configured kind: shows the one that it has", async () => {
      const only = await startSshHost({ hostKeys: [ecdsa] });
      const error = await failureOf(connect(only.connection({ hostKey: ed25519.public, transport })));
      expect(error.failure).toBe("hostKey");
      expect(error.message).toContain(
        `expected ${fingerprintOf(ed25519.public)} (ssh-ed25519), the host offers ${fingerprintOf(ecdsa.public)} (ecdsa-sha2-nistp256)`,
      );
      await only.close();
    });

    test("after its keys were rotated, and accepts it again with the new one", async () => {
      const rotated = await startSshHost();
      const old = rotated.connection({ transport });
      rotated.rotateHostKeys();
      const error = await failureOf(connect(old));
      expect(error.message).toContain("the host key has changed");
      const opened = await connect(rotated.connection({ transport }));
      expect((await opened.exec({ argv: ["echo", "in"] })).stdout).toBe("in\n");
      opened.close();
      await rotated.close();
    });
  });
});
