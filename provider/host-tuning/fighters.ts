/*
 * Who else writes what this program manages. A table of daemons, each with the arguments whose settings it changes
 * behind our back, and the files of others that count after ours. Found in the snapshot alone. Not here: a file in
 * /etc/default/grub.d that is read after ours, which is refused whatever the mode (boot/debian-grub.ts), because the
 * next boot would not have the arguments; and another stack (ownership.ts).
 * Sources: tuned.conf(5), tuned-main.conf(5); power-profiles-daemon's README; irqbalance(1); numad(8); ksmtuned of qemu
 * (contrib/ksm), https://docs.kernel.org/admin-guide/mm/ksm.html
 */
import type { HostSnapshot } from "../host/snapshot";
import { canonicalKey, parseKernelLine } from "../linux/kernel-args";
import { parseGrubEnvironment } from "../linux/grub-environment";
import type { Setting } from "./knob";
import { overriddenKeys } from "./overridden-keys";
import type { KnobName } from "./registry";
import type { Problem } from "../resource";
import { isActive, isEnabled } from "./services";

export type Conflicts = "warn" | "takeOver" | "fail";

/** One who writes settings of this program too. */
export interface Fighter {
  /** The unit that can be stopped; none: a file, which is never edited. */
  readonly unit?: string;
  readonly text: string;
}

interface Daemon {
  readonly unit: string;
  /** Arguments whose settings it writes, by the first part of a row's name. */
  readonly writes: readonly ArgumentName[];
  readonly means: string;
  /** Not against us where the program names one of these: it has its own way to live with it. */
  readonly unless?: readonly ArgumentName[];
  readonly detail?: (snapshot: HostSnapshot) => string | undefined;
}

/** Also arguments that not every release has. */
type ArgumentName = KnobName | (string & {});

const frequency = ["cpuGovernor", "energyPerformancePreference", "boost"] as const;

/** In the order of the preview. */
export const daemons: readonly Daemon[] = [
  {
    unit: "tuned.service",
    writes: [
      ...frequency,
      "cStates",
      "sysctl",
      "numaBalancing",
      "schedRtRuntimeMicroseconds",
      "transparentHugepages",
      "ksm",
      "irqAffinity",
      "isolation",
      "kernelArguments",
      "hugepages",
      "workqueueCpus",
      "kernelThreadCpus",
      "systemdCpuAffinity",
    ],
    means: "applies its profile at every start and when it is told to, over what was set since",
    detail: (snapshot) => {
      const profile = snapshot.files.text("/etc/tuned/active_profile")?.trim();
      return profile === undefined || profile === "" ? undefined : `profile ${profile}, /etc/tuned/active_profile:1`;
    },
  },
  {
    unit: "tuned-ppd.service",
    writes: [...frequency, "cStates", "sysctl"],
    means: "switches TuneD's profile when a power profile is chosen",
  },
  {
    unit: "power-profiles-daemon.service",
    writes: frequency,
    means: "sets governor, preference and boost when a power profile is chosen, and when it starts",
  },
  {
    unit: "irqbalance.service",
    writes: ["irqAffinity", "isolation"],
    means: "moves interrupts between CPUs every 10 seconds",
    // Its own list of banned CPUs keeps it off them.
    unless: ["irqbalance"],
  },
  {
    unit: "numad.service",
    writes: ["numaBalancing", "isolation", "transparentHugepages"],
    means: "moves processes and their memory between NUMA nodes and sets how khugepaged scans",
  },
  {
    unit: "ksmtuned.service",
    writes: ["ksm"],
    means: "switches page merging on and off by how much memory is free",
  },
  {
    unit: "ksm.service",
    writes: ["ksm"],
    means: "starts page merging at every boot",
  },
];

export const fighterUnits: readonly string[] = daemons.map(({ unit }) => unit);

/** All that write a setting of `settings`. Units that the program stops by itself are none. */
export function fighters(settings: readonly Setting[], snapshot: HostSnapshot): readonly Fighter[] {
  const managed = settings.filter((one) => one.notApplicable === undefined);
  return [
    ...daemons.flatMap((daemon) => runningDaemon(daemon, managed, snapshot)),
    ...tunedArguments(managed, snapshot),
    ...overriddenKeys(settings, snapshot).map((text) => ({ text })),
  ];
}

