// Prints a story as it happens: chapters with the time elapsed, each command, and its output as pulumi prints it.
import type { Audience } from "../../test/e2e/support/stage";
import { elapsed } from "./progress";

const BOLD = "1";
const DIM = "2";

export function renderTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, column) => (widths[column] = Math.max(widths[column] ?? 0, cell.length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  const [heading = [], ...body] = rows;
  return [line(heading), line(widths.map((width) => "-".repeat(width))), ...body.map(line)].join("\n");
}

export function printer(): Audience & { end(): void } {
  const started = Date.now();
  const isTerminal = process.stdout.isTTY;
  const styled = (style: string, text: string): string => (isTerminal ? `\x1b[${style}m${text}\x1b[0m` : text);
  const print = (text: string): void => {
    process.stdout.write(`${text}\n`);
  };
  let chapters = 0;
  return {
    hiddenFlags: ["--color", isTerminal ? "always" : "never"],
    chapter: (title, text) => {
      chapters += 1;
      print(`\n${styled(BOLD, `${chapters}. ${title}`)}  ${styled(DIM, `[${elapsed(Date.now() - started)}]`)}`);
      if (text !== undefined) print(text);
    },
    note: print,
    table: (rows) => print(`\n${renderTable(rows)}\n`),
    command: (line) => print(`\n${styled(BOLD, `$ ${line}`)}`),
    output: (text) => process.stdout.write(text),
    end: () => print(`\n${styled(BOLD, `The demo took ${elapsed(Date.now() - started)}.`)}`),
  };
}
