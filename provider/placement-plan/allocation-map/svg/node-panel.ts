import type { CacheGroup, NodePlace } from "../places";
import { shortened } from "../text-width";
import { counted } from "../words";
import { barsOf, type VmOf } from "./bars";
import { padded, stacked, wrapped, type Box, type Rectangle } from "./box";
import { coreTile } from "./core-tile";
import { element, text, titled } from "./xml";

export interface PanelStyle {
  /** Room for the panel. */
  readonly maxWidth: number;
  /** Threads of the host's largest core. */
  readonly threads: number;
  readonly vmOf: VmOf;
}

const padding = 12;
const minimumWidth = 240;

export function nodePanel(place: NodePlace, { maxWidth, threads, vmOf }: PanelStyle): Box {
  const room = maxWidth - 2 * padding;
  const groups = place.groups.map((group) => cacheGroup(group, room, threads));
  const cores = wrapped(groups, room, { gap: 10, grow: true });
  const width = Math.max(cores.width, minimumWidth);
  const bars = barsOf(place.node, vmOf, width);
  const parts = [header(place, width), ...(groups.length > 0 ? [cores] : []), ...bars];
  return padded(stacked(parts, 10), padding, (ground) => rounded(ground, "panel", 9));
}

/** At most eight cores in a row; more than 32 in rows of sixteen, where there is room. */
function cacheGroup({ label, cores }: CacheGroup, room: number, threads: number): Box {
  const inside = 8;
  const gap = 4;
  const tiles = cores.map((core) => coreTile(core, threads));
  const tileWidth = tiles[0]?.width ?? 0;
  const perRow = cores.length > 32 ? 16 : 8;
  const grid = wrapped(tiles, Math.min(room - 2 * inside, perRow * (tileWidth + gap) - gap), {
    gap,
    rowGap: 6,
    grow: true,
  });
  const labelled = label === undefined ? grid : stacked([cacheLabel(label), grid], 4);
  return padded(labelled, inside, (ground) => rounded(ground, "group", 8));
}

function cacheLabel(label: string): Box {
  return { width: 0, height: 12, draw: (x, y) => text({ x: x + 1, y: y + 9, class: "tiny muted" }, label) };
}

function header({ node, groups }: NodePlace, width: number): Box {
  const devices = (node.devices ?? []).join(", ");
  const cores = groups.reduce((sum, group) => sum + group.cores.length, 0);
  const what = groups.length === 0 ? "memory only" : counted(cores, "core");
  const room = width - 150;
  return {
    width,
    height: 16,
    draw: (x, y, size) =>
      text({ x, y: y + 12, class: "node ink" }, `node ${node.id}`) +
      text({ x: x + 62, y: y + 12, class: "small muted" }, what) +
      (devices === ""
        ? ""
        : titled(
            devices,
            text({ x: x + size.width, y: y + 12, class: "small muted", anchor: "end" }, shortened(devices, room, 6.2)),
          )),
  };
}

export function rounded({ x, y, width, height }: Rectangle, className: string, radius: number): string {
  return element("rect", {
    x: x + 0.5,
    y: y + 0.5,
    width: width - 1,
    height: height - 1,
    rx: radius,
    class: className,
  });
}
