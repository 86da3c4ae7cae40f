/* Random domains, and random programs for them. */
import * as fc from "fast-check";

import { CpuSet } from "../../../provider/linux/cpu-set";
import type { Facts } from "../../../provider/vm-cpu-placement/facts";
import { described } from "../../../provider/vm-cpu-placement/described";
import { parseArgs, type PlacementArgs } from "../../../provider/vm-cpu-placement/schema";
import { gib } from "./support";

interface Draw {
  number(min: number, max: number): number;
  one<T>(...values: readonly T[]): T;
  maybe(): boolean;
  /** Of numbers up to `max`. */
  set(max: number): string;
}

/** Reads choices off a list of numbers; beyond its end each is the first. */
function drawOf(tape: readonly number[]): Draw {
  let at = 0;
  const below = (count: number): number => (tape[at++] ?? 0) % count;
  const number: Draw["number"] = (min, max) => min + below(max - min + 1);
  return {
    number,
    one: (...values) => values[below(values.length)]!,
    maybe: () => below(2) === 1,
    set: (max) => CpuSet.from(Array.from({ length: number(1, 4) }, () => number(0, max))).toString(),
  };
}

const tape = fc.array(fc.nat(), { minLength: 60, maxLength: 160, size: "max" });

type Table = Record<string, string>;

/** Facts of a domain that libvirt could have, and that arguments could ask for. */
export const arbitraryFacts: fc.Arbitrary<Facts> = tape.map((all) => factsOf(drawOf(all)));

function factsOf(draw: Draw): Facts {
  // Mostly alike, so that one program is as good for another domain.
  const maximum = draw.one(4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 1, 2, 6);
  const auto = draw.one(false, false, false, true);
  const cells = Math.min(maximum, draw.one(0, 0, 1, 2, 2, 3));
  const all: Table = {
    ...vcpus(draw, maximum),
    ...(auto ? {} : draw.maybe() ? { vcpuCpuset: draw.set(7) } : {}),
    ...threads(draw, maximum),
    ...resources(draw, maximum),
    ...numa(draw, { auto, cells, maximum }),
    ...cpu(draw, maximum),
    ...backing(draw, cells),
  };
  return new Map(Object.entries(all));
}

function vcpus(draw: Draw, maximum: number): Table {
  return {
    "vcpus.maximum": String(maximum),
    ...(maximum > 1 && draw.maybe() ? { "vcpus.current": String(draw.number(1, maximum - 1)) } : {}),
  };
}

const scheduler = (draw: Draw): string =>
  draw.one("batch", "idle", "batch", "idle", "batch", "idle", "batch", "idle", "batch", "idle", "fifo 1", "rr 99");

function threads(draw: Draw, maximum: number): Table {
  const all: Table = {};
  for (let vcpu = 0; vcpu < maximum; vcpu++) {
    if (draw.maybe()) all[`vcpuPins.${vcpu}`] = draw.set(7);
    if (draw.one(false, false, true)) all[`vcpuScheduler.${vcpu}`] = scheduler(draw);
  }
  if (draw.maybe()) all["emulatorPin"] = draw.set(7);
  if (draw.one(false, false, true)) all["emulatorScheduler"] = scheduler(draw);
  for (const id of [1, 2, 9]) {
    if (!draw.maybe()) continue;
    all[`iothreads.${id}`] = draw.maybe() ? draw.set(7) : "unpinned";
    if (draw.one(false, false, true)) all[`iothreadScheduler.${id}`] = scheduler(draw);
  }
  return all;
}

