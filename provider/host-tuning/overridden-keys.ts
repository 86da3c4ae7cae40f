import type { HostSnapshot } from "../host/snapshot";
import { fileTree } from "../linux/file-tree";
import { ownSysctlFile, parseSysctlConf, sysctlPath, sysctlRoot } from "../linux/sysctl-conf";
import { sysctlWinner } from "../linux/sysctl-precedence";
import { bootFiles, wanted } from "./boot-values";
import type { Setting } from "./knob";

/** sysctl keys that another file sets again after ours, at boot or when somebody runs `sysctl --system`. */
export function overriddenKeys(settings: readonly Setting[], snapshot: HostSnapshot): readonly string[] {
  const own = bootFiles(settings).find((file) => file.path === ownSysctlFile);
  if (own === undefined) return [];
  // A link that leads nowhere is no file, and masks like an empty one (seen with systemd 252).
  const paths = [...snapshot.links.keys(), ...snapshot.files.paths("/")].filter((path) => path.includes("/sysctl."));
  const files = fileTree(
    new Map([...paths.map((path) => [path, snapshot.files.text(path) ?? ""] as const), [own.path, own.content]]),
  );
  const ownLines = parseSysctlConf(own.content, own.path).assignments;
  return wanted(settings).flatMap((value) => {
    if (value.kind !== "sysctl") return [];
    const { boot, reload } = sysctlWinner(value.key, files);
    const over = [boot, reload].find(
      (line) => line !== undefined && line.file !== ownSysctlFile && line.value !== value.value,
    );
    if (over === undefined) return [];
    const when = over === boot ? "at boot" : "when somebody runs `sysctl --system`,";
    const ours = ownLines.find(({ path }) => sysctlRoot + path === sysctlPath(value.key));
    const loser = `${own.path}:${ours?.line ?? 1} (${value.value})`;
    return [
      `${value.key}: ${when} ${over.file}:${over.line} sets it to ${over.value ?? ""} and wins over ${loser}: remove that line`,
    ];
  });
}
