/*
 * A model of a host for pure tests: what the steps' scripts do to files and journal, without a shell. The scripts
 * themselves are tested in test/integration/host; here it is the plan that is tested.
 */
import { createHash } from "node:crypto";
import type { JournalEntry } from "../../../provider/host/journal";
import type { HostSnapshot } from "../../../provider/host/snapshot";
import type { Step } from "../../../provider/host/step";
import { snapshotOf } from "../snapshot";
import { machineSlice } from "./machine-slice";
import { simulatedSystemd } from "./simulated-systemd";

type Files = Readonly<Record<string, string>>;

export interface SimulatedHost {
  snapshot(): HostSnapshot;
  run(steps: readonly Step[]): void;
  /** Somebody else writes. */
  write(files: Files): void;
  /** Everything that undo must put back. */
  state(): unknown;
  /** Commands that ran. */
  readonly commands: readonly string[];
}

type Entry = { -readonly [K in keyof JournalEntry]: JournalEntry[K] } & { readonly content: string | undefined };

export function simulatedHost(
  start: Files,
  units?: Parameters<typeof snapshotOf>[0]["units"],
  startLinks: Files = {},
): SimulatedHost {
  const files = new Map(Object.entries(start));
  const links = new Map(Object.entries(startLinks));
  const systemd = simulatedSystemd(units, links);
  const journal = new Map<string, Entry>();
  const commands: string[] = [];
  const slice = machineSlice(files);

  const standing = (path: string): string => {
    const [link, text] = [links.get(path), files.get(path)];
    if (link !== undefined) return `link ${link}`;
    return text === undefined ? "absent" : `file 644 0:0 ${sha256(`${text}\n`)}`;
  };
  const put = (path: string, text: string | undefined): void => {
    if (text === undefined) files.delete(path);
    else files.set(path, text);
  };
  // Of a choice in /sys the kernel prints all words.
  const set = (path: string, value: string): void => {
    const words = (files.get(path) ?? "").replaceAll(/[[\]]/g, "").split(" ");
    const isChoice = path.startsWith("/sys/") && files.get(path)?.includes("[") === true;
    put(path, isChoice ? words.map((word) => (word === value ? `[${word}]` : word)).join(" ") : value);
  };
  const tasksetOfSystemd = (): void => {
    const conf = files.get("/etc/systemd/system.conf.d/zz-kvm-tuning.conf") ?? "";
    const cpus = /^CPUAffinity=(.+)$/m.exec(conf)?.[1] ?? files.get("/sys/devices/system/cpu/online") ?? "";
    put("/proc/1/status", `Cpus_allowed_list:\t${cpus}`);
  };
  const keep = (entry: Omit<Entry, "wrote">): Entry => {
    const kept = journal.get(entry.name) ?? { ...entry, wrote: [] };
    const strange = entry.paths.filter((path) => !kept.paths.includes(path));
    if (strange.length > 0) throw new Error(`entry ${entry.name} does not hold the original of ${strange.join()}`);
    journal.set(entry.name, kept);
    return kept;
  };
  const lines = (paths: readonly string[]): string[] => paths.map((path) => `${path}:${files.get(path) ?? ""}`);
  const note = (entry: Entry, ...more: readonly string[]): void => {
    entry.wrote = [...new Set([...entry.wrote, ...more])];
  };

  const run = (step: Step): void => {
    switch (step.kind) {
      case "writeFile":
      case "writeLink": {
        const { entry: name, setting, path } = step;
        const content = files.get(path);
        const entry = keep({ name, kind: "file", setting, paths: [path], original: [standing(path)], content });
        if (step.kind === "writeLink") links.set(path, step.to);
        else put(path, step.content.replace(/\n$/, ""));
        return note(entry, step.kind === "writeLink" ? `link ${step.to}` : sha256(step.content));
      }
      case "removeLink": {
        const { entry: name, setting, path } = step;
        const original = [standing(path)];
        const entry = keep({ name, kind: "file", setting, paths: [path], original, content: undefined });
        links.delete(path);
        return note(entry, "absent");
      }
      case "stopUnit": {
        const { entry: name, setting, unit } = step;
        keep({ name, kind: "unit", setting, paths: [unit], original: systemd.shown(unit), content: undefined });
        return systemd.stop(unit);
      }
      case "restoreUnit":
        if (journal.get(step.entry)?.original[0] === "active") systemd.start(step.unit);
        return void journal.delete(step.entry);
      case "writeValues":
      case "recordValues": {
        const { entry: name, setting } = step;
        const paths = step.kind === "recordValues" ? step.paths : step.values.map((value) => value.path);
        const missing = paths.find((path) => !files.has(path));
        if (missing !== undefined) throw new Error(`this host has no ${missing}`);
        const entry = keep({ name, kind: "values", setting, paths, original: lines(paths), content: undefined });
        if (step.kind === "recordValues")
          return note(entry, ...(step.awaited ?? []).map(({ path, value }) => `${path}:${value}`));
        for (const { path, value } of step.values) set(path, value);
        return note(entry, ...lines(paths));
      }
      case "restoreValues":
        for (const { path, value } of step.values) if (files.has(path)) set(path, value);
        return void journal.delete(step.entry);
      case "restoreFile": {
        const entry = journal.get(step.entry);
        const [original = ""] = entry?.original ?? [];
        if (original.startsWith("link ")) links.set(step.path, original.slice("link ".length));
        else links.delete(step.path);
        put(step.path, entry?.content);
        return void journal.delete(step.entry);
      }
      case "forget":
        return void journal.delete(step.entry);
      case "run":
        slice.obey(step.argv);
        if (step.argv.join(" ").includes("taskset")) tasksetOfSystemd();
        return void commands.push(step.argv.join(" "));
    }
  };

  return {
    snapshot: () => {
      const entries = [...journal.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
      const targets = entries.filter(({ kind }) => kind === "file").flatMap(({ paths }) => paths);
      return snapshotOf({
        files: Object.fromEntries(files),
        links: Object.fromEntries(links),
        ...(units && { units: systemd.units() }),
        journal: entries.map(({ content: _content, ...entry }) => ({ ...entry })),
        journalledFiles: Object.fromEntries(targets.map((path) => [path, standing(path)])),
      });
    },
    run: (steps) => steps.forEach(run),
    write: (more) => Object.entries(more).forEach(([path, text]) => put(path, text)),
    state: () => ({
      files: Object.fromEntries([...files].sort()),
      links: [...links].sort(),
      units: systemd.units(),
      journal: [...journal.keys()],
    }),
    commands,
  };
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
