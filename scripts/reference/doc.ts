/* A documentation comment: its text, and the tags that this package uses. */
import ts from "typescript";

export interface Doc {
  /** Paragraphs, lines as written. */
  readonly text: string;
  readonly default: string | undefined;
  readonly impact: string | undefined;
  readonly see: readonly string[];
  /** Code, without its fence. */
  readonly examples: readonly string[];
}

export function readDoc(node: ts.Node, source: ts.SourceFile): Doc {
  const comment = ts.getJSDocCommentsAndTags(node).find(ts.isJSDoc)?.getText(source) ?? "";
  const [text = "", ...tags] = plainLines(comment).split(/^(?=@[a-z]+\b)/m);
  const known = new Set(["default", "impact", "see", "example"]);
  const read = tags.map((tag): readonly string[] => /^@([a-z]+)\s*([\s\S]*)$/.exec(tag.trim()) ?? []);
  const unknown = read.find(([, name = ""]) => !known.has(name));
  if (unknown !== undefined) throw new Error(`unknown tag ${unknown[0] ?? ""} in the SDK's documentation`);
  const all = (wanted: string) => read.flatMap(([, name, value = ""]) => (name === wanted ? [value] : []));
  return {
    text: text.trim(),
    default: all("default")[0],
    impact: all("impact")[0],
    see: all("see"),
    examples: all("example").map((example) => example.replace(/^```ts\n/, "").replace(/\n```$/, "")),
  };
}

const plainLines = (comment: string): string =>
  comment
    .replace(/^\/\*\*/, "")
    .replace(/\*\/$/, "")
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, "").trimEnd())
    .join("\n");