function resources(draw: Draw, maximum: number): Table {
  const all: Table = {};
  if (draw.maybe()) all["cpuShares"] = String(draw.number(2, 10000));
  if (draw.maybe()) all["cpuBandwidth.periodMicroseconds"] = String(draw.number(1000, 1000000));
  if (draw.maybe()) all["cpuBandwidth.quotaMicroseconds"] = draw.one("-1", "1000", "17592186044415");
  const vcpus = [...Array(maximum).keys()];
  const half = CpuSet.from(vcpus.filter((vcpu) => vcpu % 2 === 0)).toString();
  const rest = CpuSet.from(vcpus.filter((vcpu) => vcpu % 2 === 1)).toString();
  for (const group of [half, rest].filter((one) => one !== "")) {
    if (draw.one(false, false, true)) all[`cacheTune.${group}.L3.0.${draw.one("both", "code", "data")}`] = "3072 KiB";
    if (draw.one(false, false, true)) all[`cacheTune.${group}.L3.1.both`] = `${draw.number(1, 9999)} KiB`;
    if (draw.one(false, false, true)) all[`memoryTune.${group}.node${draw.number(0, 1)}`] = String(draw.number(1, 100));
  }
  return all;
}

interface Shape {
  readonly auto: boolean;
  readonly cells: number;
  readonly maximum: number;
}

function numa(draw: Draw, { auto, cells, maximum }: Shape): Table {
  const mode = draw.one("strict", "preferred", "interleave", "restrictive");
  const nodes = (): string => draw.one("0", "1", "0-1");
  const placed = !auto && draw.maybe();
  const all: Table = auto ? { "numa.mode": mode, "numa.placement": "auto", "vcpus.placement": "auto" } : {};
  if (placed) Object.assign(all, { "numa.mode": mode, "numa.nodeset": nodes() });
  let sum = 0;
  for (let cell = 0; cell < cells; cell++) {
    const of = (field: string): string => `numa.cells.${cell}.${field}`;
    const own = [...Array(maximum).keys()].filter((vcpu) => vcpu % cells === cell);
    const kib = gib * draw.number(1, 4);
    sum += kib;
    all[of("vcpus")] = CpuSet.from(own).toString();
    all[of("memory")] = `${kib} KiB`;
    if (draw.maybe()) all[of("memAccess")] = draw.one("shared", "private");
    if (!auto && draw.maybe()) {
      const restrictive = placed && mode === "restrictive";
      all[of("mode")] = restrictive ? mode : draw.one("strict", "preferred", "interleave");
      all[of("nodeset")] = nodes();
    }
    for (const level of [1, 3])
      if (draw.one(false, false, true))
        all[of(`caches.${level}`)] =
          `${draw.one("none", "direct", "full")} ${draw.one("none", "writeback", "writethrough")} ${draw.number(1, 9999)} KiB line ${draw.one(64, 128)} B`;
    // The way back is told with the way there.
    for (let to = 0; to < cell; to++) {
      if (!draw.maybe()) continue;
      all[of(`distances.${to}`)] = String(draw.number(21, 255));
      all[`numa.cells.${to}.distances.${cell}`] = String(draw.number(11, 19));
    }
  }
  const memory = cells === 0 ? gib * draw.number(1, 8) : sum;
  all["memory"] = `${memory} KiB`;
  if (draw.maybe()) all["currentMemory"] = `${draw.number(1, memory - 1)} KiB`;
  return all;
}

function cpu(draw: Draw, maximum: number): Table {
  const mode = draw.one("", "", "host-passthrough", "maximum", "host-model", "custom", "custom");
  const hostCpu = mode === "host-passthrough" || mode === "maximum";
  const all: Table = mode === "" ? {} : { "cpu.mode": mode };
  if (hostCpu && draw.maybe()) all["cpu.migratable"] = "off";
  if (mode !== "" && draw.maybe()) all["cpu.check"] = draw.one("full", hostCpu ? "partial" : "none");
  if (mode === "custom") {
    all["cpu.model"] = draw.one("Haswell-noTSX", "Skylake-Server-IBRS");
    if (draw.maybe()) all["cpu.match"] = draw.one("minimum", "strict");
    if (draw.maybe()) all["cpu.fallback"] = "forbid";
    if (draw.one(false, false, true)) all["cpu.vendor"] = "AMD";
  }
  for (const name of ["pcid", "amd-stibp", "avx512_vp2intersect", "x.y"])
    if (draw.one(false, false, true))
      all[`cpu.features.${name}`] = draw.one("force", "require", "optional", "disable", "forbid");
  if (draw.maybe()) {
    const half = maximum % 2 === 0 ? draw.one("sockets", "dies", "clusters", "threads") : "sockets";
    const two = maximum % 2 === 0 ? 2 : 1;
    Object.assign(all, { "cpu.topology.sockets": "1", "cpu.topology.threads": "1" });
    all["cpu.topology.cores"] = String(maximum / two);
    if (two > 1) all[`cpu.topology.${half}`] = "2";
  }
  if (draw.maybe())
    all["cpu.cache"] =
      hostCpu || mode === "" ? draw.one("passthrough", "disable") : draw.one("emulate level 3", "disable");
  return all;
}