function runningDaemon(daemon: Daemon, managed: readonly Setting[], snapshot: HostSnapshot): readonly Fighter[] {
  const state = snapshot.units.get(daemon.unit);
  if (!isActive(state) && !isEnabled(state)) return [];
  const names = contested(daemon, managed);
  if (names.length === 0 || managed.some(({ stops }) => stops === daemon.unit)) return [];
  const runs = isActive(state) ? "active" : "starts at the next boot";
  const detail = daemon.detail?.(snapshot);
  const what = [runs, ...(detail === undefined ? [] : [detail])].join(", ");
  return [{ unit: daemon.unit, text: `${daemon.unit} (${what}) may write ${list(names)} too: it ${daemon.means}` }];
}

/** Names of the rows that a daemon writes. */
function contested({ writes, unless = [] }: Daemon, managed: readonly Setting[]): readonly string[] {
  if (managed.some(({ name }) => unless.includes(argumentOf(name)))) return [];
  return managed.map(({ name }) => name).filter((name) => writes.includes(argumentOf(name)));
}

const argumentOf = (name: string): string => name.split(".")[0] ?? name;

/** The units that a takeover stops, also those that it has stopped already: else they would be started again. */
export function takenOver(settings: readonly Setting[], snapshot: HostSnapshot): readonly string[] {
  const managed = settings.filter((one) => one.notApplicable === undefined);
  const named = new Set(settings.map(({ stops }) => stops));
  return daemons
    .filter(({ unit }) => !named.has(unit) && !isOtherName(unit, snapshot))
    .filter((daemon) => contested(daemon, managed).length > 0)
    .map(({ unit }) => unit)
    .filter((unit) => {
      const state = snapshot.units.get(unit);
      const taken = snapshot.journal.some((entry) => entry.kind === "unit" && entry.paths.includes(unit));
      return isActive(state) || isEnabled(state) || taken;
    });
}

/** tuned-ppd answers to power-profiles-daemon's name too: one unit, stopped under its own. */
function isOtherName(unit: string, { links }: HostSnapshot): boolean {
  const target = links.get(`/etc/systemd/system/${unit}`)?.split("/").at(-1);
  return target !== unit && daemons.some((one) => one.unit === target);
}

/** TuneD's own kernel arguments, where the boot loader's entries read them from its environment. */
function tunedArguments(managed: readonly Setting[], snapshot: HostSnapshot): readonly Fighter[] {
  const file = "/boot/grub/grubenv";
  const text = snapshot.files.text(file);
  if (text === undefined) return [];
  // A block that GRUB pads with `#`, whose last newline the snapshot does not keep.
  const value = parseGrubEnvironment(text.endsWith("\n") ? text : `${text}\n`)?.get("tuned_params");
  if (value === undefined) return [];
  const written = new Set(parseKernelLine(value).map(({ key }) => canonicalKey(key)));
  const names = managed.filter((one) => one.kernel?.keys.some((key) => written.has(canonicalKey(key))));
  if (names.length === 0) return [];
  const line = text.split("\n").findIndex((one) => one.startsWith("tuned_params=")) + 1;
  const remedy =
    "choose a TuneD profile without a [bootloader] section, or remove the line (grub-editenv - unset tuned_params)";
  return [
    { text: `${file}:${line} (TuneD) may write ${list(names.map(({ name }) => name))} too: ${value}; ${remedy}` },
  ];
}

/** What a plan says of them. Those that a takeover stops are rows of their own; files of others are only named. */
export function conflictsOf(
  settings: readonly Setting[],
  snapshot: HostSnapshot,
  mode: Conflicts,
): { readonly problems: readonly Problem[]; readonly warnings: readonly string[] } {
  const texts = fighters(settings, snapshot).map(({ text }) => text);
  if (mode !== "fail") return { problems: [], warnings: texts };
  return { problems: texts.map((reason) => ({ path: "conflicts", reason })), warnings: [] };
}

function list(names: readonly string[]): string {
  const shown = 6;
  const all = [...new Set(names)];
  const more = all.length > shown ? ` and ${all.length - shown} more` : "";
  return all.slice(0, shown).join(", ") + more;
}
