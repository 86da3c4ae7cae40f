import { readFileSync, writeFileSync } from "node:fs";
import { compare, parseMeasurement, type Comparison, type Measurement } from "../../provider/inspect/measure";
import type { Reading } from "../reading";
import { table, type Colour, type Terminal } from "../terminal";
import { UsageError } from "../usage-error";

export interface MeasureOptions {
  readonly json: boolean;
  readonly seconds: number;
  readonly domain?: string | undefined;
  /** CPUs for cyclictest, as a list. */
  readonly cpus?: string | undefined;
  readonly profile: boolean;
  /** File for the numbers. */
  readonly save?: string | undefined;
  /** File of an earlier `save`. */
  readonly compare?: string | undefined;
}

export async function measure(reading: Reading, terminal: Terminal, options: MeasureOptions): Promise<number> {
  const { seconds, cpus = "", profile } = options;
  if (!/^(\d+(-\d+)?(,\d+(-\d+)?)*)?$/.test(cpus)) throw new UsageError(`${JSON.stringify(cpus)} is no list of CPUs`);
  const earlier = options.compare === undefined ? undefined : readEarlier(options.compare);
  const pid = await pidOf(reading, options.domain);
  const output = await reading.measure(seconds, { cpus, pid, profile });
  const found = parseMeasurement(output, seconds);
  if (options.save !== undefined) writeFileSync(options.save, `${JSON.stringify(found, null, 2)}\n`);
  const compared = earlier === undefined ? [] : compare(earlier.metrics, found.metrics);
  const text = options.json
    ? JSON.stringify({ ...found, ...(earlier && { compared }) }, null, 2)
    : measureText(found, compared, terminal.colour);
  terminal.out(`${text}\n`);
  return compared.some(({ verdict }) => verdict === "worse") ? 1 : 0;
}

async function pidOf(reading: Reading, domain: string | undefined): Promise<string> {
  if (domain === undefined) return "";
  const { libvirt } = await reading.snapshot();
  const found = libvirt?.domains.find(({ name, uuid }) => name === domain || uuid === domain);
  if (found === undefined) throw new Error(`there is no domain ${JSON.stringify(domain)} on this host`);
  if (found.process === undefined) throw new Error(`domain ${domain} does not run, or its process was not found`);
  return String(found.process.pid);
}

function readEarlier(file: string): Measurement {
  try {
    const found = JSON.parse(readFileSync(file, "utf8")) as Measurement;
    if (Array.isArray(found.metrics)) return found;
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  throw new UsageError(`${file} is no measurement of --save`);
}

const number = (value: number): string => (Number.isInteger(value) ? String(value) : value.toFixed(2));

const colours: Readonly<Record<Comparison["verdict"], Colour>> = {
  better: "green",
  worse: "red",
  same: "grey",
  differs: "yellow",
};

export function measureText(found: Measurement, compared: readonly Comparison[], colour: boolean): string {
  const rows = found.metrics.map(({ name, value, unit }) => [name, `${number(value)} ${unit}`.trim()]);
  const before = compared.flatMap(({ name, unit, before: was, after, verdict }) => {
    const most = Math.max(was, after, Number.MIN_VALUE);
    const bar = (value: number) => "▇".repeat(Math.round((value / most) * 20));
    return [
      [name, "before", `${number(was)} ${unit}`.trim(), bar(was)],
      ["", "now", `${number(after)} ${unit}`.trim(), bar(after), { text: verdict, colour: colours[verdict] }],
    ];
  });
  return [
    table(rows, colour),
    ...Object.entries(found.notApplicable).map(([tool, why]) => `not applicable: ${tool}: ${why}`),
    ...(before.length === 0 ? [] : ["", table(before, colour)]),
    ...(found.profile.length === 0 ? [] : ["", ...found.profile]),
  ].join("\n");
}
