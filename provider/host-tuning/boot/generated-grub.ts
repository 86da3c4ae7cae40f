/*
 * GRUB with a grub.cfg that grub-mkconfig generates from /etc/default/grub. The families differ in where its files are,
 * what the commands are called and where our arguments stand (grub-place.ts); a file each detects one.
 */
import type { HostSnapshot } from "../../host/snapshot";
import { stillOurs } from "../../host/journal";
import type { Step } from "../../host/step";
import type { GrubEntry, GrubMenu } from "../../linux/grub-config";
import { parseKernelLine, type KernelArgument } from "../../linux/kernel-args";
import type { EntryFor } from "../boot-values";
import type { BootArguments } from "./boot-arguments";
import {
  hasArguments,
  managedArguments,
  startedByGrub,
  type BootLoader,
  type BootLoaderUndo,
  type Detection,
  type Findings,
} from "./boot-loader";
import { dropIn } from "./defaults-place";
import { laterWriters, othersArguments, writersOf } from "./grub-defaults";
import { menuFile, readMenu } from "./grub-menu";
import type { GrubPlace } from "./grub-place";
import { grubTrial, trialEntryId } from "./grub-trial";
import { generateScript } from "./grub-update";

export function generatedGrub(place: GrubPlace, detect: BootLoader["detect"]): BootLoader {
  return {
    name: place.name,
    detect,
    nextBoot: (snapshot) => {
      const menu = readMenu(place.folder, snapshot);
      const entry = menu.nextOnly ?? menu.default;
      return {
        entry: entry === undefined ? "(none)" : [...entry.submenus, entry.title].join(" > "),
        oneShot: menu.nextOnly !== undefined,
        line: lineOf(entry),
        lastingLine: lineOf(menu.default),
        doubts: menu.doubts,
        sourcesOf: (key) => writersOf(key, place.defaults, snapshot),
      };
    },
    findings: (wanted, snapshot) => findings(wanted, place, snapshot),
    steps: (wanted, snapshot, entryFor) => steps(wanted, { place, snapshot, entryFor }),
    withoutOurs: (snapshot) => othersArguments(place.defaults, snapshot),
    undo: (snapshot) => undo(place, snapshot),
    trial: grubTrial(place),
  };
}

/** Usable, or why a menu of this loader is not changed. */
export function checkMenu(place: GrubPlace, snapshot: HostSnapshot): Detection {
  const reason = refusal(place, snapshot);
  return reason === undefined ? { kind: "usable" } : { kind: "refused", reason };
}

