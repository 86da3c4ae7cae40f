import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type SudoMode = "passThrough" | "password" | "denied" | "absent";

const systemFolders = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

const sudoScripts: Record<Exclude<SudoMode, "absent">, string> = {
  passThrough: '#!/bin/sh\n[ "$1" = -n ] && shift\nexec "$@"\n',
  password: "#!/bin/sh\necho 'sudo: a password is required' >&2\nexit 1\n",
  denied:
    "#!/bin/sh\necho \"Sorry, user $USER is not allowed to execute '/usr/bin/env' as root on fake-host.\" >&2\nexit 1\n",
};

interface Wanted {
  readonly root?: string;
  readonly bin?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly sudo?: SudoMode;
}

/** The commands' working folder and environment; `remove` deletes what was made for them. */
export function environment(wanted: Wanted): { root: string; env: Record<string, string>; remove(): void } {
  const made = mkdtempSync(join(tmpdir(), "ssh-host-"));
  const root = wanted.root ?? made;
  const path = [wanted.bin, ...toolFolders(made, wanted.sudo ?? "passThrough")].filter(
    (folder) => folder !== undefined,
  );
  return {
    root,
    env: { PATH: path.join(":"), HOME: root, LANG: "C.UTF-8", KVM_TUNING_ROOT: root, ...wanted.env },
    remove: () => rmSync(made, { recursive: true, force: true }),
  };
}

function toolFolders(made: string, sudo: SudoMode): string[] {
  const folder = join(made, "bin");
  mkdirSync(folder);
  if (sudo === "absent") return withoutSudo(folder);
  writeFileSync(join(folder, "sudo"), sudoScripts[sudo]);
  chmodSync(join(folder, "sudo"), 0o755);
  return [folder, ...systemFolders];
}

/** Where this machine has a sudo, a folder of links to everything else takes the place of the system's folders. */
function withoutSudo(folder: string): string[] {
  if (!systemFolders.some((system) => existsSync(join(system, "sudo")))) return systemFolders;
  for (const system of systemFolders.filter((each) => existsSync(each)))
    for (const name of readdirSync(system))
      if (name !== "sudo" && !existsSync(join(folder, name))) symlinkSync(join(system, name), join(folder, name));
  return [folder];
}
