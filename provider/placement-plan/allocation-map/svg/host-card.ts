import type { Keys } from "../keys";
import type { HostPlace } from "../places";
import { shortened } from "../text-width";
import { countsOf, countsText, setsOf } from "../words";
import { padded, stacked, wrapped, type Box } from "./box";
import { nodePanel, rounded } from "./node-panel";
import { text, titled } from "./xml";

const padding = 16;
const gap = 12;
const minimumWidth = 300;

export function hostCard(place: HostPlace, keys: Keys, maxWidth: number): Box {
  const room = maxWidth - 2 * padding;
  const cores = place.nodes.flatMap(({ groups }) => groups.flatMap((group) => group.cores));
  const threads = Math.max(1, ...cores.map(({ cpus }) => cpus.length));
  const style = {
    maxWidth: nodeRoom(place, room),
    threads,
    vmOf: (name: string) => keys.of(place.host, name),
  };
  const panels = place.nodes.map((node) => nodePanel(node, style));
  const panelWidth = Math.max(...panels.map((panel) => panel.width));
  const nodes = wrapped(
    panels.map((panel) => ({ ...panel, width: panelWidth })),
    room,
    { gap, grow: true },
  );
  const width = Math.max(nodes.width, minimumWidth);
  return padded(stacked([header(place, width), nodes], gap), padding, (ground) => rounded(ground, "card", 12));
}

/** Two nodes side by side as soon as there are two; none is wider than an eye can follow. */
function nodeRoom({ nodes }: HostPlace, room: number): number {
  return Math.min(nodes.length > 1 ? (room - gap) / 2 : room, 1000);
}

function header(place: HostPlace, width: number): Box {
  const { host } = place;
  const sets = setsOf(host).map(([name, cpus]) => `${name} ${cpus}`);
  const lines = sets.length > 0 ? 2 : 1;
  const counts = countsText(countsOf([place]));
  const detail = sets.join(" · ");
  return {
    width,
    height: lines * 20,
    draw: (x, y, size) =>
      titled(
        host.name,
        text({ x, y: y + 15, class: "host ink" }, shortened(host.name, size.width - 7 * counts.length, 10.5)),
      ) +
      text({ x: x + size.width, y: y + 15, class: "sub muted", anchor: "end" }, counts) +
      (sets.length > 0
        ? titled(detail, text({ x, y: y + 34, class: "small muted" }, shortened(detail, size.width, 6.4)))
        : ""),
  };
}
