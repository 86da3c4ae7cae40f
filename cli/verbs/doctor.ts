import { checklist, type Point } from "../../provider/inspect/checklist";
import { cases, findingsOf, type Finding } from "../../provider/inspect/findings";
import { inspectHost, type InspectOptions } from "../inspect-host";
import type { Reading } from "../reading";
import { painted, table, type Colour, type Terminal } from "../terminal";
import { UsageError } from "../usage-error";

export interface DoctorOptions extends InspectOptions {
  readonly json: boolean;
  readonly checklist: boolean;
  readonly explain?: string | undefined;
}

/** Exit code 1: something was found. */
export async function doctor(reading: Reading, terminal: Terminal, options: DoctorOptions): Promise<number> {
  const { snapshot, inspection } = await inspectHost(reading, options);
  if (options.checklist) {
    const points = checklist(
      snapshot,
      inspection.domains.map(({ domain }) => domain),
    );
    terminal.out(`${options.json ? JSON.stringify(points, null, 2) : checklistText(points, terminal.colour)}\n`);
    return 0;
  }
  const findings = findingsOf(snapshot, inspection);
  if (options.explain !== undefined) {
    const named = findings.filter(({ id }) => id === options.explain);
    if (named.length === 0) throw new UsageError(`nothing was found under ${options.explain}`);
    terminal.out(`${options.json ? JSON.stringify(named, null, 2) : named.map(explained).join("\n\n")}\n`);
    return 1;
  }
  terminal.out(`${options.json ? JSON.stringify(findings, null, 2) : doctorText(findings, terminal.colour)}\n`);
  return findings.some(({ weight }) => weight > 1) ? 1 : 0;
}

const weights: Readonly<Record<Finding["weight"], { readonly text: string; readonly colour: Colour }>> = {
  3: { text: "wrong", colour: "red" },
  2: { text: "costs", colour: "yellow" },
  1: { text: "look", colour: "grey" },
};

export function doctorText(findings: readonly Finding[], colour: boolean): string {
  if (findings.length === 0) return "Nothing was found.";
  const byCase = Map.groupBy(findings, (one) => one.case);
  return [...byCase]
    .flatMap(([name, all]) => [
      painted(cases[name], "bold", colour),
      ...all.flatMap(({ weight, subject, text, evidence, remedy, id }) => [
        `  ${painted(weights[weight].text, weights[weight].colour, colour)}  ${subject}: ${text}  [${id}]`,
        `         ${evidence}`,
        `         → ${remedy}`,
      ]),
      "",
    ])
    .join("\n")
    .trimEnd();
}

const explained = ({ id, case: which, subject, text, evidence, remedy }: Finding): string =>
  [`${id} (${cases[which]})`, `  ${subject}: ${text}`, `  seen: ${evidence}`, `  do:   ${remedy}`].join("\n");

const states: Readonly<Record<Point["state"], Colour>> = {
  done: "green",
  "in part": "yellow",
  "not done": "red",
  "not applicable": "grey",
};

export const checklistText = (points: readonly Point[], colour: boolean): string =>
  table(
    points.map(({ number, point, state, evidence, argument }) => [
      String(number),
      point,
      { text: state, colour: states[state] },
      evidence,
      argument,
    ]),
    colour,
  );
