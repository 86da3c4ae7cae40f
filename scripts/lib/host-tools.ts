// Programs that the test host and the checks of documents need on this machine, all from Debian packages.
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

interface Tools {
  /** Who needs them: "the test host". */
  readonly what: string;
  /** Program → Debian package. */
  readonly programs: Readonly<Record<string, string>>;
}

export async function ensureHostTools(): Promise<void> {
  await ensureTools({ what: "the test host", programs: isRoot() ? PROGRAMS : { ...PROGRAMS, ...ROOTLESS } });
}

/** libxml2's own tool: a second opinion of documents. */
export async function ensureXmllint(): Promise<void> {
  await ensureTools({ what: "checking documents", programs: { xmllint: "libxml2-utils" } });
}

/** The client alone: libvirt's test driver is in its library, and needs no daemon. */
export async function ensureVirsh(): Promise<void> {
  await ensureTools({ what: "libvirt's test driver", programs: { virsh: "libvirt-clients" } });
}

/** Installs what is missing when root; otherwise says which line to run. */
async function ensureTools({ what, programs }: Tools): Promise<void> {
  const path = (process.env["PATH"] ?? "").split(delimiter);
  process.env["PATH"] = [...path, ...SYSTEM.filter((folder) => !path.includes(folder))].join(delimiter);
  const missing = new Set(Object.entries(programs).flatMap(([program, name]) => (isThere(program) ? [] : [name])));
  if (missing.size === 0) return;
  const install = ["apt-get", "install", "--yes", "--no-install-recommends", ...missing];
  const names = [...missing].join(", ");
  if (!existsSync("/usr/bin/apt-get")) {
    throw new Error(`${what} needs what Debian packages ${names} hold; install them and run this again`);
  }
  if (!isRoot()) {
    throw new Error(`${what} needs more packages; run this line, then try again:\n  sudo ${install.join(" ")}`);
  }
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await withProgress(`installing ${names}, about 1 minute`, async (say) => {
    say("apt-get update");
    await mustRun({ argv: ["apt-get", "update"], env, limitSeconds: LIMIT_SECONDS });
    say("apt-get install");
    await mustRun({ argv: install, env, limitSeconds: LIMIT_SECONDS });
  });
}
