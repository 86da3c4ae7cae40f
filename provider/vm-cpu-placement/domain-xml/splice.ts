import { written, type NewElement } from "./element-edit";
import { DomainXmlError, lineAt } from "./error";
import { childrenNamed, type XmlElement } from "./tree";

/** Text that takes the place of what stands from `start` to `end`. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** All offsets are of the given text. Splices at one place keep their order. */
export function spliced(xml: string, splices: readonly Splice[]): string {
  const ordered = splices.toSorted((one, other) => one.start - other.start || one.end - other.end);
  let [text, at] = ["", 0];
  for (const { start, end, text: replacement } of ordered) {
    if (start < at) throw new DomainXmlError(lineAt(xml, start), "two edits of one place");
    text += xml.slice(at, start) + replacement;
    at = end;
  }
  return text + xml.slice(at);
}

/** The element and the white space before it: what was put in with its own line goes with it. */
export function removal(xml: string, element: XmlElement): Splice {
  const before = /\s*$/.exec(xml.slice(0, element.start))?.[0].length ?? 0;
  return { start: element.start - before, end: element.end, text: "" };
}

/** Gives an attribute a value, or with null takes it away. Its quotes stay. */
export function attributeSplice(
  xml: string,
  element: XmlElement,
  { name, value }: { name: string; value: string | null },
): Splice | undefined {
  const tag = xml.slice(element.start, element.contentStart);
  const written = new RegExp(`(\\s+)${name}(\\s*=\\s*)("[^"]*"|'[^']*')`);
  const found = written.exec(outsideValues(tag, name));
  if (found === null) {
    if (value === null) return undefined;
    const last = [...tag.matchAll(/=\s*("[^"]*"|'[^']*')/g)].at(-1);
    const at = element.start + (last === undefined ? 1 + element.name.length : last.index + last[0].length);
    return { start: at, end: at, text: ` ${name}='${value}'` };
  }
  const start = element.start + found.index;
  const end = start + found[0].length;
  if (value === null) return { start, end, text: "" };
  return { start: end - (found[3]?.length ?? 0) + 1, end: end - 1, text: value };
}

/** The tag with the values of all other attributes blanked: `a=" cpuset='1'"` holds no attribute cpuset. */
function outsideValues(tag: string, name: string): string {
  const values = tag.matchAll(/([^\s=<>"']+)\s*=\s*(?:"[^"]*"|'[^']*')/g);
  return [...values]
    .filter((one) => one[1] !== name)
    .reduce(
      (text, { index, 0: { length } }) => text.slice(0, index) + "x".repeat(length) + text.slice(index + length),
      tag,
    );
}

/** Adds elements as the last children, indented as the other children are. */
export function appended(xml: string, parent: XmlElement, children: readonly NewElement[]): Splice {
  const outer = indentation(xml, parent);
  const inner = parent.children[0] === undefined ? `${outer}  ` : indentation(xml, parent.children[0]);
  const lines = children.map((child) => (outer === "" ? written(child, "") : inner + written(child, inner))).join("");
  if (parent.selfClosing) return { ...opened(xml, parent), text: `>${lines}${outer}</${parent.name}>` };
  const last = parent.children.at(-1);
  if (last !== undefined) return { start: last.end, end: last.end, text: lines };
  const blank = xml.slice(parent.contentStart, parent.contentEnd).trim() === "";
  if (blank) return { start: parent.contentStart, end: parent.contentEnd, text: lines + outer };
  return { start: parent.contentEnd, end: parent.contentEnd, text: lines };
}

/** Replaces all that is in an element; blanks around a text stay. */
export function contentSplice(xml: string, element: XmlElement, content: string): Splice {
  if (element.selfClosing)
    return { ...opened(xml, element), text: content === "" ? "/>" : `>${content}</${element.name}>` };
  const { contentStart: start, contentEnd: end } = element;
  const [before = "", after = ""] =
    content.startsWith("\n") || content.startsWith("<") ? [] : blanksAround(xml.slice(start, end));
  return { start: start + before.length, end: end - after.length, text: content };
}

function blanksAround(text: string): readonly string[] {
  const trimmed = text.trim();
  return trimmed === "" ? ["", ""] : [/^\s*/.exec(text)?.[0] ?? "", /\s*$/.exec(text)?.[0] ?? ""];
}

/** The end `/>` of an element that has no content yet, with the blanks before it. */
function opened(xml: string, element: XmlElement): Pick<Splice, "start" | "end"> {
  const slash = element.contentStart - 2;
  return { start: slash - (/\s*$/.exec(xml.slice(0, slash))?.[0].length ?? 0), end: element.end };
}

/** Adds a line behind the last of the named children of `<domain>`, in libvirt's order of them, or at the top. */
export function placed(
  xml: string,
  domain: XmlElement,
  { behind, text }: { behind: readonly string[]; text: string },
): Splice {
  const before = behind.flatMap((name) => childrenNamed(domain, name));
  const anchor = before.toSorted((one, other) => one.end - other.end).at(-1);
  const first = domain.children[0];
  const at = anchor?.end ?? domain.contentStart;
  return { start: at, end: at, text: (first === undefined ? "" : indentation(xml, anchor ?? first)) + text };
}

/** Line end and blanks before an element that begins its line; empty for one that does not. */
export function indentation(xml: string, element: XmlElement): string {
  return /(?:\r\n|\n|\r)[ \t]*$/.exec(xml.slice(0, element.start))?.[0] ?? "";
}
