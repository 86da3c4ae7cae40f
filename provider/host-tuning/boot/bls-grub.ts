/*
 * GRUB of RHEL 8 and later and of Fedora: the menu is made of entries of the Boot Loader Specification (blscfg), which
 * grubby edits, and grub2-mkconfig does not (RHEL 9.3 and later) or only on request. We edit the entries as grubby does,
 * file by file, because grubby keeps one value a key and hugepagesz= stands there once a size. With them go what makes
 * the entries of later kernels: `kernelopts` of grubenv (RHEL 8), /etc/kernel/cmdline, and /etc/default/grub, from which
 * grub2-mkconfig would write them again (RHEL 8 to 9.2).
 */
import { stillOurs } from "../../host/journal";
import type { HostSnapshot } from "../../host/snapshot";
import type { Step } from "../../host/step";
import { readGrubMenu } from "../../linux/grub-config";
import { parseGrubEnvironment, type GrubEnvironment } from "../../linux/grub-environment";
import { parseKernelLine } from "../../linux/kernel-args";
import { editKernelLine } from "../../linux/kernel-line-edit";
import type { EntryFor } from "../boot-values";
import type { BootArguments } from "./boot-arguments";
import { managedArguments, startedByGrub, type BootLoader, type Detection, type Findings } from "./boot-loader";
import { blsEntries, inGrubOrder, readsEntries, type BlsEntry } from "./bls-menu";
import { blsGrubTrial, blsTrialId } from "./bls-grub-trial";
import { defaultsFile } from "./defaults-block";
import { blockInDefaults } from "./defaults-place";
import { environmentFile, menuFile } from "./grub-menu";
import type { ArgumentsMemo } from "./arguments-memo";
import {
  argumentsOf,
  filesWith,
  lineText,
  lineWithoutOurs,
  memoOf,
  namesOptions,
  undoLines,
  withDropped,
  writeLines,
  type LineFiles,
} from "./line-files";

const folder = "/boot/grub2";

export const blsGrub: BootLoader = {
  name: "GRUB with boot loader entries (RHEL, Fedora)",
  detect,
  nextBoot: (snapshot) => {
    const { entries, chosen, next, doubts } = menuOf(snapshot);
    return {
      entry: (next ?? chosen)?.title ?? "(none)",
      oneShot: next !== undefined,
      line: (next ?? chosen)?.line ?? [],
      lastingLine: chosen?.line ?? [],
      doubts,
      sourcesOf: (key) => filesWith(key, entries),
    };
  },
  findings,
  steps,
  withoutOurs: lineWithoutOurs,
  undo,
  trial: blsGrubTrial(folder, (snapshot) => ({
    ...menuOf(snapshot),
    kernelopts: environmentOf(snapshot).get("kernelopts"),
  })),
};

function detect(snapshot: HostSnapshot): Detection {
  if (!readsEntries(snapshot) || snapshot.files.text(menuFile(folder)) === undefined) return { kind: "other" };
  const refused = (reason: string): Detection => ({ kind: "refused", reason });
  if (!startedByGrub(snapshot))
    return refused(
      "the running kernel was not started by GRUB (/proc/cmdline has no BOOT_IMAGE=), so its arguments do not come from /boot/loader/entries",
    );
  if (snapshot.files.text("/etc/zipl.conf") !== undefined)
    return refused("zipl starts this host: its entries must be written to disk anew (zipl) after every change");
  if (blsEntries("/boot", snapshot).length === 0) return refused("/boot/loader/entries has no entry of a Linux kernel");
  return { kind: "usable" };
}

interface Menu {
  readonly entries: readonly BlsEntry[];
  readonly chosen: BlsEntry | undefined;
  /** For one boot. */
  readonly next: BlsEntry | undefined;
  readonly doubts: readonly string[];
  /** As it would be with `entry` beside the others. */
  readonly chosenWith: (entry: BlsEntry) => BlsEntry | undefined;
}

function environmentOf(snapshot: HostSnapshot): GrubEnvironment {
  return parseGrubEnvironment(snapshot.files.text(environmentFile(folder)) ?? "") ?? new Map();
}

