import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";

/** The shells of this machine that scripts are tested with: name and argv. `KVM_TUNING_BUSYBOX`: a busybox not on PATH. */
export const shells: readonly (readonly [name: string, argv: readonly string[]])[] = [
  ["sh", ["sh"]],
  ["bash", ["bash", "--posix"]],
  ["busybox", [process.env["KVM_TUNING_BUSYBOX"] ?? which("busybox"), "sh"]],
].filter((shell): shell is [string, string[]] => existsSync(which(shell[1]?.[0] ?? "")));

function which(command: string): string {
  if (command.startsWith("/")) return command;
  try {
    return execFileSync("sh", ["-c", 'command -v "$1"', "sh", command], { encoding: "utf8" }).trim();
  } catch {
    return "";
  }
}
