/*
 * What delete, or an argument that left the program, puts back: computed from the journal, so that it can be shown
 * before it happens. A value that is neither the original nor anything we ever wrote belongs to somebody else by now:
 * it is named and left.
 */
import { chosen, originalValues, stillOurs, type JournalEntry } from "../host/journal";
import type { HostSnapshot } from "../host/snapshot";
import type { PathValue, Step } from "../host/step";
import type { Change } from "../impact";
import { normaliseSysctlValue } from "../linux/sysctl-conf";
import { undoBoot } from "./boot-plan";
import { bringsCpus, cannotReturn, comesBackOnline, inUndoOrder } from "./undo-order";
import { undoUnits } from "./services";
import type { Undo } from "./undo-part";
import { unitName } from "./boot-unit";
import { isBootLoaders } from "./boot/managed-keys";
import { restoreFileSteps, unitFile } from "./boot-values";
import { setsAffinity, withReload } from "./reloads";

interface WholeUndo extends Undo {
  /** Why something cannot be put back now; the journal keeps its entry. */
  readonly problem: string | undefined;
}

/** Undo of running values, in the order of undo-order.ts. An entry of which only some paths are given stays in the journal. */
export function undoValues(entries: readonly JournalEntry[], snapshot: HostSnapshot): Undo {
  const values = entries.filter((entry) => entry.kind === "values");
  const parts = inUndoOrder(values).map((entry) => undoEntry(entry, values, snapshot));
  return {
    changes: parts.flatMap((part) => part.changes),
    left: parts.flatMap((part) => part.left),
    steps: parts.flatMap((part) => part.steps),
  };
}

function undoEntry(entry: JournalEntry, all: readonly JournalEntry[], snapshot: HostSnapshot): Undo {
  const originals = [...originalValues(entry)].map(([path, value]) => ({ path, value }));
  const now = new Map(
    entry.paths.map((path) => {
      const text = snapshot.files.text(path);
      return [path, text === undefined ? undefined : plain(path, text)];
    }),
  );
  // A path that is gone (a CPU taken offline, a module unloaded) has nothing to restore.
  const ours = originals.filter(({ path }) => isOurs(entry, path, now.get(path)));
  const barred = ours.flatMap((one) => cannotReturn(one, all, snapshot) ?? []);
  const mine = ours.filter((one) => cannotReturn(one, all, snapshot) === undefined);
  const foreign = originals.filter(({ path }) => now.get(path) !== undefined && !isOurs(entry, path, now.get(path)));
  const differing = mine.filter(({ path, value }) => now.get(path) !== plain(path, value));
  const returning = originals.filter(({ path }) => now.get(path) === undefined && comesBackOnline(path, all, snapshot));
  const changes: Change[] =
    differing.length === 0
      ? []
      : [
          {
            setting: entry.setting,
            actual: shown(differing.map(({ path, value }) => now.get(path) ?? value)),
            desired: shown(differing.map(({ path, value }) => plain(path, value))),
            impact: "live",
          },
        ];
  const others = foreign.map(({ path }) => now.get(path) ?? "");
  const left = [
    ...(others.length === 0 ? [] : [{ setting: entry.setting, actual: shown(others) }]),
    ...barred.slice(0, 1).map(({ actual, why }) => ({ setting: entry.setting, actual, why })),
  ];
  return { changes, left, steps: restoreSteps(entry, { differing, returning }, snapshot) };
}

/** One spelling for what the kernel prints: the word of a choice, one blank for a tab. */
const plain = (path: string, text: string): string => normaliseSysctlValue(chosen(path, text));

function isOurs(entry: JournalEntry, path: string, value: string | undefined): boolean {
  return value !== undefined && stillOurs(entry, path, value);
}

const isPool = (path: string): boolean => path.endsWith("/nr_hugepages");

interface Originals {
  readonly differing: readonly PathValue[];
  /** Of CPUs that are offline until then; what does not come is passed over. */
  readonly returning: readonly PathValue[];
}

function restoreSteps(
  entry: JournalEntry,
  { differing, returning }: Originals,
  snapshot: HostSnapshot,
): readonly Step[] {
  const whole = snapshot.journal.find((one) => one.name === entry.name)?.paths.length === entry.paths.length;
  const values = whole ? [...differing, ...returning] : differing;
  const settle = values.some(({ path }) => isPool(path)) ? { settle: { attempts: 5 } } : {};
  if (values.length === 0) return whole ? [{ kind: "forget", entry: entry.name }] : [];
  if (whole) return [{ kind: "restoreValues", setting: entry.setting, values, entry: entry.name, ...settle }];
  return [{ kind: "writeValues", entry: entry.name, setting: entry.setting, values, ...settle }];
}

const shown = (values: readonly string[]): string => [...new Set(values)].join(", ");

/** Undo of everything in the journal: what delete does. */
export function undoAll(snapshot: HostSnapshot): WholeUndo {
  const values = undoValues(snapshot.journal, snapshot);
  const boot = undoBoot(snapshot);
  const units = undoUnits(snapshot.journal, snapshot);
  const ofUnits = new Set(snapshot.journal.flatMap(({ kind, setting }) => (kind === "unit" ? [setting] : [])));
  const files = snapshot.journal
    .filter((entry) => entry.kind === "file" && !entry.paths.some(isBootLoaders))
    .toReversed();
  const paths = files.flatMap((entry) =>
    entry.paths.map((path) => ({ entry, path, now: snapshot.journalledFiles.get(path) ?? "absent" })),
  );
  const differing = paths.filter(({ entry, now }) => now !== entry.original[0]);
  const restored = withReload(restoreFileSteps(files.toReversed(), snapshot), snapshot);
  const isFileOurs = ({ entry, path, now }: (typeof paths)[number]): boolean => stillOurs(entry, path, now);
  return {
    changes: [
      ...boot.changes,
      ...values.changes,
      ...units.changes,
      ...differing
        .filter((one) => isFileOurs(one) && !ofUnits.has(one.entry.setting))
        .map(({ entry, path }): Change => ({
          setting: path,
          actual: "written by this resource",
          desired: fileText(entry),
          impact: "live",
        })),
    ],
    left: [
      ...boot.left,
      ...values.left,
      ...units.left,
      ...differing
        .filter((one) => !isFileOurs(one))
        .map(({ path }) => ({ setting: path, actual: "its content is not ours" })),
    ],
    problem: boot.problem === undefined ? undefined : `kernel arguments cannot be taken back: ${boot.problem}`,
    // The boot loader first: whatever fails after it, the next boot is as it was. Services last: they write their own.
    steps: [
      ...boot.steps,
      ...stopUnit(snapshot),
      ...restored.filter((step) => !setsAffinity(step)),
      ...values.steps.filter(bringsCpus),
      ...restored.filter(setsAffinity),
      ...values.steps.filter((step) => !bringsCpus(step)),
      ...units.steps,
    ],
  };
}

/** After a boot the unit is active: without its file systemd would list it as not found but active. */
function stopUnit(snapshot: HostSnapshot): readonly Step[] {
  const known = snapshot.journal.some((entry) => entry.paths.includes(unitFile));
  const active = snapshot.units.get(unitName)?.activeState;
  return known && (active === "active" || active === "failed")
    ? [{ kind: "run", setting: unitName, argv: ["systemctl", "stop", unitName] }]
    : [];
}

const fileText = (entry: JournalEntry): string | null => (entry.original[0] === "absent" ? null : "the original");
