/*
 * Units of systemd that shall not run. Now: ActiveState. At boot: the links in /etc/systemd/system that start a unit
 * (*.wants, *.requires, and other names of it) are taken away one by one, not with `systemctl disable`, which removes
 * emptied folders too and links that nobody could put back as they were. Masked: a link UNIT -> /dev/null.
 * The journal keeps each link, and whether the unit ran.
 * Source: systemctl(1), systemd.unit(5) "[Install] Section Options"
 */
import type { JournalEntry } from "../host/journal";
import type { HostSnapshot, UnitState } from "../host/snapshot";
import type { Step } from "../host/step";
import { differs, type OwnLink, type Setting } from "./knob";
import type { Undo } from "./undo-part";

export type ServiceState = "stopped" | "masked";

const folder = "/etc/systemd/system/";

/** `tuned` is `tuned.service`, as for systemctl. */
export const unitOf = (name: string): string => (/\.[a-z]+$/.test(name) ? name : `${name}.service`);

export function serviceRow(unit: string, desired: ServiceState, snapshot: HostSnapshot): Setting {
  const name = `services.${unit}`;
  const state = snapshot.units.get(unit);
  const row: Setting = {
    name,
    desired,
    actual: null,
    impact: "live",
    source: `systemctl show ${unit}`,
    remedy: "Something has started it again: another unit, a socket, or D-Bus. `masked` keeps it from that.",
    write: [],
    boot: [],
  };
  if (state === undefined || state.loadState === "not-found" || state.loadState === "")
    return { ...row, notApplicable: "this host has no such unit" };
  const links = wantedLinks({ unit, name, desired }, snapshot);
  const problem = desired === "stopped" ? notDisabled(unit, state, links) : undefined;
  const warning = desired === "stopped" ? startedByOthers(state) : undefined;
  return {
    ...row,
    actual: stateOf({ unit, name, desired }, snapshot),
    links,
    stops: unit,
    ...(problem !== undefined && { problem }),
    ...(warning !== undefined && { warning }),
  };
}

interface Service {
  readonly unit: string;
  readonly name: string;
  readonly desired: ServiceState;
}

export const isActive = (state: UnitState | undefined): boolean =>
  ["active", "activating", "reloading", "deactivating"].includes(state?.activeState ?? "");

/** Started at every boot; "enabled-runtime" ends with this one. */
export const isEnabled = (state: UnitState | undefined): boolean =>
  ["enabled", "generated"].includes(state?.unitFileState ?? "");

function stateOf({ unit, name, desired }: Service, snapshot: HostSnapshot): string {
  const state = snapshot.units.get(unit);
  if (isActive(state)) return "active";
  if (isEnabled(state)) return "enabled";
  if (state?.unitFileState !== "masked") return "stopped";
  // Masked by others is stopped, and more.
  const ours = snapshot.journal.some((entry) => entry.setting === name && entry.paths.includes(folder + unit));
  return desired === "masked" || ours ? "masked" : "stopped";
}

function wantedLinks({ unit, name, desired }: Service, snapshot: HostSnapshot): readonly OwnLink[] {
  const mask = folder + unit;
  if (desired === "masked") return [{ path: mask, to: "/dev/null" }];
  const enabling = [...snapshot.links]
    .filter(([path, to]) => path !== mask && path.startsWith(folder) && starts(path, to, unit))
    .map(([path]) => path);
  const removed = snapshot.journal
    .filter((entry) => entry.kind === "file" && entry.setting === name)
    .flatMap((entry) => entry.paths.filter((path) => path !== mask));
  return [...new Set([...removed, ...enabling])].sort().map((path) => ({ path, to: null }));
}

/** In a folder of a target, or another name of the unit. */
function starts(path: string, to: string, unit: string): boolean {
  const [first = "", second] = path.slice(folder.length).split("/");
  if (second !== undefined) return second === unit && /\.(wants|requires)$/.test(first);
  return to.split("/").at(-1) === unit;
}

function notDisabled(unit: string, { unitFileState }: UnitState, links: readonly OwnLink[]): string | undefined {
  const remedy = `give "masked" instead of "stopped"`;
  if (unitFileState === "generated") return `an init script or a generator starts ${unit} at boot: ${remedy}`;
  if (unitFileState !== "enabled" || links.length > 0) return undefined;
  return `${unit} is enabled, but not by a link in ${folder.slice(0, -1)}: ${remedy}`;
}

function startedByOthers({ unitFileState }: UnitState): string | undefined {
  return unitFileState === "static"
    ? 'it is a static unit, so another unit may start it again: "masked" keeps it from that'
    : undefined;
}

/** Name of the journal entry of a target. */
type EntryFor = (target: string) => string;

/** Stops what is not as wanted. The first steps of all. */
export function stopSteps(settings: readonly Setting[], entryFor: EntryFor): readonly Step[] {
  return settings
    .filter((one) => differs(one) && one.problem === undefined)
    .flatMap((one): readonly Step[] =>
      one.stops === undefined
        ? []
        : [{ kind: "stopUnit", entry: entryFor(one.stops), setting: one.name, unit: one.stops }],
    );
}

/** Links that are not as wanted. */
export function linkSteps(settings: readonly Setting[], snapshot: HostSnapshot, entryFor: EntryFor): readonly Step[] {
  return settings
    .filter((one) => differs(one) && one.problem === undefined)
    .flatMap(({ name, links = [] }) =>
      links
        .filter(({ path, to }) => (snapshot.links.get(path) ?? null) !== to)
        .map(({ path, to }): Step => {
          const at = { entry: entryFor(path), setting: name, path };
          return to === null ? { kind: "removeLink", ...at } : { kind: "writeLink", ...at, to };
        }),
    );
}

/** Entries of units that no row stops any more. */
export function droppedUnits(settings: readonly Setting[], snapshot: HostSnapshot): readonly JournalEntry[] {
  const kept = new Set(settings.map(({ stops }) => stops));
  return snapshot.journal.filter((entry) => entry.kind === "unit" && !entry.paths.some((unit) => kept.has(unit)));
}

/** What ran is started again; what was enabled or masked comes back with its links, which is the files' part. */
export function undoUnits(entries: readonly JournalEntry[], snapshot: HostSnapshot): Undo {
  const parts = entries
    .filter((entry) => entry.kind === "unit")
    .toReversed()
    .map((entry) => undoUnit(entry, snapshot));
  return {
    changes: parts.flatMap((part) => part.changes),
    left: parts.flatMap((part) => part.left),
    steps: parts.flatMap((part) => part.steps),
  };
}

function undoUnit(entry: JournalEntry, snapshot: HostSnapshot): Undo {
  const unit = entry.paths[0] ?? "";
  const now = snapshot.units.get(unit);
  const [activeState = "", unitFileState = ""] = entry.original;
  if (now?.loadState === "not-found")
    return {
      changes: [],
      left: [{ setting: entry.setting, actual: "no such unit", why: "it was removed from the host" }],
      steps: [{ kind: "forget", entry: entry.name }],
    };
  const word = (state: UnitState | undefined): string =>
    isActive(state)
      ? "active"
      : isEnabled(state)
        ? "enabled"
        : state?.unitFileState === "masked"
          ? "masked"
          : "stopped";
  const [actual, desired] = [word(now), word({ loadState: "", activeState, unitFileState })];
  return {
    // Somebody has started it since: there is nothing to bring back.
    changes: actual === desired ? [] : [{ setting: entry.setting, actual, desired, impact: "live" }],
    left: [],
    steps: [{ kind: "restoreUnit", setting: entry.setting, unit, entry: entry.name }],
  };
}
