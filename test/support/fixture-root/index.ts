/** A host's file tree in a temporary folder: made from plain data, compared as plain data. */
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";

/** path -> content, `{ link }` or `{ content, mode }`. A path that ends in `/` is a folder. */
export type Fixture = Readonly<Record<string, string | { readonly link: string } | FixtureFile>>;

export interface FixtureFile {
  readonly content: string;
  readonly mode: number;
}

export interface FixtureRoot {
  readonly root: string;
  /** Adds to the tree, or replaces files. */
  write(fixture: Fixture): void;
  read(path: string): string;
  has(path: string): boolean;
  path(path: string): string;
  /**
   * Everything that a run must put back, one text per path: kind, mode and content. Without /run/kvm-tuning (emptied
   * by a reboot).
   */
  state(): Readonly<Record<string, string>>;
  remove(): void;
}

/** In memory, where there is a place for it: the scripts sync what they write, and a disk takes its time for that. */
export const treeFolder = fs.existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

export const machineId = "0123456789abcdef0123456789abcdef";
export const bootId = "5ab6b6b3-2c5e-4d5e-9f45-3c8e5a2f0c11";

/** What every host has. */
export const smallHost: Fixture = {
  "/etc/machine-id": `${machineId}\n`,
  "/etc/hostname": "kvm-01\n",
  "/etc/sysctl.d/": "",
  "/etc/systemd/system/": "",
  "/proc/sys/kernel/random/boot_id": `${bootId}\n`,
  "/proc/sys/kernel/hostname": "kvm-01\n",
  "/proc/sys/kernel/numa_balancing": "1\n",
  "/proc/sys/vm/swappiness": "60\n",
  "/run/": "",
  "/var/lib/": "",
};

export function fixtureRoot(fixture: Fixture = smallHost): FixtureRoot {
  const root = fs.mkdtempSync(join(treeFolder, "fixture-root-"));
  const path = (inside: string): string => join(root, inside);
  const write = (more: Fixture): void => {
    for (const [name, entry] of Object.entries(more)) writeEntry(path(name), name, entry);
  };
  write(fixture);
  return {
    root,
    write,
    path,
    read: (name) => fs.readFileSync(path(name), "utf8"),
    has: (name) => fs.lstatSync(path(name), { throwIfNoEntry: false }) !== undefined,
    state: () => Object.fromEntries(walk(root, root).filter(([name]) => !name.startsWith("/run/kvm-tuning"))),
    remove: () => fs.rmSync(root, { recursive: true, force: true }),
  };
}

function writeEntry(target: string, name: string, entry: Fixture[string]): void {
  if (name.endsWith("/")) {
    fs.mkdirSync(target, { recursive: true });
    return;
  }
  fs.mkdirSync(dirname(target), { recursive: true });
  if (typeof entry === "object" && "link" in entry) {
    fs.symlinkSync(entry.link, target);
    return;
  }
  const { content, mode } = typeof entry === "string" ? { content: entry, mode: 0o644 } : entry;
  fs.writeFileSync(target, content);
  fs.chmodSync(target, mode);
}

function walk(folder: string, root: string): [path: string, state: string][] {
  return fs
    .readdirSync(folder)
    .sort()
    .flatMap((name): [string, string][] => {
      const target = join(folder, name);
      const stat = fs.lstatSync(target);
      const path = `/${relative(root, target)}`;
      const mode = (stat.mode & 0o7777).toString(8);
      if (stat.isSymbolicLink()) return [[path, `link ${fs.readlinkSync(target)}`]];
      if (stat.isDirectory()) return [[path, `folder ${mode}`], ...walk(target, root)];
      return [[path, `file ${mode} ${fs.readFileSync(target, "latin1")}`]];
    });
}
