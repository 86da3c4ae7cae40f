/* Memory of a node, and its pools of huge pages: who has how much of it. */
import type { KeyedVm } from "../keys";
import type { MapMemory, MapNode } from "../model";
import { memoryText, pagesName, sizeText, takenMiB } from "../words";
import type { Box, Rectangle } from "./box";
import { filled, inkOf } from "./swatch";
import { element, text, titled } from "./xml";

const labelHeight = 16;
const barHeight = 16;

export type VmOf = (name: string) => KeyedVm | undefined;

/** Empty: a node of whose memory nothing is known. */
export function barsOf({ memory, pages = [] }: MapNode, vmOf: VmOf, width: number): readonly Box[] {
  const pools = [...pages].sort((one, other) => one.pageSizeKiB - other.pageSizeKiB);
  return [
    ...(memory === undefined ? [] : [bar("memory", memory, { vmOf, width })]),
    ...pools.map((pool) => bar(pagesName(pool.pageSizeKiB), pool, { vmOf, width })),
  ];
}

function bar(name: string, memory: MapMemory, { vmOf, width }: { vmOf: VmOf; width: number }): Box {
  return {
    width,
    height: labelHeight + barHeight,
    draw: (x, y, size) =>
      text({ x, y: y + 11, class: "small ink" }, name) +
      text({ x: x + size.width, y: y + 11, class: "small muted", anchor: "end" }, memoryText(memory)) +
      track(memory, vmOf, { x, y: y + labelHeight, width: size.width, height: barHeight }),
  };
}

function track(memory: MapMemory, vmOf: VmOf, place: Rectangle): string {
  const whole = Math.max(memory.totalMiB, memory.reservedMiB + takenMiB(memory), 1);
  let left = place.x;
  const next = (memoryMiB: number): Rectangle => {
    const segment = { ...place, x: left, width: (memoryMiB / whole) * place.width };
    left += segment.width;
    return segment;
  };
  const kept = memory.reservedMiB > 0 ? keptSegment(memory.reservedMiB, next(memory.reservedMiB)) : "";
  const segments = memory.vms
    .flatMap(({ vm, memoryMiB }) => {
      const keyed = vmOf(vm);
      return keyed === undefined || memoryMiB <= 0 ? [] : [{ keyed, memoryMiB }];
    })
    .sort((one, other) => one.keyed.index - other.keyed.index)
    .map(({ keyed, memoryMiB }) => vmSegment(keyed, memoryMiB, next(memoryMiB)));
  const { x, y, width, height } = place;
  const end = x + (memory.totalMiB / whole) * width;
  return [
    element("rect", { x: x + 0.5, y: y + 0.5, width: width - 1, height: height - 1, rx: 4, class: "cell" }),
    kept,
    ...segments,
    // Promised beyond what there is: the line says where that is.
    whole > memory.totalMiB
      ? element("rect", { x: end - 1, y: y - 2, width: 2, height: height + 4, class: "over" })
      : "",
  ].join("");
}

function keptSegment(memoryMiB: number, place: Rectangle): string {
  const { x, y, width, height } = inner(place);
  return titled(
    `${sizeText(memoryMiB)} reserved for the host`,
    element("rect", { x, y, width, height, rx: 2, fill: "url(#reserved)" }),
  );
}

function vmSegment(vm: KeyedVm, memoryMiB: number, place: Rectangle): string {
  const fits = place.width >= 7 + 9 * vm.key.length;
  return titled(
    `${sizeText(memoryMiB)} of ${vm.vm.name}`,
    filled(vm, inner(place), 2),
    fits
      ? text({ x: place.x + place.width / 2, y: place.y + 12, class: `key2 ${inkOf(vm)}`, anchor: "middle" }, vm.key)
      : "",
  );
}

/** Within the track's edge, with a gap to the next. */
function inner({ x, y, width, height }: Rectangle): Rectangle {
  return { x: x + 1.5, y: y + 2, width: Math.max(width - 2, 0.75), height: height - 4 };
}