function refusal({ folder }: GrubPlace, snapshot: HostSnapshot): string | undefined {
  const file = menuFile(folder);
  if (!startedByGrub(snapshot)) {
    return "the running kernel was not started by GRUB (/proc/cmdline has no BOOT_IMAGE=), so its arguments do not come from grub.cfg";
  }
  let menu: GrubMenu;
  try {
    menu = readMenu(folder, snapshot);
  } catch (error) {
    return `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
  const entry = menu.nextOnly ?? menu.default;
  if (entry === undefined) return `${file} has no menu entry`;
  return [menu.default, menu.nextOnly].map((one) => entryProblem(one, file)).find((one) => one !== undefined);
}

/** Only entries that grub-mkconfig makes have their arguments from /etc/default/grub. */
function entryProblem(entry: GrubEntry | undefined, file: string): string | undefined {
  if (entry === undefined) return undefined;
  const name = `the menu entry ${JSON.stringify(entry.title)}, which boots next,`;
  if (entry.kernelLine === undefined) return `${name} loads no Linux kernel by itself (${file})`;
  if (entry.id.startsWith("gnulinux-") || entry.id === trialEntryId) return undefined;
  return `${name} is not generated from /etc/default/grub: choose a generated one with grub-set-default, or put the arguments into it by hand`;
}

const lineOf = (entry: GrubEntry | undefined): readonly KernelArgument[] => parseKernelLine(entry?.kernelLine ?? "");

function findings(wanted: BootArguments, place: GrubPlace, snapshot: HostSnapshot): Findings {
  const { path } = place.defaults;
  const later = laterWriters(wanted.keys, place.defaults, snapshot).map(
    (writer) => `${writer} after ${path}: rename that file so that it sorts before ${path.replace(/.*\//, "")}`,
  );
  const menu = readMenu(place.folder, snapshot);
  const doubts = menu.doubts;
  if (steps(wanted, { place, snapshot, entryFor: () => "" }).length === 0) return { problems: later, warnings: doubts };
  return { problems: later, warnings: [...doubts, ...strangers(menu, wanted, { place, snapshot })] };
}

interface Where {
  readonly place: GrubPlace;
  readonly snapshot: HostSnapshot;
}

/** Changes of others that wait for the next time that the menu is generated: ours will bring them in. */
function strangers(menu: GrubMenu, wanted: BootArguments, { place, snapshot }: Where): readonly string[] {
  const asked = othersArguments(place.defaults, snapshot);
  const line = lineOf(menu.default);
  const start = line.findIndex((argument) => argument.key === "ro");
  if (asked === undefined || start < 0) return [];
  const managed = new Set([...managedArguments(line, wanted.keys), ...managedArguments(asked, wanted.keys)]);
  const texts = (list: readonly KernelArgument[]) => list.filter((one) => !managed.has(one)).map((one) => one.text);
  const [have, will] = [texts(line.slice(start + 1)), texts(asked)];
  const added = will.filter((text) => !have.includes(text));
  const removed = have.filter((text) => !will.includes(text));
  if (added.length + removed.length === 0) return [];
  const words = [...added.map((text) => `+${text}`), ...removed.map((text) => `-${text}`)].join(" ");
  const files = place.defaults.others(snapshot).map(({ path }) => path);
  return [
    `${files.join(", ")} were changed by others since ${menuFile(place.folder)} was generated: ${place.generator} brings that in too (${words})`,
  ];
}

interface StepContext extends Where {
  readonly entryFor: EntryFor;
}

function steps(wanted: BootArguments, { place, snapshot, entryFor }: StepContext): readonly Step[] {
  if (wanted.keys.length === 0) return undo(place, snapshot).steps;
  const { path } = place.defaults;
  const content = place.defaults.content(wanted, snapshot);
  const intact = `${snapshot.files.text(path) ?? ""}\n` === content;
  const menu = readMenu(place.folder, snapshot);
  const effective = menu.entries
    .filter((entry) => entry.id.startsWith("gnulinux-") && entry.kernelLine !== undefined)
    .every((entry) => hasArguments(lineOf(entry), wanted));
  if (intact && effective) return [];
  const write: Step = { kind: "writeFile", entry: entryFor(path), setting: path, path, content, mode: "0644" };
  const fresh = place.defaults.isFresh(snapshot);
  return [...(intact ? [] : [write]), generateMenu(place, snapshot, { fresh })];
}

/** `fresh`: nothing of ours was in force before, so a failure takes it away again. */
function generateMenu(place: GrubPlace, snapshot: HostSnapshot, { fresh }: { fresh: boolean }): Step {
  const lang = /^\s*set lang=([A-Za-z_@]+)$/m.exec(snapshot.files.text(menuFile(place.folder)) ?? "")?.[1];
  return {
    kind: "run",
    setting: place.generator,
    name: place.generator,
    argv: [
      "sh",
      "-c",
      generateScript(place),
      place.generator,
      lang === undefined ? "C" : `${lang}.UTF-8`,
      fresh ? place.defaults.path : "",
    ],
  };
}

/**
 * First a file in which nothing of ours does anything, then the menu, then the original (of a drop-in mostly: no file).
 * The journal entry goes last, so that a run that is cut off anywhere is taken up again by the next one. An original
 * that did something (our own file, left by `onDelete: "retain"`) needs the menu generated from it. A block goes also
 * when others have changed the file around it since; a drop-in that others have changed is theirs.
 */
function undo(place: GrubPlace, snapshot: HostSnapshot): BootLoaderUndo {
  const { path } = place.defaults;
  const entry = snapshot.journal.find((one) => one.kind === "file" && one.paths.includes(path));
  if (entry === undefined) return { steps: [], left: [] };
  const forget: Step = { kind: "forget", entry: entry.name };
  const ours = stillOurs(entry, path, snapshot.journalledFiles.get(path) ?? "absent");
  if (!ours && place.defaults === dropIn)
    return { steps: [forget], left: [{ setting: path, actual: "its content is not ours" }] };
  const restore: Step = { kind: "restoreFile", path, entry: entry.name };
  const menu = generateMenu(place, snapshot, { fresh: false });
  if (ours && entry.original[0] !== "absent" && place.defaults === dropIn) return { steps: [restore, menu], left: [] };
  const content = place.defaults.neutral(snapshot);
  const neutral: Step = { kind: "writeFile", entry: entry.name, setting: path, path, content, mode: "0644" };
  return { steps: [neutral, menu, ours ? restore : forget], left: [] };
}
