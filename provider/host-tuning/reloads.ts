/*
 * Whoever has read a file reads it again only when told to. A run may end between the two. Where the plan could not see
 * that (files are as declared, and who goes by them tells nobody what they go by), a note in /run says that it is owed
 * still: written before the files, taken away by the command. A boot empties /run, and has read the files.
 */
import type { HostSnapshot } from "../host/snapshot";
import type { Step } from "../host/step";
import type { Change } from "../impact";
import { unitName } from "./boot-unit";
import { beforeSliceIsPutBack } from "./machine-slice";
import { applySystemdAffinity, irqbalanceFiles, owe, owed, reloadSlice, restartIrqbalance } from "./reload-commands";

interface Reload {
  readonly of: RegExp;
  readonly setting: string;
  /** For progress, where the argv is a script. */
  readonly name?: string;
  readonly argv: readonly string[];
  /** The file that notes it, taken away by the argv. */
  readonly note?: string;
}

/** In this order. */
const reloads: readonly Reload[] = [
  { of: /^\/etc\/systemd\/system\//, setting: unitName, argv: ["systemctl", "daemon-reload"] },
  {
    of: /^\/etc\/systemd\/system\/machine\.slice\.d\//,
    setting: "machine.slice",
    name: "give machine.slice its CPUs",
    argv: reloadSlice,
    note: owed.slice,
  },
  { of: /^\/etc\/udev\/rules\.d\//, setting: "udev", argv: ["udevadm", "control", "--reload"] },
  {
    of: irqbalanceFiles,
    setting: "irqbalance",
    name: "restart irqbalance",
    argv: restartIrqbalance,
    note: owed.irqbalance,
  },
  {
    of: /^\/etc\/systemd\/system\.conf\.d\//,
    setting: "systemd",
    name: "set systemd's CPUs",
    argv: applySystemdAffinity,
    note: owed.systemd,
  },
];

const isOwed = ({ note }: Reload, { files }: HostSnapshot): boolean =>
  note !== undefined && files.text(note) !== undefined;

/** What a run before this one has left undone. */
export function owedChanges(snapshot: HostSnapshot): readonly Change[] {
  return reloads
    .filter((one) => isOwed(one, snapshot))
    .map(({ setting }) => ({ setting, actual: "its files not read yet", desired: "read", impact: "live" }));
}

/** The steps, and behind them what makes their files count: also when they are put back. */
export function withReload(steps: readonly Step[], snapshot: HostSnapshot): readonly Step[] {
  const paths = steps.flatMap((step) => ("path" in step ? [step.path] : []));
  const needed = reloads.filter((one) => isOwed(one, snapshot) || paths.some((path) => one.of.test(path)));
  const notes = needed.flatMap((one) => (one.note === undefined || isOwed(one, snapshot) ? [] : [one.note]));
  return [
    ...(notes.length === 0 ? [] : [noteStep(notes)]),
    ...beforeSliceIsPutBack(steps),
    ...steps,
    ...needed.map(({ of: _files, note: _note, ...command }): Step => ({ kind: "run", ...command })),
  ];
}

const noteStep = (notes: readonly string[]): Step => ({
  kind: "run",
  setting: "reloads",
  name: "note who is to be told",
  argv: [...owe, ...notes],
});

/** Sets the CPUs of PID 1, which must be online by then. */
export const setsAffinity = (step: Step): boolean => step.kind === "run" && step.argv === applySystemdAffinity;
