/*
 * systemd-boot: entries of the Boot Loader Specification on the EFI system partition (or the boot partition), each with
 * its kernel's line; /etc/kernel/cmdline, from which kernel-install and sdbootutil make the entry of a later kernel.
 * A file there is written beside the old one and renamed, which vfat does not do at once: before the entry that boots is
 * changed, a copy of it is kept as an entry that systemd-boot lists last (its tries are used up) and takes when it is
 * the only one that can be read.
 * Source: systemd-boot(7), loader.conf(5), kernel-install(8); the Boot Loader Interface (systemd.io).
 */
import type { HostSnapshot } from "../../host/snapshot";
import type { Step } from "../../host/step";
import { loaderVariable } from "../../linux/boot-loader-markers";
import { mountOf } from "../../linux/mounts";
import type { EntryFor } from "../boot-values";
import type { BootArguments } from "./boot-arguments";
import { startedByGrub, type BootLoader, type Detection } from "./boot-loader";
import { blsEntries, bootFolders, inSystemdBootOrder, type BlsEntry } from "./bls-menu";
import { filesWith, lineText, lineWithoutOurs, undoLines, writeLines, type LineFiles } from "./line-files";
import { backupId } from "./managed-keys";
import { systemdBootTrial, trialEntryId, type SystemdBootMenu } from "./systemd-boot-trial";

export const systemdBoot: BootLoader = {
  name: "systemd-boot",
  detect,
  nextBoot: (snapshot) => {
    const { entries, chosen, next } = menuOf(snapshot);
    return {
      entry: (next ?? chosen)?.title ?? "(none)",
      oneShot: next !== undefined,
      line: (next ?? chosen)?.line ?? [],
      lastingLine: chosen?.line ?? [],
      doubts: [],
      sourcesOf: (key) => filesWith(key, entries),
    };
  },
  findings: () => ({ problems: [], warnings: [] }),
  steps,
  withoutOurs: lineWithoutOurs,
  undo: (snapshot) => ({ left: [], steps: undoLines(filesOf(menuOf(snapshot), snapshot)) }),
  trial: systemdBootTrial((snapshot) => menuOf(snapshot)),
};

const has = (snapshot: HostSnapshot) => (path: string) => snapshot.files.text(path) !== undefined;

function detect(snapshot: HostSnapshot): Detection {
  const there = has(snapshot);
  const folder = bootFolders.find((one) => there(`${one}/loader/loader.conf`));
  if (folder === undefined) return { kind: "other" };
  const refused = (reason: string): Detection => ({ kind: "refused", reason });
  const where = `systemd-boot (${folder}/loader/loader.conf)`;
  const menu = ["/boot/grub/grub.cfg", "/boot/grub2/grub.cfg"].find(there);
  if (menu !== undefined)
    return refused(`${where} and GRUB (${menu}) are both on this host: remove the one that does not start it`);
  if (there("/etc/kernelstub/configuration"))
    return refused(`${where}: kernelstub writes its entries; put the arguments there (kernelstub --add-options)`);
  const images = bootFolders
    .flatMap((one) => snapshot.files.paths(`${one}/EFI/Linux/`))
    .find((path) => /\.efi$/.test(path));
  if (images !== undefined)
    return refused(
      `${where} starts a unified kernel image (${images}): its command line is built, and signed, into it`,
    );
  if (startedByGrub(snapshot))
    return refused(`${where} is there, but the running kernel was started by GRUB (/proc/cmdline has BOOT_IMAGE=)`);
  if (allEntries(snapshot).length === 0) return refused(`${where} has no entry of a Linux kernel`);
  return { kind: "usable" };
}

/** But for those of ours that are not there to stay. */
const allEntries = (snapshot: HostSnapshot): readonly BlsEntry[] =>
  everyEntry(snapshot).filter(({ id }) => id !== backupId && id !== trialEntryId);

const everyEntry = (snapshot: HostSnapshot): readonly BlsEntry[] =>
  inSystemdBootOrder(bootFolders.flatMap((folder) => blsEntries(folder, snapshot)));

function menuOf(snapshot: HostSnapshot): SystemdBootMenu {
  const named = (entries: readonly BlsEntry[], pattern: string | undefined) =>
    pattern === undefined ? undefined : entries.find((entry) => matches(pattern, entry));
  const defaultOf = (entries: readonly BlsEntry[]) =>
    named(entries, lasting("LoaderEntryDefault", snapshot)) ?? named(entries, configured) ?? entries[0];
  const configured = bootFolders
    .map((folder) => /^default\s+(\S+)/m.exec(snapshot.files.text(`${folder}/loader/loader.conf`) ?? "")?.[1])
    .map((pattern) => saved(pattern, snapshot))
    .find((one) => one !== undefined);
  const entries = allEntries(snapshot);
  return {
    entries,
    chosen: defaultOf(entries),
    next: named(everyEntry(snapshot), firmwareVariable("LoaderEntryOneShot", snapshot)),
    chosenWith: (entry) => defaultOf(inSystemdBootOrder([...entries, entry])),
  };
}

const lasting = (name: string, snapshot: HostSnapshot): string | undefined =>
  saved(firmwareVariable(name, snapshot), snapshot);

/** `@saved`: the entry that was booted last, but for one that was chosen for one boot. */
const saved = (pattern: string | undefined, snapshot: HostSnapshot): string | undefined =>
  pattern === "@saved" ? firmwareVariable("LoaderEntryLastBooted", snapshot) : pattern;

/** A glob over the entry's file name; `.conf` may be left out. */
function matches(pattern: string, { id }: BlsEntry): boolean {
  const source = pattern
    .replaceAll(/[.+^${}()|\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  const glob = new RegExp(`^${source}$`, "i");
  return glob.test(id) || glob.test(`${id}.conf`);
}

/** Four bytes of attributes, then UTF-16: names of files are ASCII. */
function firmwareVariable(name: string, snapshot: HostSnapshot): string | undefined {
  const text = snapshot.files.text(loaderVariable(name))?.replaceAll(/[^\x20-\x7e]/g, "");
  return text === "" ? undefined : text;
}

const filesOf = ({ entries, chosen }: SystemdBootMenu, snapshot: HostSnapshot): LineFiles => ({
  entries,
  line: lineText(chosen),
  snapshot,
});

function steps(wanted: BootArguments, snapshot: HostSnapshot, entryFor: EntryFor): readonly Step[] {
  const menu = menuOf(snapshot);
  const { chosen } = menu;
  const lines = writeLines(wanted, filesOf(menu, snapshot), entryFor);
  const changes = lines.some((step) => "path" in step && step.path === chosen?.path);
  return chosen !== undefined && changes && onVfat(chosen.path, snapshot)
    ? [backup(chosen, entryFor), ...lines]
    : lines;
}

const onVfat = (path: string, snapshot: HostSnapshot): boolean =>
  mountOf(path, snapshot.files.text("/proc/mounts") ?? "")?.type === "vfat";

function backup({ path, text }: BlsEntry, entryFor: EntryFor): Step {
  const copy = `${path.slice(0, path.lastIndexOf("/"))}/${backupId}+0.conf`;
  const content = text.replace(/^(\s*title\s+).*$/m, "$1Before the kernel arguments of pulumi-kvm-tuning");
  return { kind: "writeFile", entry: entryFor(copy), setting: copy, path: copy, content, mode: "0755" };
}
