import { createHash } from "node:crypto";
import { utils } from "ssh2";

export interface KeyPair {
  /** OpenSSH private key text. */
  readonly private: string;
  /** `ssh-ed25519 AAAA...`, without a comment. */
  readonly public: string;
}

interface KeyOptions {
  readonly type?: "ed25519" | "ecdsa" | "rsa";
  readonly passphrase?: string;
}

export function generateKey(options: KeyOptions = {}): KeyPair {
  const { passphrase } = options;
  const encryption = passphrase ? { passphrase, cipher: "aes256-ctr", rounds: 1 } : undefined;
  const made = {
    ed25519: () =>
      encryption ? utils.generateKeyPairSync("ed25519", encryption) : utils.generateKeyPairSync("ed25519"),
    ecdsa: () => utils.generateKeyPairSync("ecdsa", { bits: 256, ...encryption }),
    rsa: () => utils.generateKeyPairSync("rsa", { bits: 2048, ...encryption }),
  }[options.type ?? "ed25519"]();
  // ssh2 1.17's key generator drops zero bytes at the start of an ed25519 public key: one key in 256 cannot be read.
  if (utils.parseKey(made.private, passphrase) instanceof Error) return generateKey(options);
  return { private: made.private, public: made.public.trim().split(" ").slice(0, 2).join(" ") };
}

export function fingerprintOf(publicKey: string): string {
  const blob = Buffer.from(publicKey.split(" ")[1] ?? "", "base64");
  return `SHA256:${createHash("sha256").update(blob).digest("base64").replaceAll("=", "")}`;
}
