/*
 * Entries of the Boot Loader Specification on a host: which there are, in whose order, what each gives its kernel.
 * Source: the Boot Loader Specification; GRUB's blscfg.c of Fedora and RHEL; systemd-boot(7), loader.conf(5).
 */
import type { HostSnapshot } from "../../host/snapshot";
import { blsOptions, blsValue, parseBlsEntry } from "../../linux/bls-entry";
import { parseKernelLine, type KernelArgument } from "../../linux/kernel-args";
import { compareVersions } from "../../linux/compare-versions";
import { compareVersionFormat } from "../../linux/version-format";

export interface BlsEntry {
  readonly path: string;
  readonly text: string;
  /** The file's name without `.conf`; systemd-boot's counter of tries left out. */
  readonly id: string;
  readonly title: string;
  readonly version: string;
  readonly sortKey: string | undefined;
  /** systemd-boot has used up its tries. */
  readonly bad: boolean;
  readonly line: readonly KernelArgument[];
}

/** Where the EFI system partition and the boot partition may hold loader/entries. */
export const bootFolders = ["/boot", "/boot/efi", "/efi"] as const;

/** Entries that start a Linux kernel. `variables`: of the boot loader, which expands `$name`. */
export function blsEntries(
  folder: string,
  snapshot: HostSnapshot,
  variables: ReadonlyMap<string, string> = new Map(),
): readonly BlsEntry[] {
  return snapshot.files.paths(`${folder}/loader/entries/`).flatMap((path) => {
    const text = `${snapshot.files.text(path) ?? ""}\n`;
    const fields = parseBlsEntry(text);
    const value = (key: string) => blsValue(fields, key);
    if (!path.endsWith(".conf") || value("linux") === undefined) return [];
    const [, id = "", left] = /([^/]*?)(?:\+(\d+)(?:-\d+)?)?\.conf$/.exec(path) ?? [];
    const options = blsOptions(text).replaceAll(/\$(\w+)/g, (_all, name: string) => variables.get(name) ?? "");
    return [
      {
        path,
        text,
        id,
        title: value("title") ?? id,
        version: value("version") ?? "",
        sortKey: value("sort-key"),
        bad: left === "0",
        line: parseKernelLine(options),
      },
    ];
  });
}

/** GRUB takes the file names, the highest version first. */
export const inGrubOrder = (entries: readonly BlsEntry[]): readonly BlsEntry[] =>
  [...entries].sort((left, right) => compareVersions(right.id, left.id));

/** systemd-boot: what still has tries, then by sort key, then the highest version, then the name. */
export function inSystemdBootOrder(entries: readonly BlsEntry[]): readonly BlsEntry[] {
  return [...entries].sort(
    (left, right) =>
      Number(left.bad) - Number(right.bad) ||
      Number(left.sortKey === undefined) - Number(right.sortKey === undefined) ||
      (left.sortKey ?? "").localeCompare(right.sortKey ?? "", "en") ||
      (left.sortKey === undefined ? 0 : compareVersionFormat(right.version, left.version)) ||
      compareVersionFormat(right.id, left.id),
  );
}

/** GRUB's menu consists of these entries: it is not generated from /etc/default/grub. */
export const readsEntries = (snapshot: HostSnapshot): boolean =>
  ["/boot/grub2/grub.cfg", "/boot/grub/grub.cfg"].some((path) => /^\s*blscfg\b/m.test(snapshot.files.text(path) ?? ""));
