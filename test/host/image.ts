// The test host's disk image: a bootable Debian with sshd, GRUB, libvirt and numad, made from Debian packages only.
import { chmod, copyFile, cp, readFile, readdir, rm, statfs, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { artefact, contentKey } from "../../scripts/lib/cache";
import { makeOwnedFolder, removeOwnedFolder } from "../../scripts/lib/owned-folder";
import { mustRun } from "../../scripts/lib/process";
import { withProgress } from "../../scripts/lib/progress";
import { writeBootRecord } from "./boot-record";

export interface Image {
  readonly folder: string;
  readonly disk: string;
  readonly privateKeyPath: string;
  /** UEFI firmware, and the variables that a new machine has. */
  readonly firmware: { readonly code: string; readonly variables: string };
  /** authorized_keys form, as a `hostKey` argument takes it. */
  readonly hostKey: string;
}

const INPUTS = join(__dirname, "image");
const SUITE = "bookworm";
const DISK_MIB = 3072;
const BUILD_LIMIT_SECONDS = 1200;
const SPACE_NEEDED_BYTES = 3 * 1024 ** 3;
const firmwareCode = "OVMF_CODE_4M.fd";
const firmwareVariables = "OVMF_VARS_4M.fd";
const PACKAGE_STEP = "unpacking Debian packages";

export async function ensureImage(): Promise<Image> {
  const key = contentKey(
    SUITE,
    String(DISK_MIB),
    await readFile(join(__dirname, "boot-record.ts")),
    ...(await inputFiles()),
  );
  const folder = await artefact({ kind: "test-host-image", key, make: build });
  const hostKey = (await readFile(join(folder, "host-key.pub"), "utf8")).trim().split(" ").slice(0, 2).join(" ");
  return {
    folder,
    disk: join(folder, "disk.raw"),
    privateKeyPath: join(folder, "id_ed25519"),
    firmware: { code: join(folder, firmwareCode), variables: join(folder, firmwareVariables) },
    hostKey,
  };
}

async function inputFiles(): Promise<readonly Buffer[]> {
  const entries = await readdir(INPUTS, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const contents = paths.sort().map(async (path) => [Buffer.from(path.slice(INPUTS.length)), await readFile(path)]);
  return (await Promise.all(contents)).flat();
}

async function build(folder: string): Promise<void> {
  const work = await makeOwnedFolder("image", await roomyFolder());
  try {
    await withProgress("building the test host's image from Debian packages, about 1 minute, once", async (say) => {
      await buildDisk(work, say);
      await writeBootRecord(work, DISK_MIB);
      say("copying");
      await mustRun({
        argv: ["cp", "--sparse=always", join(work, "disk.raw"), join(folder, "disk.raw")],
        limitSeconds: BUILD_LIMIT_SECONDS,
      });
    });
    const made = ["host-key.pub", firmwareCode, firmwareVariables].map((name) => join("out", name));
    for (const file of ["id_ed25519", "id_ed25519.pub", ...made])
      await copyFile(join(work, file), join(folder, basename(file)));
    await chmod(join(folder, "id_ed25519"), 0o600);
    await chmod(join(folder, "disk.raw"), 0o444);
  } finally {
    await removeBuildFolder(work);
  }
}

async function buildDisk(work: string, say: (now: string) => void): Promise<void> {
  // The build runs on a copy: as an ordinary user it runs in a user namespace, which cannot read a private checkout.
  await cp(INPUTS, work, { recursive: true });
  const generateKey = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", join(work, "id_ed25519")];
  await mustRun({ argv: generateKey, limitSeconds: 60 });
  say(PACKAGE_STEP);
  await mustRun({
    argv: ["sh", join(work, "build.sh"), work, SUITE, `${DISK_MIB}M`],
    limitSeconds: BUILD_LIMIT_SECONDS,
    onOutput: (text) => {
      const step = /^step: (.*)$/m.exec(text)?.[1];
      if (step !== undefined) say(step);
    },
  });
}

/** Memory where there is room: the build is twice as fast there as on a disk. */
async function roomyFolder(): Promise<string> {
  if (!existsSync("/dev/shm")) return tmpdir();
  const { bavail, bsize } = await statfs("/dev/shm");
  const probe = join("/dev/shm", `kvm-tuning-probe-${process.pid}`);
  const writable = await writeFile(probe, "")
    .then(() => rm(probe))
    .then(
      () => true,
      () => false,
    );
  return writable && bavail * bsize > SPACE_NEEDED_BYTES ? "/dev/shm" : tmpdir();
}

async function removeBuildFolder(work: string): Promise<void> {
  await removeOwnedFolder(work).catch(async () => {
    // Files of the user namespace's other users: only it can remove them.
    const argv = ["mmdebstrap", "--unshare-helper", "rm", "-rf", work];
    await mustRun({ argv, limitSeconds: 60 }).catch(() => undefined);
    await removeOwnedFolder(work);
  });
}
