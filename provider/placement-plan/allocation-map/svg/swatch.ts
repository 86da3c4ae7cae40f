/* A VM's colour, pattern and letters: in a CPU, in a bar, in the legend. */
import type { KeyedVm } from "../keys";
import type { Rectangle } from "./box";
import { fills, lookOf } from "./palette";
import { element, text } from "./xml";

/** Solid, with its pattern. */
export function filled({ index }: KeyedVm, place: Rectangle, radius: number): string {
  const { fill, pattern } = lookOf(index);
  const { x, y, width, height } = place;
  const shape = { x, y, width, height, rx: radius };
  // Lines of the ink's opposite, so that the letters gain by them.
  const lines = fills[fill]?.ink === "#ffffff" ? "dark" : "light";
  return (
    element("rect", { ...shape, class: `f${fill}` }) +
    (pattern === "plain" ? "" : element("rect", { ...shape, fill: `url(#${pattern}-${lines})` }))
  );
}

/** Too small for a pattern. */
export function stripe({ index }: KeyedVm, { x, y, width, height }: Rectangle): string {
  return element("rect", { x, y, width, height, class: `f${lookOf(index).fill}` });
}

/** Faint, with an edge in its colour. */
export function outlined(
  { index }: KeyedVm,
  place: Rectangle,
  style: { radius: number; faint: boolean; dashed: boolean },
): string {
  const { fill } = lookOf(index);
  const { x, y, width, height } = place;
  const shape = { x: x + 0.8, y: y + 0.8, width: width - 1.6, height: height - 1.6, rx: style.radius };
  const dashes = style.dashed ? " dashed" : "";
  return (
    (style.faint ? element("rect", { ...shape, class: `f${fill} faint` }) : "") +
    element("rect", { ...shape, class: `edge bold-edge s${fill}${dashes}` })
  );
}

/** The class of letters on a solid fill. */
export function inkOf({ index }: KeyedVm): string {
  return `k${lookOf(index).fill}`;
}

/** The chip of the legend, wide enough for two letters. */
export function chip(vm: KeyedVm, x: number, y: number): string {
  return (
    filled(vm, { x, y, width: 26, height: 20 }, 4) +
    text(
      { x: x + 13, y: y + 14.5, class: `${vm.key.length > 2 ? "key2" : "key"} ${inkOf(vm)}`, anchor: "middle" },
      vm.key,
    )
  );
}
