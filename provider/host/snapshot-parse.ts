import { kargsFile } from "../linux/boot-loader-markers";
import { fileTree } from "../linux/file-tree";
import { parseEntry, type JournalEntry } from "./journal";
import type { HostSnapshot, OwnerRecord, SnapshotRequest, UnitState } from "./snapshot";
import { parseLibvirt } from "./snapshot-libvirt";
import { askedUnits, snapshotUnits } from "./snapshot-script";
import { cutSections, filesByFirstColon, filesByName, section, type Sections } from "./snapshot-sections";

/**
 * The snapshot from the output of the snapshot script. Pure. Throws when the output was cut off. Anything that the
 * host does not have is absent; `machineId` and `bootId` are then "": whether that is an error is the caller's to say
 * (of a host it is, see host-access.ts; of a recorded tree it is not).
 */
export function parseSnapshot(
  stdout: string,
  { nonce, request, readAt }: { nonce: string; request: SnapshotRequest; readAt: number },
): HostSnapshot {
  const sections = cutSections(stdout, nonce);
  const all = parseFiles(sections);
  const journal = parseJournal(all);
  const files = new Map([...all].filter(([path]) => !isState(path)));
  const machineId = files.get("/etc/machine-id") ?? "";
  const owner = all.get("/var/lib/kvm-tuning/owner.json");
  const libvirt = parseLibvirt(sections);
  return {
    machineId: /^[0-9a-f]{32}$/.test(machineId) ? machineId : "",
    bootId: files.get("/proc/sys/kernel/random/boot_id") ?? "",
    hostname: files.get("/proc/sys/kernel/hostname") ?? files.get("/etc/hostname") ?? "",
    files: fileTree(files),
    links: parseLinks(sections),
    units: parseUnits(sections.get("units") ?? [], [...snapshotUnits, ...askedUnits(request)]),
    journal,
    journalledFiles: parseTargets(sections),
    owner: owner === undefined ? undefined : parseOwner(owner),
    leftStopped: (all.get("/var/lib/kvm-tuning/restart") ?? "").split("\n").filter((line) => line !== ""),
    ...(libvirt !== undefined && { libvirt }),
    readAt,
    request,
  };
}

/** What has a field of its own. Of a trial boot the files are read where they are written (host-tuning/boot/trial.ts). */
const isState = (path: string): boolean => /^\/var\/lib\/kvm-tuning\/(?!trial)/.test(path);

function parseFiles(sections: Sections): Map<string, string> {
  const files = new Map<string, string>();
  for (const name of ["kernel", "memory", "boot-menu"]) {
    for (const [path, text] of filesByFirstColon(section(sections, name))) files.set(`/${path}`, text);
  }
  for (const [path, text] of filesByName(section(sections, "names"), section(sections, "contents"))) {
    // The kernel's files are never without a line: this one could not be read (write-only, or the driver refuses).
    const unreadable = text === "" && /^(proc|sys)\//.test(path) && !sections.get("contents")?.includes(`${path}:`);
    if (!unreadable) files.set(`/${path}`, text);
  }
  const kargs = section(sections, "ostree").join(" ");
  if (kargs !== "") files.set(kargsFile, kargs);
  for (const name of section(sections, "existing")) files.set(`/${name}`, files.get(`/${name}`) ?? "");
  return files;
}

function parseJournal(files: ReadonlyMap<string, string>): readonly JournalEntry[] {
  return [...files].flatMap(([path, meta]) => {
    const name = /^\/var\/lib\/kvm-tuning\/journal\/([^/]+)\/meta$/.exec(path)?.[1];
    if (name === undefined) return [];
    const folder = path.slice(0, -"/meta".length);
    return [parseEntry(name, { meta, original: files.get(`${folder}/original`), wrote: files.get(`${folder}/wrote`) })];
  });
}

/** Lines of `ls -ldn`: after mode, count, owner, group, size and three fields of the date comes `name -> target`. */
function parseLinks(sections: Sections): ReadonlyMap<string, string> {
  const names = section(sections, "links");
  const links = new Map<string, string>();
  for (const line of section(sections, "link-targets")) {
    const shown = /^l(?:\S+ +){8}(.*)$/.exec(line)?.[1];
    const name = names.find((one) => shown?.startsWith(`${one} -> `) === true);
    if (shown !== undefined && name !== undefined) links.set(`/${name}`, shown.slice(name.length + " -> ".length));
  }
  return links;
}

function parseTargets(sections: Sections): ReadonlyMap<string, string> {
  const links = parseLinks(sections);
  const modes = new Map(section(sections, "modes").map((line) => splitAt(line, /^(\S+ \S+) /)));
  const hashes = new Map(section(sections, "hashes").map((line) => splitAt(line, /^([0-9a-f]{64}) [ *]/)));
  const targets = new Map<string, string>();
  for (const [path, target] of links) targets.set(path, `link ${target}`);
  for (const name of section(sections, "absent")) targets.set(`/${name}`, "absent");
  for (const name of section(sections, "other")) targets.set(`/${name}`, "other");
  for (const name of section(sections, "files")) {
    const [mode, hash] = [modes.get(name), hashes.get(name)];
    // Without both it was removed while the script ran.
    targets.set(`/${name}`, mode === undefined || hash === undefined ? "absent" : `file ${mode} ${hash}`);
  }
  return targets;
}

function splitAt(line: string, head: RegExp): [name: string, value: string] {
  const found = head.exec(line);
  return [line.slice(found?.[0].length ?? 0), found?.[1] ?? ""];
}

/** Blocks of `Name=value` lines in the order of the arguments: an alias prints the name of what it stands for. */
function parseUnits(lines: readonly string[], names: readonly string[]): ReadonlyMap<string, UnitState> {
  const blocks = lines
    .join("\n")
    .split(/\n\n+/)
    .filter((block) => block.trim() !== "");
  const all = blocks.map((block) => new Map(block.split("\n").map(keyAndValue)));
  const inOrder = all.length === names.length;
  const units = new Map<string, UnitState>();
  for (const [index, values] of all.entries()) {
    const name = (inOrder ? names[index] : undefined) ?? values.get("Id") ?? "";
    units.set(name, {
      loadState: values.get("LoadState") ?? "",
      activeState: values.get("ActiveState") ?? "",
      unitFileState: values.get("UnitFileState") ?? "",
    });
  }
  return units;
}

function keyAndValue(line: string): [key: string, value: string] {
  const equals = line.indexOf("=");
  return [line.slice(0, equals), line.slice(equals + 1)];
}

function parseOwner(text: string): OwnerRecord {
  const problem = "is not what this package wrote; read it, then remove it on the host";
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Error(`/var/lib/kvm-tuning/owner.json ${problem}`, { cause });
  }
  if (typeof value === "object" && value !== null && "urn" in value && typeof value.urn === "string") {
    return { urn: value.urn };
  }
  throw new Error(`/var/lib/kvm-tuning/owner.json ${problem}`);
}
