/* Keys of a host in ~/.ssh/known_hosts, hashed names too. Patterns and markers are left aside. Source: sshd(8). */
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

export function knownHostKeys(
  host: string,
  port: number,
  file = join(homedir(), ".ssh", "known_hosts"),
): readonly string[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return [];
  }
  const name = port === 22 ? host : `[${host}]:${String(port)}`;
  return text.split("\n").flatMap((line) => {
    const [names = "", type, key] = line.trim().split(/\s+/);
    if (type === undefined || key === undefined || names.startsWith("#") || names.startsWith("@")) return [];
    return names.split(",").some((one) => isName(one, name)) ? [`${type} ${key}`] : [];
  });
}

function isName(entry: string, name: string): boolean {
  const [, salt, hash] = /^\|1\|([^|]+)\|(.+)$/.exec(entry) ?? [];
  if (salt === undefined || hash === undefined) return entry.toLowerCase() === name.toLowerCase();
  return createHmac("sha1", Buffer.from(salt, "base64")).update(name).digest("base64") === hash;
}
