/*
 * What sets values again at every boot. sysctl keys: our own file in /etc/sysctl.d, read by systemd-sysctl. Other
 * values: a list of `path value` lines, written by a oneshot unit that is ordered before libvirt's daemons, so that
 * huge pages are there before a domain starts. Each file is ours as a whole and rendered from all knobs' rows at once.
 * The unit is not started by an apply, which has written the running values itself.
 * Source: sysctl.d(5), systemd.unit(5), https://docs.kernel.org/admin-guide/mm/hugetlbpage.html
 */
import { stillOurs, type JournalEntry } from "../host/journal";
import type { HostSnapshot } from "../host/snapshot";
import type { Step } from "../host/step";
import type { Change } from "../impact";
import { ownSysctlFile, parseSysctlConf, renderSysctlConf, sysctlPath, sysctlRoot } from "../linux/sysctl-conf";
import { isBootLoaders } from "./boot/managed-keys";
import { bootScript, bootUnit, scriptFile, unitName } from "./boot-unit";
import { bootOrder, cpuRule, cpuRuleFile, cpuUnit, cpuUnitFile, isPerCpu } from "./cpu-hotplug";
import type { BootValue, OwnFile, Setting } from "./knob";
import { linkSteps } from "./services";
import { owedChanges, withReload } from "./reloads";

export const valuesFile = "/etc/kvm-tuning/boot-values";
export const unitFile = `/etc/systemd/system/${unitName}`;
export const unitLink = `/etc/systemd/system/multi-user.target.wants/${unitName}`;

const header =
  "# Written by pulumi-kvm-tuning. Change the Pulumi program, not this file: the next `pulumi up` writes it again.\n";

/** Path of the running value -> the value that a boot sets. */
type BootMap = ReadonlyMap<string, string>;

/** The persistent files that `settings` need, whole. Empty when nothing is to be kept. */
export function bootFiles(settings: readonly Setting[]): readonly OwnFile[] {
  const values = wanted(settings);
  const sysctls = values.filter((value) => value.kind === "sysctl");
  const paths = values.filter((value) => value.kind === "path");
  const files: OwnFile[] = [];
  if (sysctls.length > 0) {
    const content = renderSysctlConf(Object.fromEntries(sysctls.map(({ key, value }) => [key, value])));
    files.push({ path: ownSysctlFile, content, mode: "0644" });
  }
  if (paths.length > 0) {
    const lines = paths.toSorted(bootOrder).map(({ path, value }) => `${path} ${value}\n`);
    files.push({ path: valuesFile, content: header + lines.join(""), mode: "0644" });
    files.push({ path: scriptFile, content: bootScript, mode: "0755" });
    files.push({ path: unitFile, content: bootUnit, mode: "0644" });
  }
  if (paths.some(({ path }) => isPerCpu(path))) {
    files.push({ path: cpuUnitFile, content: cpuUnit, mode: "0644" });
    files.push({ path: cpuRuleFile, content: cpuRule, mode: "0644" });
  }
  const own = applicable(settings).flatMap((setting) => setting.files ?? []);
  return [...files, ...new Map(own.map((file) => [file.path, file])).values()];
}

const applicable = (settings: readonly Setting[]): readonly Setting[] =>
  settings.filter((setting) => setting.notApplicable === undefined);

/** What shall be kept over boots. */
export const wanted = (settings: readonly Setting[]): readonly BootValue[] =>
  applicable(settings).flatMap((setting) => setting.boot);

/** Differences between the files that `settings` need and those that the host has, one for each setting. */
export function bootChanges(settings: readonly Setting[], snapshot: HostSnapshot): readonly Change[] {
  const actual = bootMap(snapshot);
  const rows = applicable(settings).flatMap((setting) => [
    ...(setting.boot.length > 0 ? bootChange(setting, actual) : []),
    ...fileChange(setting, snapshot),
  ]);
  const kept = new Set(wanted(settings).map(pathOf));
  const strays = [...actual]
    .filter(([path]) => !kept.has(path))
    .map(([path, value]): Change => ({ setting: `${path} (at boot)`, actual: value, desired: null, impact: "live" }));
  return [
    ...rows,
    ...strays,
    ...(rows.length + strays.length === 0 ? editedFiles(settings, snapshot) : []),
    ...unitChange(settings, snapshot),
    ...owedChanges(snapshot),
  ];
}

/** Lines of ours that somebody has edited without another value: they are written again, so they are said. */
function editedFiles(settings: readonly Setting[], snapshot: HostSnapshot): readonly Change[] {
  return bootFiles(settings)
    .filter(({ path }) => path === ownSysctlFile || path === valuesFile)
    .filter((file) => snapshot.files.text(file.path) !== undefined && !isAsWanted(file, snapshot))
    .map(({ path }) => ({ setting: path, actual: "edited", desired: "as declared", impact: "live" }));
}

function bootChange(setting: Setting, actual: BootMap): readonly Change[] {
  // A file may hold the value by another word than the preview: no_turbo says the opposite of boost.
  if (setting.boot.every((value) => actual.get(pathOf(value)) === value.value)) return [];
  const found = [...new Set(setting.boot.map((value) => actual.get(pathOf(value)) ?? null))];
  const shown = found.every((value) => value === null) ? null : found.map((value) => value ?? "(absent)").join(", ");
  return [{ setting: `${setting.name} (at boot)`, actual: shown, desired: setting.desired, impact: "live" }];
}

