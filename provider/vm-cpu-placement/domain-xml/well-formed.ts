import { DomainXmlError, lineAt } from "./error";

/*
 * What of XML's rules the parser does not check (https://www.w3.org/TR/xml/). libvirt refuses a document that breaks
 * them, so an edit of it would be one of something else than what libvirt has read.
 */

const name = "[:A-Z_a-z\\u0080-\\u{10ffff}][-:.\\w\\u0080-\\u{10ffff}]*";
const attribute = `\\s+(${name})\\s*=\\s*("[^"]*"|'[^']*')`;
const token =
  /<!--(?<comment>[\s\S]*?)-->|<!\[CDATA\[(?<cdata>[\s\S]*?)\]\]>|<\?(?<instruction>[\s\S]*?)\?>|<(?<tag>(?:"[^"]*"|'[^']*'|[^"'>])*)>|(?<text>[^<]+)/y;

const startTag = new RegExp(`^${name}(?:${attribute})*\\s*/?$`, "u");
const everyAttribute = new RegExp(attribute, "gu");
const endTag = new RegExp(`^/${name}\\s*$`, "u");
const target = new RegExp(`^${name}(?=\\s|$)`, "u");

type Token = Readonly<Record<"comment" | "cdata" | "instruction" | "tag" | "text", string | undefined>>;

/** Throws `DomainXmlError` for the first thing that is wrong. `at`: where the document begins, behind a byte order mark. */
export function checkTokens(xml: string, at: number): void {
  const begin = at;
  let depth = 0;
  for (token.lastIndex = at; at < xml.length; at = token.lastIndex) {
    const found = token.exec(xml);
    if (found === null) throw new DomainXmlError(lineAt(xml, at), "holds a < that begins nothing");
    const groups = found.groups as Token;
    const reason = wrong(groups, { inside: depth > 0, first: at === begin });
    if (reason !== undefined) throw new DomainXmlError(lineAt(xml, at), reason);
    if (groups.tag?.startsWith("/") === true) depth -= 1;
    else if (groups.tag?.endsWith("/") === false) depth += 1;
  }
}

interface Place {
  /** In the root element. */
  readonly inside: boolean;
  readonly first: boolean;
}

function wrong({ comment, cdata, instruction, tag, text }: Token, { inside, first }: Place): string | undefined {
  if (comment !== undefined)
    return comment.includes("--") || comment.endsWith("-") ? "has -- within a comment" : undefined;
  if (cdata !== undefined) return inside ? undefined : "has CDATA outside of its root element";
  if (instruction !== undefined) return wrongInstruction(instruction, first);
  if (tag !== undefined) return wrongTag(tag);
  if (!inside && text?.trim() !== "") return "has text outside of its root element";
  return text?.includes("]]>") === true ? "has ]]> within a text" : wrongReference(text ?? "");
}

function wrongInstruction(instruction: string, first: boolean): string | undefined {
  const [named = ""] = target.exec(instruction) ?? [];
  if (named === "") return "has a processing instruction without a name";
  if (named.toLowerCase() !== "xml") return undefined;
  return first && named === "xml" ? undefined : "has an XML declaration that is not its beginning";
}

function wrongTag(tag: string): string | undefined {
  // A document type declaration has a refusal of its own.
  if (tag.startsWith("!")) return undefined;
  if (tag.startsWith("/")) return endTag.test(tag) ? undefined : "has a malformed end tag";
  if (!startTag.test(tag)) return "has a malformed start tag";
  const attributes = [...tag.matchAll(everyAttribute)];
  const names = new Set(attributes.map(([, key]) => key));
  if (names.size < attributes.length) return "has an attribute twice";
  const values = attributes.map(([, , value = ""]) => value);
  if (values.some((value) => value.includes("<"))) return "has a < within an attribute";
  return values.map(wrongReference).find((reason) => reason !== undefined);
}

/** Only XML's own entities: those of a document type are not there. */
function wrongReference(text: string): string | undefined {
  if (!text.includes("&")) return undefined;
  for (const [, reference] of text.matchAll(/&(?:(#\d{1,7}|#x[0-9a-fA-F]{1,6}|lt|gt|amp|quot|apos);)?/g)) {
    if (reference === undefined) return "has an & that begins no reference, or one to an unknown entity";
    if (reference.startsWith("#") && !isCharacter(Number(reference.slice(1).replace(/^x/, "0x"))))
      return "refers to a character that XML does not have";
  }
  return undefined;
}

function isCharacter(code: number): boolean {
  if (code < 0x20) return code === 0x9 || code === 0xa || code === 0xd;
  return code < 0xd800 || (code > 0xdfff && code < 0xfffe) || (code > 0xffff && code <= 0x10ffff);
}
