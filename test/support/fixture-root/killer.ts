/** Stand-ins for the commands of a script, one of which kills the script with SIGKILL instead of running. */
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const commands = [
  ..."awk cat chmod chown cp flock grep ln mkdir mv readlink rm rmdir sed sha256sum".split(" "),
  ..."sleep stat sync tail xargs".split(" "),
];

export interface Killer {
  /** Put it first on PATH. */
  readonly bin: string;
  /** The n-th command from now, counted from 1, does not run: it kills its whole process group. */
  killAt(n: number): void;
  remove(): void;
}

export function killer(): Killer {
  const bin = fs.mkdtempSync(join(tmpdir(), "killer-"));
  const counter = join(bin, "counter");
  for (const command of commands) {
    const real = execFileSync("sh", ["-c", `command -v ${command}`], { encoding: "utf8" }).trim();
    const text = `#!/bin/sh
read -r left < ${counter}
left=$((left - 1))
echo $left > ${counter}
[ $left = 0 ] && kill -9 0
exec ${real} "$@"
`;
    fs.writeFileSync(join(bin, command), text, { mode: 0o755 });
  }
  return {
    bin,
    killAt: (n) => fs.writeFileSync(counter, `${String(n)}\n`),
    remove: () => fs.rmSync(bin, { recursive: true, force: true }),
  };
}
