/* A core: its threads one below the other, each with its number and who is on it. */
import { isShared, type CorePlace, type CpuPlace, type Occupant } from "../places";
import { shortened } from "../text-width";
import { longThreads, shortThreads } from "../words";
import type { Box, Rectangle } from "./box";
import { filled, inkOf, outlined, stripe } from "./swatch";
import { element, escape, text, titled } from "./xml";

/** More VMs than this cannot be read side by side. */
const places = 2;
const numberHeight = 13;
const blockHeight = 23;
const inset = 2.5;
const cpuHeight = numberHeight + blockHeight + inset;
const minimumWidth = 48;
const maximumWidth = 58;

/** `threads`: of the core with the most, so that all tiles of a host are of one height. */
export function coreTile(core: CorePlace, threads: number): Box {
  const height = threads * cpuHeight + (threads - 1) * 2;
  return {
    width: minimumWidth,
    height,
    draw: (x, y, { width: given }) => {
      const width = Math.min(given, maximumWidth);
      const place = (row: number) => ({ x, y: y + row * (cpuHeight + 2), width, height: cpuHeight });
      return core.cpus.map((cpu, row) => cpuCell(cpu, core.kind, place(row))).join("");
    },
  };
}

function cpuCell(cpu: CpuPlace, kind: string | undefined, { x, y, width }: Rectangle): string {
  const block = { x: x + inset, y: y + numberHeight, width: width - 2 * inset, height: blockHeight };
  return titled(
    titleOf(cpu, kind),
    element("rect", { x: x + 0.5, y: y + 0.5, width: width - 1, height: cpuHeight - 1, rx: 5, class: "cell" }),
    text({ x: x + 5.5, y: y + 10, class: "tiny muted" }, String(cpu.id)),
    cpu.isolated ? isolatedMark(x + width - 8.5, y + 7) : "",
    cpu.reserved ? reservedMark(x + width - (cpu.isolated ? 20 : 11.5), y + 4) : "",
    cpu.occupants.length > 0 ? occupied(cpu.occupants, block) : unused(cpu, block),
  );
}

function titleOf(cpu: CpuPlace, kind: string | undefined): string {
  const marks = [
    kind === undefined ? [] : [`${kind} core`],
    cpu.reserved ? ["reserved for the host"] : [],
    cpu.isolated ? ["isolated"] : [],
    cpu.partitions.map((name) => `partition ${name}`),
    cpu.occupants.map(longThreads),
    cpu.occupants.length === 0 && !cpu.reserved ? ["free"] : [],
  ].flat();
  return `CPU ${cpu.id}: ${marks.join("; ")}`;
}

export function isolatedMark(x: number, y: number): string {
  return element("path", { d: `M${x} ${y - 3}L${x + 3} ${y}L${x} ${y + 3}L${x - 3} ${y}Z`, class: "mark" });
}

export function reservedMark(x: number, y: number): string {
  return element("rect", { x, y, width: 6, height: 6, rx: 1, class: "muted" });
}

function unused(cpu: CpuPlace, place: Rectangle): string {
  return cpu.reserved ? reservedBlock(place) : "";
}

export function reservedBlock({ x, y, width: across, height }: Rectangle): string {
  return element("rect", { x, y, width: across, height, rx: 3, fill: "url(#reserved)" });
}

function occupied(occupants: readonly Occupant[], block: Rectangle): string {
  if (occupants.length > places) return crowd(occupants, block);
  const gap = 1.5;
  const width = (block.width - gap * (occupants.length - 1)) / occupants.length;
  return occupants
    .map((occupant, index) => occupantBlock(occupant, { ...block, x: block.x + index * (width + gap), width }))
    .join("");
}

/** How many they are, and a stripe of each one's colour. */
function crowd(occupants: readonly Occupant[], { x, y, width, height }: Rectangle): string {
  const each = width / occupants.length;
  const stripes = occupants.map(({ vm }, index) =>
    stripe(vm, { x: x + index * each, y: y + 13.5, width: each, height: height - 13.5 }),
  );
  return (
    text({ x: x + width / 2, y: y + 10, class: "role ink", anchor: "middle" }, `${occupants.length} VMs`) +
    stripes.join("")
  );
}

/** Solid: a vCPU that has its CPU for itself. Faint: shared ones. Edge alone: the emulator; dashed: I/O threads alone. */
export function occupantBlock({ vm, threads }: Occupant, place: Rectangle): string {
  const vcpus = threads.filter(({ role }) => role === "vcpu");
  const solid = vcpus.some((thread) => !isShared(thread));
  const dashed = threads.every(({ role }) => role === "iothread");
  const ground = solid ? filled(vm, place, 3) : outlined(vm, place, { radius: 2.6, faint: vcpus.length > 0, dashed });
  return ground + label(vm.key, shortThreads(threads, "×"), { place, ink: solid ? inkOf(vm) : "ink" });
}

/** Letters and threads side by side, or, where they are too long for that, one above the other. */
function label(key: string, threads: string, { place, ink }: { place: Rectangle; ink: string }): string {
  const middle = place.x + place.width / 2;
  if (key.length * 10 + threads.length * 6.6 + 8 <= place.width) {
    const inner = element("tspan", { class: "role", dx: 2 }, escape(threads));
    return element(
      "text",
      { x: middle, y: place.y + 16, class: `key ${ink}`, "text-anchor": "middle" },
      escape(key),
      inner,
    );
  }
  return (
    text({ x: middle, y: place.y + 10.5, class: `key2 ${ink}`, anchor: "middle" }, key) +
    text({ x: middle, y: place.y + 19.5, class: `role ${ink}`, anchor: "middle" }, shortened(threads, place.width, 5.4))
  );
}
