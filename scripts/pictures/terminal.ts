/* A command's output as a picture of a terminal: the text that the docs show, in the colours that a terminal has. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

const characterWidth = 7.2;
const lineHeight = 17;
const margin = 14;
const longestLine = 118;

/** The first block of docs/command.md that begins with `$ COMMAND`. */
export function shownOutput(command: string): readonly string[] {
  const text = readFileSync(join(__dirname, "../../docs/command.md"), "utf8");
  const start = text.indexOf(`$ ${command}\n`);
  if (start < 0) throw new Error(`docs/command.md does not show ${command}`);
  return text.slice(start, text.indexOf("\n```", start)).split("\n");
}

export function terminalSvg(title: string, lines: readonly string[]): string {
  const cut = lines.map((line) => (line.length > longestLine ? `${line.slice(0, longestLine - 1)}…` : line));
  const columns = Math.max(...cut.map((line) => line.length));
  const width = Math.ceil(2 * margin + columns * characterWidth);
  const height = 2 * margin + cut.length * lineHeight;
  const rows = cut.map((line, index) => {
    const y = margin + (index + 0.75) * lineHeight;
    return `<text x="${margin}" y="${y.toFixed(1)}">${spans(line)}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}">`,
    `<style>text{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#d6d8dd;white-space:pre}` +
      `.good{fill:#7fc98b}.bad{fill:#ff8d83;font-weight:bold}.doubt{fill:#e8c266}.dim{fill:#9aa0aa}.head{fill:#fff;font-weight:bold}</style>`,
    `<rect width="${width}" height="${height}" rx="8" fill="#1f2329"/>`,
    ...rows,
    `</svg>`,
    "",
  ].join("\n");
}

/** Verdicts, headings, the command itself and what is said beside. */
const rules: readonly (readonly [RegExp, string])[] = [
  [/^\$ .*/, "head"],
  [/^ {2}(pass)(?= )/, "good"],
  [/^ {2}(FAIL|wrong)(?= )/, "bad"],
  [/^ {2}(costs|look|unknown)(?= )/, "doubt"],
  [/^\S.*/, "head"],
  [/^ {9}.*/, "dim"],
];

function spans(line: string): string {
  const found = rules.flatMap(([pattern, style]) => {
    const match = pattern.exec(line);
    return match === null ? [] : [{ match, style }];
  })[0];
  if (found === undefined) return escaped(line);
  const word = found.match[1] ?? found.match[0];
  const at = line.indexOf(word);
  return `${escaped(line.slice(0, at))}<tspan class="${found.style}">${escaped(word)}</tspan>${escaped(line.slice(at + word.length))}`;
}

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
