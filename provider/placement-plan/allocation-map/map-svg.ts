import { keysOf, type Keys } from "./keys";
import type { AllocationMap } from "./model";
import { placesOf, type HostPlace } from "./places";
import { stacked, wrapped, type Box } from "./svg/box";
import { hostCard } from "./svg/host-card";
import { legend } from "./svg/legend";
import { definitions, styleSheet } from "./svg/style";
import { element, escape, text } from "./svg/xml";
import { counted, countsOf, countsText } from "./words";

const margin = 24;
const gap = 16;
const minimumWidth = 560;

/**
 * The map as one SVG picture: no script, no font, nothing that is fetched. Light or dark by the theme of whoever looks
 * at it. The same bytes for the same map.
 */
export function renderSvg(map: AllocationMap): string {
  const keys = keysOf(map);
  const places = placesOf(map, keys);
  const layouts = roomsFor(places).map((room) => layout({ map, keys, places }, room));
  const best = layouts.reduce((one, other) => (misfit(other) < misfit(one) ? other : one));
  const [width, height] = [Math.ceil(best.width + 2 * margin), Math.ceil(best.height + 2 * margin)];
  return `${element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: "img",
      "aria-labelledby": "map-title map-summary",
    },
    element("title", { id: "map-title" }, escape(titleOf(map))),
    element("desc", { id: "map-summary" }, escape(summary(places, keys.all.length))),
    styleSheet(),
    definitions(),
    element("rect", { width: "100%", height: "100%", rx: 14, class: "page" }),
    best.draw(margin, margin, best),
  )}\n`;
}

interface Drawing {
  readonly map: AllocationMap;
  readonly keys: Keys;
  readonly places: readonly HostPlace[];
}

function layout({ map, keys, places }: Drawing, room: number): Box {
  const cards = wrapped(
    places.map((place) => hostCard(place, keys, room)),
    room,
    { gap, grow: true },
  );
  const width = Math.max(cards.width, minimumWidth);
  return stacked([heading(titleOf(map), summary(places, keys.all.length)), cards, legend(keys, width)], gap);
}

/** A few hosts fit on the page of a document; for more the room is tried that comes nearest to a sheet of paper. */
function roomsFor(places: readonly HostPlace[]): readonly number[] {
  const cpus = places.reduce((sum, { host }) => sum + host.cpus.length, 0);
  return cpus <= 128 ? [1012] : [1012, 1440, 1900, 2480, 3000, 3760];
}

const misfit = ({ width, height }: Box): number => Math.abs(Math.log(width / height / Math.SQRT2));

function heading(title: string, line: string): Box {
  return {
    width: 0,
    height: 46,
    draw: (x, y) =>
      text({ x, y: y + 21, class: "title ink" }, title) + text({ x, y: y + 41, class: "sub muted" }, line),
  };
}

const titleOf = ({ name }: AllocationMap): string =>
  name === undefined ? "Allocation map" : `Allocation map: ${name}`;

function summary(places: readonly HostPlace[], vms: number): string {
  return `${counted(places.length, "host")}, ${counted(vms, "VM")}, ${countsText(countsOf(places))}`;
}
