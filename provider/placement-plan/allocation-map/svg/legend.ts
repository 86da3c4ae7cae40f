/* What the marks mean, and every VM with where it is. */
import { CpuSet } from "../../../linux/cpu-set";
import type { KeyedVm, Keys } from "../keys";
import type { MapThread } from "../model";
import { columnsOf, shortened } from "../text-width";
import { threadsText, vmMemory } from "../words";
import { padded, stacked, wrapped, type Box } from "./box";
import { isolatedMark, occupantBlock, reservedBlock, reservedMark } from "./core-tile";
import { rounded } from "./node-panel";
import { chip } from "./swatch";
import { element, escape, text, titled } from "./xml";

const padding = 16;

export function legend(keys: Keys, maxWidth: number): Box {
  const room = maxWidth - 2 * padding;
  const vms = keys.all.length > 0 ? [stacked([heading("VMs"), vmTable(keys.all, room)], 14)] : [];
  const signs = stacked([heading("Legend"), marks(room)], 14);
  return padded(stacked([signs, ...vms], 24), padding, (ground) => rounded(ground, "card", 12));
}

function heading(title: string): Box {
  return { width: 0, height: 16, draw: (x, y) => text({ x, y: y + 13, class: "node ink" }, title) };
}

/** A VM that is not there: first fill, no pattern. */
const example: KeyedVm = {
  host: { name: "", nodes: [], cpus: [], reservedCpus: CpuSet.empty, isolatedCpus: CpuSet.empty, vms: [] },
  vm: { name: "", threads: [] },
  key: "A",
  index: 0,
};

function marks(room: number): Box {
  const cpus = CpuSet.of(0);
  const block = (more: Partial<MapThread>) => (x: number, y: number) =>
    occupantBlock({ vm: example, threads: [{ role: "vcpu", cpus, ...more }] }, { x, y, width: 43, height: 23 });
  const items: readonly (readonly [draw: (x: number, y: number) => string, meaning: string])[] = [
    [block({ id: 3 }), "vCPU 3, alone on its CPU"],
    [block({ shared: true }), "shared vCPUs: how many"],
    [block({ role: "emulator" }), "emulator"],
    [block({ role: "iothread", id: 1 }), "I/O thread 1"],
    [(x, y) => reservedBlock({ x, y, width: 43, height: 23 }), "reserved for the host"],
    [(x, y) => reservedMark(x + 18.5, y + 8.5), "reserved, with threads of VMs"],
    [(x, y) => isolatedMark(x + 21.5, y + 11.5), "isolated from the scheduler"],
  ];
  const gap = 12;
  const columns = Math.max(1, Math.min(4, Math.floor((room + gap) / (225 + gap))));
  return wrapped(
    items.map(([draw, meaning]) => ({
      width: (room - gap * (columns - 1)) / columns,
      height: 23,
      draw: (x, y) => draw(x, y) + text({ x: x + 52, y: y + 16, class: "small ink" }, meaning),
    })),
    room + 0.5,
    { gap, rowGap: 10 },
  );
}

/** In as many columns as there is room for. */
function vmTable(vms: readonly KeyedVm[], room: number): Box {
  const gap = 20;
  const columns = Math.max(1, Math.min(vms.length, Math.floor((room + gap) / (380 + gap))));
  const width = (room - gap * (columns - 1)) / columns;
  return wrapped(
    vms.map((vm) => vmRow(vm, width)),
    room + 0.5,
    { gap, rowGap: 12 },
  );
}

function vmRow(keyed: KeyedVm, width: number): Box {
  const { vm, host } = keyed;
  const room = width - 36;
  const place = `on ${host.name}${vm.planned === false ? ", not of this plan" : ""}`;
  const lines = [threadsText(keyed).join(" · "), vmMemory(keyed).join(" · ")].filter((line) => line !== "");
  const name = shortened(vm.name, room * 0.6, 7.8);
  const placeShown = shortened(place, room - columnsOf(name) * 7.8 - 8, 6.3);
  return {
    width,
    height: 20 + 15 * lines.length,
    draw: (x, y) =>
      titled(
        [`${vm.name} ${place}`, ...lines].join("\n"),
        chip(keyed, x, y),
        element(
          "text",
          { x: x + 36, y: y + 13.5, class: "name ink" },
          escape(name),
          element("tspan", { class: "small muted", dx: 7 }, escape(placeShown)),
        ),
        ...lines.map((line, index) =>
          text({ x: x + 36, y: y + 31 + 15 * index, class: "small muted" }, shortened(line, room, 6.3)),
        ),
      ),
  };
}
