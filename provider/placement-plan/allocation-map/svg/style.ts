import { fills, patterns, themes, type Theme } from "./palette";
import { element } from "./xml";

/** No font is fetched: each system's own. */
const font =
  "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', 'DejaVu Sans', Arial, sans-serif";

/** Presentation by class, so that the theme of whoever looks at it decides the colours. */
export function styleSheet(): string {
  const rules = [
    `text{font-family:${font};font-variant-numeric:tabular-nums}`,
    ".title{font-size:24px;font-weight:700;letter-spacing:-.3px}.sub{font-size:13px;font-weight:400}",
    ".host{font-size:17px;font-weight:700}.node{font-size:13px;font-weight:650}.small{font-size:11px;font-weight:400}",
    ".tiny{font-size:9.5px}.key{font-size:13px;font-weight:700}.key2{font-size:10px;font-weight:700}",
    ".role{font-size:8.5px;font-weight:600}.name{font-size:13px;font-weight:650}",
    ".edge{fill:none;stroke-width:1}.bold-edge{stroke-width:1.6}.dashed{stroke-dasharray:3 2}.faint{fill-opacity:.24}",
    ...fills.map(
      ({ colour, ink }, index) => `.f${index}{fill:${colour}}.s${index}{stroke:${colour}}.k${index}{fill:${ink}}`,
    ),
    themed(themes.light),
    `@media (prefers-color-scheme:dark){${themed(themes.dark)}}`,
  ];
  return element("style", {}, rules.join(""));
}

function themed(theme: Theme): string {
  const { page, card, panel, cell, line, ink, mutedInk, stripe, accent } = theme;
  return [
    `.page{fill:${page}}.card{fill:${card}}.panel{fill:${panel}}.cell{fill:${cell}}`,
    `.card,.panel,.cell,.group,.edge-line{stroke:${line}}.group{fill:${card}}`,
    `.ink{fill:${ink}}.muted{fill:${mutedInk}}.stripe{stroke:${stripe}}.over{fill:${accent}}.mark{fill:none;stroke:${mutedInk};stroke-width:1.2}`,
  ].join("");
}

/** Patterns that lie over a fill, one set for dark inks and one for light ones, and the stripes of what is reserved. */
export function definitions(): string {
  const inks = { light: "#ffffff", dark: "#10161f" };
  const lines = Object.entries(inks).flatMap(([name, colour]) =>
    patterns.filter((pattern) => pattern !== "plain").map((pattern) => tile(`${pattern}-${name}`, pattern, colour)),
  );
  const reserved = element(
    "pattern",
    { id: "reserved", width: 5, height: 5, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
    element("path", { d: "M0 0V5", class: "stripe", "stroke-width": 3 }),
  );
  return element("defs", {}, ...lines, reserved);
}

/** Faint, for letters are read on it. */
const opacity = 0.13;

function tile(id: string, pattern: "slanted" | "dotted" | "barred", colour: string): string {
  const shapes = {
    slanted: element("path", { d: "M0 0V7", stroke: colour, "stroke-width": 4.5, "stroke-opacity": opacity }),
    dotted: element("circle", { cx: 3, cy: 3, r: 1.5, fill: colour, "fill-opacity": opacity * 1.6 }),
    barred: element("path", { d: "M0 1.2H6", stroke: colour, "stroke-width": 2.4, "stroke-opacity": opacity }),
  };
  const size = pattern === "slanted" ? 7 : 6;
  const rotate = pattern === "slanted" ? "rotate(-45)" : undefined;
  return element(
    "pattern",
    { id, width: size, height: size, patternUnits: "userSpaceOnUse", patternTransform: rotate },
    shapes[pattern],
  );
}
