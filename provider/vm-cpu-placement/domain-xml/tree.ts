import { XMLParser, XMLValidator } from "fast-xml-parser";
import { DomainXmlError, lineAt } from "./error";
import { checkTokens } from "./well-formed";

/*
 * Where the elements of a document are. Parsing and printing a document again loses quotes, comments or numbers, so
 * the parser only locates: an edit replaces text between two of these offsets and keeps every other character.
 */
export interface XmlElement {
  readonly name: string;
  /** As written, entities and all. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** Text and CDATA directly in the element. */
  readonly text: string;
  /** Of `<`, and behind the last `>`. */
  readonly start: number;
  readonly end: number;
  /** Content runs from `contentStart` to `contentEnd`; an element written `<x/>` has none. */
  readonly contentStart: number;
  readonly contentEnd: number;
  readonly selfClosing: boolean;
}

/** The root element `domain`. Throws `DomainXmlError` for anything that is not a well-formed domain document. */
export function parseDomainTree(xml: string): XmlElement {
  checkWellFormed(xml);
  const roots = elementsIn(xml, parse(xml));
  const root = roots[0];
  if (root?.name !== "domain" || roots.length !== 1) {
    throw new DomainXmlError(lineAt(xml, root?.start ?? 0), `is not a domain document: <${root?.name ?? ""}>`);
  }
  if (isForeign(root))
    throw new DomainXmlError(lineAt(xml, root.start), "<domain> is in a namespace that is not libvirt's");
  return root;
}

/** libvirt's own elements have no namespace: a look-alike with a default namespace is someone else's. */
export function isForeign(element: XmlElement): boolean {
  return (element.attributes.get("xmlns") ?? "") !== "";
}

/** Children that libvirt takes by this name. */
export function childrenNamed(element: XmlElement, name: string): readonly XmlElement[] {
  return element.children.filter((child) => child.name === name && !isForeign(child));
}

function checkWellFormed(xml: string): void {
  const verdict = XMLValidator.validate(withoutMark(xml));
  if (verdict !== true) throw new DomainXmlError(verdict.err.line, verdict.err.msg);
  const control = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.exec(xml)?.index;
  if (control !== undefined) throw new DomainXmlError(lineAt(xml, control), "holds a control character");
  if (/^<\?xml\b/.test(withoutMark(xml)) && !declaration.test(withoutMark(xml))) {
    throw new DomainXmlError(1, "its XML declaration is malformed");
  }
  // Entities of a document type may stand for elements: what is seen is not what libvirt reads.
  const doctype = /<!DOCTYPE/i.exec(withoutOpaque(xml))?.index;
  if (doctype !== undefined)
    throw new DomainXmlError(lineAt(xml, doctype), "has a document type declaration: not edited");
  checkTokens(xml, xml.length - withoutMark(xml).length);
}

const declaration =
  /^<\?xml\s+version\s*=\s*(["'])1\.\d\1(\s+encoding\s*=\s*(["'])[A-Za-z][\w.-]*\3)?(\s+standalone\s*=\s*(["'])(yes|no)\5)?\s*\?>/;

const withoutMark = (xml: string): string => (xml.startsWith("\uFEFF") ? xml.slice(1) : xml);

/** Comments, CDATA and processing instructions blanked out, so that offsets stay. */
function withoutOpaque(xml: string): string {
  return xml.replaceAll(/<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<\?[\s\S]*?\?>/g, (part) =>
    part.replaceAll(/[^\r\n]/g, " "),
  );
}

const marker = XMLParser.getMetaDataSymbol() as unknown as string;

/** A node of `preserveOrder`: one key with the children (or the text), attributes, and the offsets under a symbol. */
interface ParsedNode {
  readonly [name: string]: unknown;
}

function parse(xml: string): readonly ParsedNode[] {
  const parser = new XMLParser({
    preserveOrder: true,
    captureMetaData: true,
    ignoreAttributes: false,
    attributeNamePrefix: "",
    ignoreDeclaration: true,
    ignorePiTags: true,
    parseTagValue: false,
    parseAttributeValue: false,
    trimValues: false,
    // Not needed to locate, and their number is limited.
    processEntities: false,
  });
  try {
    return parser.parse(xml) as readonly ParsedNode[];
  } catch (cause) {
    throw new DomainXmlError(1, cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function elementsIn(xml: string, nodes: readonly ParsedNode[]): readonly XmlElement[] {
  return nodes.flatMap((node) => {
    const name = Object.keys(node).find((key) => key !== ":@" && key !== "#text");
    return name === undefined ? [] : [element(xml, name, node)];
  });
}

function element(xml: string, name: string, node: ParsedNode): XmlElement {
  const { startIndex: start, endIndex: end } = (node[marker] ?? {}) as { startIndex?: number; endIndex?: number };
  if (start === undefined || end === undefined || !xml.startsWith(`<${name}`, start) || xml[end - 1] !== ">") {
    throw new DomainXmlError(lineAt(xml, start ?? 0), `<${name}> has no clear beginning and end`);
  }
  const nodes = node[name] as readonly ParsedNode[];
  const contentStart = tagEnd(xml, start);
  const selfClosing = xml[contentStart - 2] === "/";
  const attributes = new Map(Object.entries((node[":@"] ?? {}) as Record<string, string>));
  return {
    name,
    attributes,
    children: elementsIn(xml, nodes),
    text: nodes
      .map((one) => one["#text"])
      .filter((text) => typeof text === "string")
      .join(""),
    start,
    end,
    contentStart,
    contentEnd: selfClosing ? contentStart : xml.lastIndexOf("</", end - 1),
    selfClosing,
  };
}

/** Behind the `>` of the tag that starts at `start`; one in a quoted value does not count. */
function tagEnd(xml: string, start: number): number {
  const tag = /<(?:"[^"]*"|'[^']*'|[^"'>])*>/y;
  tag.lastIndex = start;
  return start + (tag.exec(xml)?.[0].length ?? 0);
}
