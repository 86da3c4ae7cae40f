import type { FactChanges, Facts } from "../facts";
import type { XmlElement } from "./tree";

/** What an edit is made from. */
export interface EditRequest {
  readonly domain: XmlElement;
  readonly changes: FactChanges;
  /** The facts when it is done. */
  readonly after: Facts;
}

/** How a setting without a number or name in it is written. */
export type PlainEdit = (value: string | null, request: EditRequest) => readonly ElementEdit[];

/** One step on the way from `<domain>` to an element. */
export interface Step {
  readonly name: string;
  /** Attributes that tell it from others of its name, as they are written when it is made. */
  readonly keys?: ReadonlyMap<string, string>;
  /** Whether an element of that name is the one. Default: every one is. */
  readonly is?: (element: XmlElement) => boolean;
}

/** What shall be with one element. Several edits may be about one: each brings its own attributes. */
export interface ElementEdit {
  readonly path: readonly Step[];
  /** Null: not there. */
  readonly attributes?: ReadonlyMap<string, string | null>;
  readonly text?: string;
  /** Takes the place of all that is in it. */
  readonly content?: readonly NewElement[];
  /** Shall not be, whatever is in it. */
  readonly remove?: boolean;
  /** Attributes that say nothing when nothing else is left of it: libvirt adds them by itself. */
  readonly fillers?: readonly string[];
}

/** An element to be written. */
export interface NewElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly text?: string;
  readonly children?: readonly NewElement[];
}

/** `indent`: line end and blanks before the element; empty for a document that is one line. */
export function written({ name, attributes, text, children = [] }: NewElement, indent: string): string {
  const tag = [name, ...[...attributes].map(([key, value]) => `${key}='${escaped(value)}'`)].join(" ");
  if (text !== undefined) return `<${tag}>${escaped(text)}</${name}>`;
  if (children.length === 0) return `<${tag}/>`;
  const inner = indent === "" ? "" : `${indent}  `;
  return `<${tag}>${children.map((child) => inner + written(child, inner)).join("")}${indent}</${name}>`;
}

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll("'", "&apos;");