/** `$tuned_params` is set in grub.cfg, `$kernelopts` in grubenv. */
function variablesOf(snapshot: HostSnapshot): ReadonlyMap<string, string> {
  const config = snapshot.files.text(menuFile(folder)) ?? "";
  const set = [...config.matchAll(/^\s*set\s+(tuned_params|kernelopts)=["']?([^"'\n]*)/gm)];
  return new Map([...set.map(([, name = "", value = ""]) => [name, value] as const), ...environmentOf(snapshot)]);
}

function menuOf(snapshot: HostSnapshot): Menu {
  const all = inGrubOrder(blsEntries("/boot", snapshot, variablesOf(snapshot)));
  const entries = all.filter(({ id }) => id !== blsTrialId);
  const environment = environmentOf(snapshot);
  const spec = defaultOf(snapshot, environment);
  const chosen = choose(entries, spec);
  const once = environment.get("next_entry") ?? "";
  const missing = spec !== "" && chosen === undefined;
  return {
    entries,
    chosen: chosen ?? entries[0],
    next: once === "" ? undefined : choose(all, once),
    chosenWith: (entry) => {
      const others = inGrubOrder([...entries, entry]);
      return choose(others, spec) ?? others[0];
    },
    doubts: missing ? [`GRUB's default ${JSON.stringify(spec)} names no entry: GRUB takes the first`] : [],
  };
}

/** `default` as grub.cfg sets it: mostly saved_entry. */
function defaultOf(snapshot: HostSnapshot, environment: GrubEnvironment): string {
  const config = snapshot.files.text(menuFile(folder)) ?? "";
  const lasting = new Map([...environment].filter(([name]) => name !== "next_entry"));
  return readGrubMenu({ config, environment: lasting }).defaultSpec;
}

function choose(entries: readonly BlsEntry[], spec: string): BlsEntry | undefined {
  return /^\d+$/.test(spec) ? entries[Number(spec)] : entries.find(({ id, title }) => id === spec || title === spec);
}

function filesOf(snapshot: HostSnapshot): LineFiles {
  const { entries, chosen } = menuOf(snapshot);
  const kernelopts = environmentOf(snapshot).get("kernelopts");
  const used = entries.some(({ text }) => namesOptions(text));
  return { entries, line: lineText(chosen), snapshot, ...(used && { kernelopts }) };
}

function findings(wanted: BootArguments, snapshot: HostSnapshot): Findings {
  const { doubts } = menuOf(snapshot);
  const tuned = managedArguments(parseKernelLine(variablesOf(snapshot).get("tuned_params") ?? ""), wanted.keys);
  const problems =
    tuned.length === 0
      ? []
      : [
          `TuneD's profile gives the kernel ${tuned.map(({ text }) => text).join(" ")} ($tuned_params): leave that to the profile, or take it out of it (tuned-adm)`,
        ];
  return { problems, warnings: doubts };
}

function steps(wanted: BootArguments, snapshot: HostSnapshot, entryFor: EntryFor): readonly Step[] {
  if (wanted.keys.length === 0) return undo(snapshot).steps;
  const files = filesOf(snapshot);
  const { kernelopts } = files;
  const options = kernelopts === undefined ? undefined : editKernelLine(kernelopts, withDropped(wanted, snapshot));
  const text = snapshot.files.text(defaultsFile);
  const content = text === undefined ? undefined : blockInDefaults.content(wanted, snapshot);
  const path = defaultsFile;
  return [
    ...writeLines(wanted, files, entryFor),
    ...(options === undefined || options === kernelopts ? [] : [setOptions(options)]),
    ...(content === undefined || content === `${text ?? ""}\n`
      ? []
      : [{ kind: "writeFile", entry: entryFor(path), setting: path, path, content, mode: "0644" } as const]),
  ];
}

const setOptions = (options: string): Step => ({
  kind: "run",
  setting: "kernelopts of grubenv",
  name: "set kernelopts",
  argv: [
    "sh",
    "-c",
    'exec grub2-editenv "$KVM_TUNING_ROOT$1" set "kernelopts=$2"',
    "set",
    environmentFile(folder),
    options,
  ],
});

function undo(snapshot: HostSnapshot): ReturnType<BootLoader["undo"]> {
  const files = filesOf(snapshot);
  const memo = memoOf(snapshot);
  const options = memo === undefined ? undefined : optionsBefore(memo, files.kernelopts);
  const entry = snapshot.journal.find((one) => one.kind === "file" && one.paths.includes(defaultsFile));
  return {
    left: [],
    steps: [
      ...(options === undefined || options === files.kernelopts ? [] : [setOptions(options)]),
      ...(entry === undefined ? [] : undoDefaults(entry, snapshot)),
      ...undoLines(files),
    ],
  };
}

/** As it was, unless others have changed it since: then only ours give way. */
function optionsBefore(memo: ArgumentsMemo, now: string | undefined): string | undefined {
  if (now === undefined || memo.kernelopts === undefined) return undefined;
  const bare = (line: string) => editKernelLine(line, { keys: memo.keys, arguments: [] });
  if (bare(now) === bare(memo.kernelopts)) return memo.kernelopts;
  return editKernelLine(now, argumentsOf(memo.kernelopts, memo.keys));
}

function undoDefaults(entry: HostSnapshot["journal"][number], snapshot: HostSnapshot): readonly Step[] {
  const path = defaultsFile;
  if (stillOurs(entry, path, snapshot.journalledFiles.get(path) ?? "absent"))
    return [{ kind: "restoreFile", path, entry: entry.name }];
  const content = blockInDefaults.neutral(snapshot);
  return [
    { kind: "writeFile", entry: entry.name, setting: path, path, content, mode: "0644" },
    { kind: "forget", entry: entry.name },
  ];
}
