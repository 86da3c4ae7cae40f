/* Keys of the story's user: encrypted, so that a key and its passphrase can be searched for wherever they must not be. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mustRun } from "../../../scripts/lib/process";
import type { TestHost } from "../../host/test-host";

export interface UserKey {
  readonly privateKey: string;
  readonly passphrase: string;
}

/** A new key that alone opens the account `ops`. */
export async function newKey(host: TestHost, passphrase: string): Promise<UserKey> {
  const folder = await mkdtemp(join(tmpdir(), "kvm-tuning-key-"));
  try {
    const file = join(folder, "key");
    await mustRun({
      argv: ["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", "story", "-f", file],
      limitSeconds: 30,
    });
    const publicKey = await readFile(`${file}.pub`, "utf8");
    await host.output("cat > /home/ops/.ssh/authorized_keys", { input: publicKey });
    return { privateKey: await readFile(file, "utf8"), passphrase };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Texts that must be found nowhere: a middle line of the key, and the passphrase. */
export function canaries(key: UserKey): readonly string[] {
  const lines = key.privateKey.trim().split("\n");
  return [lines[Math.floor(lines.length / 2)] ?? "", key.passphrase];
}