/** A row whose own files are not as declared will lose its value at the next boot, or the next time they are read. */
function fileChange({ name, desired, files = [] }: Setting, snapshot: HostSnapshot): readonly Change[] {
  const off = files.filter((file) => !isAsWanted(file, snapshot));
  if (off.length === 0) return [];
  const there = off.some(({ path }) => snapshot.files.text(path) !== undefined);
  return [{ setting: `${name} (at boot)`, actual: there ? "edited" : null, desired, impact: "live" }];
}

function unitChange(settings: readonly Setting[], snapshot: HostSnapshot): readonly Change[] {
  const units = [unitFile, scriptFile, cpuUnitFile, cpuRuleFile];
  const needed = bootFiles(settings).filter((file) => units.includes(file.path));
  const state = unitState(snapshot);
  if (needed.length === 0) {
    return state === null || !ours(snapshot)
      ? []
      : [{ setting: unitName, actual: state, desired: null, impact: "live" }];
  }
  const intact = needed.every((file) => isAsWanted(file, snapshot)) && state === "enabled";
  if (intact) return [];
  return [{ setting: unitName, actual: state === "enabled" ? "changed" : state, desired: "enabled", impact: "live" }];
}

const ours = (snapshot: HostSnapshot): boolean => snapshot.journal.some((entry) => entry.paths.includes(unitFile));

function unitState(snapshot: HostSnapshot): string | null {
  if (snapshot.files.text(unitFile) === undefined) return null;
  return snapshot.links.get(unitLink) === undefined ? "disabled" : "enabled";
}

function isAsWanted(file: OwnFile, snapshot: HostSnapshot): boolean {
  return `${snapshot.files.text(file.path) ?? ""}\n` === file.content;
}

/** Steps that write what differs and put back what is no longer needed. */
export function bootSteps(settings: readonly Setting[], snapshot: HostSnapshot, entryFor: EntryFor): readonly Step[] {
  const files = bootFiles(settings);
  const steps: Step[] = files
    .filter((file) => !isAsWanted(file, snapshot))
    .map((file) => ({ kind: "writeFile", entry: entryFor(file.path), setting: file.path, ...file }));
  const unit = files.some((file) => file.path === unitFile);
  if (unit && snapshot.links.get(unitLink) === undefined) {
    steps.push({ kind: "writeLink", entry: entryFor(unitLink), setting: unitName, path: unitLink, to: unitFile });
  }
  steps.push(...linkSteps(settings, snapshot, entryFor));
  return withReload([...steps, ...restoreFileSteps(unneededFiles(settings, snapshot), snapshot)], snapshot);
}

/** Journalled files that the settings no longer need. */
function unneededFiles(settings: readonly Setting[], snapshot: HostSnapshot): readonly JournalEntry[] {
  const paths = bootFiles(settings).map((file) => file.path);
  const links = applicable(settings).flatMap((setting) => (setting.links ?? []).map(({ path }) => path));
  const needed = new Set([...paths, ...links, ...(paths.includes(unitFile) ? [unitLink] : [])]);
  return snapshot.journal.filter(
    (entry) => entry.kind === "file" && !entry.paths.some((path) => needed.has(path) || isBootLoaders(path)),
  );
}

/** Files that nobody needs any more, and that somebody else has changed: they are left. */
export function leftFiles(settings: readonly Setting[], snapshot: HostSnapshot): readonly string[] {
  const foreign = unneededFiles(settings, snapshot).filter((entry) => !isOurs(entry, snapshot));
  return foreign.flatMap((entry) => entry.paths);
}

const isOurs = (entry: JournalEntry, snapshot: HostSnapshot): boolean =>
  entry.paths.every((path) => stillOurs(entry, path, snapshot.journalledFiles.get(path) ?? "absent"));

/** Name of the journal entry that keeps the original of a target: the one that has it, else a new one. */
export type EntryFor = (path: string) => string;

/** Steps that put journalled files back, the last written first; what somebody else has changed is left. */
export function restoreFileSteps(journal: readonly JournalEntry[], snapshot: HostSnapshot): readonly Step[] {
  return journal
    .filter((entry) => entry.kind === "file")
    .toReversed()
    .flatMap((entry): readonly Step[] =>
      isOurs(entry, snapshot)
        ? entry.paths.map((path) => ({ kind: "restoreFile", path, entry: entry.name }))
        : [{ kind: "forget", entry: entry.name }],
    );
}

function bootMap(snapshot: HostSnapshot): BootMap {
  const { assignments } = parseSysctlConf(snapshot.files.text(ownSysctlFile) ?? "", ownSysctlFile);
  const sysctls = assignments.map(({ path, value }) => [sysctlRoot + path, value ?? ""] as const);
  const paths = lines(snapshot.files.text(valuesFile)).map((line) => {
    const [path = "", ...value] = line.split(" ");
    return [path, value.join(" ")] as const;
  });
  return new Map([...sysctls, ...paths]);
}

const lines = (text: string | undefined): readonly string[] =>
  (text ?? "").split("\n").filter((line) => line.trim() !== "" && !line.startsWith("#"));

export const pathOf = (value: BootValue): string => (value.kind === "sysctl" ? sysctlPath(value.key) : value.path);
