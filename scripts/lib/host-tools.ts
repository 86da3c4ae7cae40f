// Programs that the test host needs on this machine, all from Debian packages.
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { mustRun } from "./process";
import { withProgress } from "./progress";

const PROGRAMS: Readonly<Record<string, string>> = {
  "qemu-system-x86_64": "qemu-system-x86",
  "qemu-img": "qemu-utils",
  mmdebstrap: "mmdebstrap",
  iasl: "acpica-tools",
  mke2fs: "e2fsprogs",
  ssh: "openssh-client",
  "ssh-keygen": "openssh-client",
};
/** An ordinary user builds the image in a user namespace. */
const ROOTLESS: Readonly<Record<string, string>> = { newuidmap: "uidmap" };
/** Debian's system folders, which an ordinary user's PATH lacks. */
const SYSTEM = ["/usr/sbin", "/sbin"];
const LIMIT_SECONDS = 1200;

export const isRoot = (): boolean => process.getuid?.() === 0;

function isThere(program: string): boolean {
  return [...(process.env["PATH"] ?? "").split(delimiter), ...SYSTEM].some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

export function missingPackages(root: boolean = isRoot()): readonly string[] {
  const needed = Object.entries(root ? PROGRAMS : { ...PROGRAMS, ...ROOTLESS });
  return [...new Set(needed.filter(([program]) => !isThere(program)).map(([, name]) => name))];
}

/** Installs what is missing when root; otherwise says which line to run. */
export async function ensureHostTools(): Promise<void> {
  process.env["PATH"] = [process.env["PATH"], ...SYSTEM].join(delimiter);
  const missing = missingPackages();
  if (missing.length === 0) return;
  const install = ["apt-get", "install", "--yes", "--no-install-recommends", ...missing];
  if (!existsSync("/usr/bin/apt-get")) {
    throw new Error(
      `the test host needs what Debian packages ${missing.join(", ")} hold; install them and run this again`,
    );
  }
  if (!isRoot()) {
    throw new Error(`the test host needs more packages; run this line, then try again:\n  sudo ${install.join(" ")}`);
  }
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await withProgress(`installing ${missing.join(", ")}, about 1 minute`, async (say) => {
    say("apt-get update");
    await mustRun({ argv: ["apt-get", "update"], env, limitSeconds: LIMIT_SECONDS });
    say("apt-get install");
    await mustRun({ argv: install, env, limitSeconds: LIMIT_SECONDS });
  });
}