function backing(draw: Draw, cells: number): Table {
  const all: Table = {};
  const pages = ["default", "2M", "1G", ...(cells > 1 ? ["1G cells 0, 2M cells 1", "1G, 2M cells 0-1"] : [])];
  // libvirt takes huge pages whole, at the start, and none that are anonymous.
  const huge = draw.maybe();
  if (huge) all["memoryBacking.hugepages"] = draw.one(...pages);
  const locked = draw.one(false, false, true);
  if (locked) all["memoryBacking.locked"] = "yes";
  // Without a limit of its own a locked domain is given one.
  if (locked || draw.maybe()) all["memoryBacking.hardLimit"] = `${1024 * draw.number(20000, 32000)} KiB`;
  if (draw.maybe()) all["memoryBacking.nosharepages"] = "yes";
  if (draw.maybe()) all["memoryBacking.source"] = draw.one(huge ? "file" : "anonymous", "file", "memfd");
  if (draw.maybe()) all["memoryBacking.access"] = draw.one("shared", "private");
  if (draw.maybe()) all["memoryBacking.allocation"] = draw.one("immediate", huge ? "immediate" : "ondemand");
  return all;
}

export const argumentNames = [
  "vcpus",
  "vcpuCpuset",
  "vcpuPins",
  "emulatorPin",
  "iothreads",
  "vcpuScheduler",
  "emulatorScheduler",
  "cpuShares",
  "cpuBandwidth",
  "cacheTune",
  "memoryTune",
  "numa",
  "cpu",
  "memoryBacking",
] as const;

const connection = { host: "10.0.0.11" };

/** The arguments as the schema gives them on. Throws for what no program may write. */
export function argsOf(given: Readonly<Record<string, unknown>>): PlacementArgs {
  const parsed = parseArgs({ connection, domain: "db", ...given });
  if ("args" in parsed) return parsed.args;
  throw new Error(parsed.problems.map(({ path, reason }) => `${path}: ${reason}`).join("; "));
}

/** Everything of a domain, as a program would say it. */
export const describedAll = (facts: Facts): Record<string, unknown> =>
  Object.fromEntries(
    argumentNames.flatMap((name) => {
      const value = described(name, facts);
      return value === undefined ? [] : [[name, value]];
    }),
  );

/** Of what is given some, and of some arguments not all fields. */
function some(draw: Draw, all: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => {
      if (draw.maybe()) return [];
      const whole = name === "vcpuPins" || typeof value !== "object" || value === null || Array.isArray(value);
      if (whole || draw.maybe()) return [[name, value]];
      const part = Object.entries(value).filter(() => draw.maybe());
      return part.length === 0 ? [] : [[name, Object.fromEntries(part)]];
    }),
  );
}

/** A program that asks for some of what another domain has. */
export const arbitraryProgram: fc.Arbitrary<PlacementArgs> = tape.map((choices) => {
  const draw = drawOf(choices);
  const all = describedAll(factsOf(draw));
  const part = some(draw, all);
  // A model without its mode, or the like, is no program.
  return isProgram(part) ? argsOf(part) : argsOf(all);
});

const isProgram = (given: Readonly<Record<string, unknown>>): boolean =>
  "args" in parseArgs({ connection, domain: "db", ...given });
