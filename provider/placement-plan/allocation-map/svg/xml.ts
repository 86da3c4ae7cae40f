/* SVG as text: the one place where names become markup. */

type Attributes = Readonly<Record<string, string | number | undefined>>;

/** `children`: markup that was made here. */
export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const written = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [` ${key}="${typeof value === "number" ? number(value) : escape(value)}"`],
  );
  const inside = children.join("");
  return inside === "" ? `<${name}${written.join("")}/>` : `<${name}${written.join("")}>${inside}</${name}>`;
}

/** Text for an element's inside or an attribute. What XML 1.0 has no place for becomes U+FFFD. */
export function escape(text: string): string {
  return text
    .replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, "\u{FFFD}")
    .replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

export interface TextPlace {
  readonly x: number;
  /** Of the base line. */
  readonly y: number;
  readonly class: string;
  readonly anchor?: "middle" | "end";
}

export function text(place: TextPlace, content: string): string {
  const { x, y, anchor } = place;
  return element("text", { x, y, class: place.class, "text-anchor": anchor }, escape(content));
}

/** What a pointer over the group shows, and a screen reader says. */
export function titled(title: string, ...children: readonly string[]): string {
  return element("g", {}, element("title", {}, escape(title)), ...children);
}

/** At most two decimals: the same bytes on every machine. */
function number(value: number): string {
  return String(Math.round(value * 100) / 100);
}
