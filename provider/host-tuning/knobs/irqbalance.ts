/*
 * CPUs to which irqbalance moves no interrupt. Its variable IRQBALANCE_BANNED_CPULIST takes the place of its own ban of
 * isolated and tickless CPUs, so these are always part of what is written (irqbalance pull request 90). Up to 1.7 it
 * knows the mask IRQBALANCE_BANNED_CPUS alone, and some later releases prefer it: both are written.
 * Running and persistent: a drop-in of irqbalance.service that reads a file of ours after the distribution's: of two
 * files the later wins, and either wins over Environment=. irqbalance is restarted, so it takes effect at once.
 * Source: irqbalance(1), setup_banned_cpus() in its cputree.c; systemd.exec(5), EnvironmentFile=
 */
import { z } from "zod";
import type { HostSnapshot } from "../../host/snapshot";
import { CpuSet } from "../../linux/cpu-set";
import { defineKnob, type OwnFile, type Setting } from "../knob";
import { cpusProblem, keptFree } from "./cpu-mask-file";
import { isCpuList } from "./per-cpu";

const unit = "irqbalance.service";
const dropIn = `/etc/systemd/system/${unit}.d/zz-kvm-tuning.conf`;
const environment = "/etc/kvm-tuning/irqbalance.env";
/** Debian and Ubuntu; RHEL, Fedora and SUSE; Arch. */
const others = ["/etc/default/irqbalance", "/etc/sysconfig/irqbalance", "/etc/irqbalance.env"];
const header =
  "# Written by pulumi-kvm-tuning. Change the Pulumi program, not this file: the next `pulumi up` writes it again.\n";

const bannedCpus = z
  .string()
  .refine(
    (text) => text === "" || isCpuList(text),
    'must be a CPU list such as "2-15,18", or "" for no CPU of your own',
  );

export const irqbalance = defineKnob({
  schema: z.strictObject({ bannedCpus }),
  settings: (desired, snapshot) => [row(CpuSet.parse(desired.bannedCpus), snapshot)],
  observe: (desired, snapshot) => {
    const actual = banned(snapshot);
    const wanted = CpuSet.parse(desired.bannedCpus).union(keptFree(snapshot));
    if (missingUnit(snapshot) !== undefined || actual?.equals(wanted) === true) return desired;
    return { bannedCpus: (actual ?? keptFree(snapshot)).toString() };
  },
});

function row(asked: CpuSet, snapshot: HostSnapshot): Setting {
  const free = keptFree(snapshot);
  const set = asked.union(free);
  const notApplicable = missingUnit(snapshot);
  const problem = asked.isEmpty ? undefined : cpusProblem(asked, snapshot);
  const warning = warnings({ asked, free }, snapshot).join("; ");
  return {
    name: "irqbalance.bannedCpus",
    desired: shown(set),
    actual: shown(banned(snapshot) ?? free),
    impact: "live",
    source: environment,
    ...(notApplicable !== undefined ? { notApplicable } : problem !== undefined && { problem }),
    ...(warning !== "" && notApplicable === undefined && { warning }),
    write: [],
    boot: [],
    files: filesFor(set),
  };
}

const shown = (set: CpuSet): string => (set.isEmpty ? "none" : set.toString());

function filesFor(set: CpuSet): readonly OwnFile[] {
  const variables = [
    `IRQBALANCE_BANNED_CPULIST=${set.toString()}`,
    `IRQBALANCE_BANNED_CPUS=${set.isEmpty ? "" : set.toMask()}`,
  ];
  return [
    { path: environment, content: `${header}${variables.join("\n")}\n`, mode: "0644" },
    { path: dropIn, content: `${header}[Service]\nEnvironmentFile=${environment}\n`, mode: "0644" },
  ];
}

function missingUnit(snapshot: HostSnapshot): string | undefined {
  const state = snapshot.units.get(unit)?.loadState;
  if (state === "loaded") return undefined;
  return state === "masked" ? `${unit} is masked` : "irqbalance is not installed";
}

function warnings({ asked, free }: { asked: CpuSet; free: CpuSet }, snapshot: HostSnapshot): readonly string[] {
  const added = free.minus(asked);
  const idle = snapshot.units.get(unit)?.activeState !== "active";
  return [
    ...(added.isEmpty
      ? []
      : [
          `a list replaces irqbalance's own ban of CPUs that the kernel isolates or runs tickless: ${added.toString()} stay part of it`,
        ]),
    ...(idle ? [`${unit} does not run: the list counts from its next start`] : []),
  ];
}

/** What irqbalance is told: by us if the drop-in is there, else by the distribution's file. Undefined: its own ban. */
function banned(snapshot: HostSnapshot): CpuSet | undefined {
  const ours = snapshot.files.text(dropIn) === undefined ? [] : [environment];
  const texts = [...others, ...ours].map((path) => snapshot.files.text(path) ?? "");
  const list = lastValue("IRQBALANCE_BANNED_CPULIST", texts);
  const mask = lastValue("IRQBALANCE_BANNED_CPUS", texts);
  try {
    if (list !== "") return CpuSet.parse(list);
    return mask === "" ? undefined : CpuSet.parseMask(mask);
  } catch {
    return undefined;
  }
}

function lastValue(name: string, texts: readonly string[]): string {
  const found = texts.flatMap((text) => [...text.matchAll(new RegExp(`^\\s*${name}=(.*)$`, "gm"))]).at(-1)?.[1];
  return (found ?? "").trim().replaceAll(/^["']|["']$/g, "");
}
