import type { FileTree } from "./file-tree";
import { parseSysctlConf, sysctlPath, sysctlRoot, type SysctlAssignment } from "./sysctl-conf";

/** Which line decides a parameter; undefined: none sets it. */
export interface SysctlWinner {
  /** At boot: systemd-sysctl. */
  readonly boot: SysctlAssignment | undefined;
  /** After `sysctl --system` of procps, which packages and people run: /etc/sysctl.conf is read too, and last. */
  readonly reload: SysctlAssignment | undefined;
}

/** Of two files with one name only the one in the earlier folder is read: an empty one, or a link to /dev/null, masks. */
const folders = [
  "/etc/sysctl.d/",
  "/run/sysctl.d/",
  "/usr/local/lib/sysctl.d/",
  "/usr/lib/sysctl.d/",
  "/lib/sysctl.d/",
];
const mainFile = "/etc/sysctl.conf";

/** The files in the order in which systemd-sysctl reads them: by name alone, whatever the folder (sysctl.d(5)). */
export function sysctlFilesAtBoot(files: FileTree): readonly string[] {
  const byName = new Map<string, string>();
  for (const folder of folders) {
    for (const path of files.paths(folder)) {
      const name = path.slice(folder.length);
      if (/^[^./][^/]*\.conf$/.test(name) && !byName.has(name)) byName.set(name, path);
    }
  }
  return [...byName].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, path]) => path);
}

/**
 * /etc/sysctl.conf counts at boot only through a link in one of the folders (99-sysctl.conf, which Debian 13 dropped):
 * such a link is in `files` under its own path, like any file.
 */
export function sysctlWinner(key: string, files: FileTree): SysctlWinner {
  const path = sysctlPath(key).slice(sysctlRoot.length);
  const atBoot = sysctlFilesAtBoot(files);
  const read = (paths: readonly string[]) =>
    paths.flatMap((file) => parseSysctlConf(files.text(file) ?? "", file).assignments);
  return { boot: decide(path, read(atBoot)), reload: decide(path, read([...atBoot, mainFile])) };
}

/** The last line that names the key wins; only if none does, also not as `-key`, the last pattern that matches. */
function decide(path: string, assignments: readonly SysctlAssignment[]): SysctlAssignment | undefined {
  const named = assignments.findLast((each) => each.path === path);
  if (named !== undefined) return named.value === null ? undefined : named;
  return inOrder(assignments.filter((each) => isPattern(each.path))).findLast(
    (each) => each.value !== null && matches(path, each.path),
  );
}

/**
 * One line for each pattern. One that is given again moves to the end with another value, and keeps its place with the
 * same (parse_file() in src/sysctl/sysctl.c of systemd).
 */
function inOrder(assignments: readonly SysctlAssignment[]): readonly SysctlAssignment[] {
  const kept = new Map<string, SysctlAssignment>();
  for (const each of assignments) {
    if (kept.get(each.path)?.value === each.value) continue;
    kept.delete(each.path);
    kept.set(each.path, each);
  }
  return [...kept.values()];
}

function isPattern(path: string): boolean {
  return /[*?[]/.test(path);
}

/** glob(3): `*` and `?` stay inside one name, `[a-c]` and `[!a-c]` are sets of characters. */
function matches(path: string, pattern: string): boolean {
  const source = pattern.replaceAll(/\[([!^]?)(\]?[^\]/]*)\]|[*?]|[^*?]/g, (part, negated?: string, set?: string) => {
    if (set !== undefined && set !== "") return `(?!/)[${negated ? "^" : ""}${set.replaceAll(/[\\\]^[]/g, "\\$&")}]`;
    if (part === "*") return "[^/]*";
    if (part === "?") return "[^/]";
    return part.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  });
  try {
    return new RegExp(`^${source}$`).test(path);
  } catch {
    // A set with its ends the wrong way round matches nothing.
    return false;
  }
}
