/* The arguments as a page of Markdown, in the form that Prettier gives it. */
import { markdownTable } from "../lib/markdown-table";
import type { Argument } from "./arguments";

/** What one page is about. */
export interface Subject {
  /** Everything before the table. */
  readonly opening: string;
  /** By the path of an argument, where its documentation does not say it. */
  readonly impact: (path: string) => string | undefined;
  /** An example's fields as a program could have them. */
  readonly program: (fields: readonly string[]) => readonly string[];
}

export function page({ opening, impact, program }: Subject, all: readonly Argument[]): string {
  const text = { impact: (argument: Argument) => argument.doc.impact ?? impact(argument.path) ?? "", program };
  const rows = flat(all).map(({ argument }) => [
    `[\`${argument.path}\`](#${anchor(argument.path)})`,
    defaultOf(argument),
    text.impact(argument),
  ]);
  return [
    opening,
    ...markdownTable([["argument", "default", "impact"], ...rows]),
    ...flat(all).map(({ argument, depth }) => section(argument, depth, text)),
  ]
    .join("\n")
    .replace(/\n*$/, "\n");
}

interface Placed {
  readonly argument: Argument;
  readonly depth: number;
}

export function flat(all: readonly Argument[], depth = 0): readonly Placed[] {
  return all.flatMap((argument) => [{ argument, depth }, ...flat(argument.fields, depth + 1)]);
}

export const defaultOf = ({ optional, doc }: Argument): string => doc.default ?? (optional ? "" : "required");

interface Text extends Pick<Subject, "program"> {
  /** In the words of the documentation, which may say when it is another. */
  readonly impact: (argument: Argument) => string;
}

function section(argument: Argument, depth: number, { impact, program }: Text): string {
  const { path, type, doc } = argument;
  const facts = [
    `- Type: \`${type}\``,
    `- Default: ${defaultOf(argument)}`,
    `- Impact: ${impact(argument)}`,
    ...(doc.see.length > 0 ? [`- See: ${doc.see.map(link).join(", ")}`] : []),
  ];
  const heading = `${"#".repeat(Math.min(depth + 2, 6))} ${path}`;
  const parts = [`\n${heading}`, facts.join("\n"), doc.text, ...doc.examples.map((fields) => example(fields, program))];
  return parts.filter((part) => part !== "").join("\n\n");
}

/** The anchor that GitHub gives a heading. */
const anchor = (path: string): string =>
  path
    .toLowerCase()
    .replaceAll(/[^\w\s-]/g, "")
    .replaceAll(" ", "-");

const link = (text: string): string =>
  text
    .split(/,\s*/)
    .map((one) => (one.startsWith("https://") ? `<${one}>` : one))
    .join(", ");

/** An example, whole: a program could have it as it stands. */
function example(fields: string, program: Subject["program"]): string {
  const inner = fields.split("\n").map((line) => (line === "" ? "" : `  ${line}`));
  const last = inner.pop() ?? "";
  return ["```ts", ...program([...inner, `${last},`]), "```"].join("\n");
}
