import { keysOf, type KeyedVm, type Keys } from "./keys";
import type { AllocationMap } from "./model";
import { placesOf, type HostPlace, type NodePlace } from "./places";
import { barLines } from "./text/bars";
import { besides, coreBlock } from "./text/core-block";
import { createFootnotes, type Footnotes } from "./text/footnotes";
import { columnsOf, oneLine, padEnd } from "./text-width";
import { counted, countsOf, countsText, setsOf, threadsText, vmMemory } from "./words";

/** Lines stay within this, but for names and lists of CPUs that are longer themselves. */
const lineColumns = 108;
const indent = "    ";

/** The map as text of fixed width, for a terminal or the log of a CI run. The same bytes for the same map. */
export function renderText(map: AllocationMap): string {
  const keys = keysOf(map);
  const places = placesOf(map, keys);
  const title = map.name === undefined ? "Allocation map" : `Allocation map: ${oneLine(map.name)}`;
  const lines = [
    title,
    `${counted(places.length, "host")}, ${counted(keys.all.length, "VM")}, ${countsText(countsOf(places))}`,
    ...places.flatMap((place) => ["", ...hostLines(place, keys)]),
    "",
    ...legendLines(),
    ...(keys.all.length > 0 ? ["", ...vmLines(keys.all)] : []),
  ];
  return `${lines.map((line) => line.trimEnd()).join("\n")}\n`;
}

function hostLines(place: HostPlace, keys: Keys): readonly string[] {
  const { host, nodes } = place;
  const notes = createFootnotes();
  const body = nodes.flatMap((node) => ["", ...nodeLines(node, { place, keys, notes })]);
  const noteLines = notes.lines(lineColumns - 2).map((line) => `  ${line}`);
  return [
    `${oneLine(host.name)}  ${countsText(countsOf([place]))}`,
    ...setsOf(host).map(([name, cpus]) => `  ${oneLine(name)} ${cpus}`),
    ...body,
    ...(noteLines.length > 0 ? ["", ...noteLines] : []),
  ];
}

interface Context {
  readonly place: HostPlace;
  readonly keys: Keys;
  readonly notes: Footnotes;
}

function nodeLines({ node, groups }: NodePlace, { place, keys, notes }: Context): readonly string[] {
  const cores = groups.reduce((sum, group) => sum + group.cores.length, 0);
  const what = groups.length === 0 ? "memory only" : counted(cores, "core");
  const devices = (node.devices ?? []).map(oneLine).join(", ");
  const blocks = groups.map((group) => coreBlock(group, (cpu) => notes.token(cpu)));
  return [
    [`  node ${node.id}`, what, devices].filter((part) => part !== "").join("  "),
    ...barLines(node, (name) => keys.of(place.host, name)).map((line) => indent + line),
    ...besides(blocks, lineColumns - indent.length).map((line) => indent + line),
  ];
}

function legendLines(): readonly string[] {
  return [
    "Legend",
    "  A0  vCPU 0 of VM A, alone on its CPU    A~6   6 shared vCPUs of A    .  free",
    "  Aem emulator of A                       Aio1  I/O thread 1 of A      #  reserved for the host",
    "  *1  several: see below the host",
  ];
}

/** A name that is longer than its column gets a line of its own. */
const widestName = 28;

function vmLines(vms: readonly KeyedVm[]): readonly string[] {
  const rows = vms.map((keyed) => ({
    key: keyed.key,
    name: oneLine(keyed.vm.name),
    host: oneLine(keyed.host.name),
    details: [
      ...threadsText(keyed),
      ...vmMemory(keyed),
      ...(keyed.vm.planned === false ? ["not of this plan"] : []),
    ].join("; "),
  }));
  const width = (of: (row: (typeof rows)[number]) => string): number =>
    Math.max(...rows.map((row) => columnsOf(of(row))).filter((columns) => columns <= widestName), 1);
  const [key, name, host] = [width((row) => row.key), width((row) => row.name), width((row) => row.host)];
  return [
    "VMs",
    ...rows.flatMap((row) => {
      const lines: string[] = [];
      let line = `  ${padEnd(row.key, key)}  `;
      for (const [text, columns] of [
        [row.name, name],
        [row.host, host],
      ] as const) {
        const before = columnsOf(line);
        line += `${padEnd(text, columns)}  `;
        if (columnsOf(text) <= columns) continue;
        lines.push(line);
        line = " ".repeat(before + columns + 2);
      }
      return [...lines, line + row.details];
    }),
  ];
}
