import type { Inspection } from "../../provider/inspect/inspect";
import type { Check } from "../../provider/inspect/model";
import { inspectHost, type InspectOptions } from "../inspect-host";
import type { Reading } from "../reading";
import { table, type Cell, type Colour, type Terminal } from "../terminal";

export interface VerifyOptions extends InspectOptions {
  readonly json: boolean;
}

/** Exit code 1: a check has failed. */
export async function verify(reading: Reading, terminal: Terminal, options: VerifyOptions): Promise<number> {
  const { inspection: found } = await inspectHost(reading, options);
  const { checks, unavailable } = found;
  if (options.json) terminal.out(`${JSON.stringify({ host: reading.name, checks, unavailable }, null, 2)}\n`);
  else terminal.out(`${verifyText(reading.name, found, terminal.colour)}\n`);
  return checks.some(({ verdict }) => verdict === "fail") ? 1 : 0;
}

const marks: Readonly<Record<Check["verdict"], { readonly text: string; readonly colour: Colour }>> = {
  pass: { text: "pass", colour: "green" },
  fail: { text: "FAIL", colour: "red" },
  unknown: { text: "unknown", colour: "yellow" },
  notApplicable: { text: "n/a", colour: "grey" },
};

export function verifyText(host: string, { checks, unavailable }: Inspection, colour: boolean): string {
  const bySubject = Map.groupBy(checks, ({ subject }) => subject);
  const parts = [...bySubject].flatMap(([subject, all]) => [
    subject === "host" ? host : `domain ${subject}`,
    table(
      all.map((one): readonly Cell[] => [
        { text: `  ${marks[one.verdict].text}`, colour: marks[one.verdict].colour },
        { text: one.check },
        { text: one.expected === one.actual ? one.actual : `${one.actual} (expected ${one.expected})` },
      ]),
      colour,
    ),
    "",
  ]);
  const failed = checks.filter(({ verdict }) => verdict === "fail");
  const remedies = failed.map((one) => `  ${one.check}: ${one.remedy ?? ""} (read in ${one.source})`);
  const total = `${checks.length} checks, ${failed.length} failed`;
  return [
    ...parts,
    ...(unavailable === undefined ? [] : [`domains are not known: ${unavailable}`]),
    total,
    ...(failed.length === 0 ? [] : ["What to do:", ...remedies]),
  ].join("\n");
}
