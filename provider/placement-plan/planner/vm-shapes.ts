/* Divisions of a VM on a given host, with the threads that each cell asks for. */
import { CpuSet } from "../../linux/cpu-set";
import type { Host, Item, Shape, ShapeCell, Vm } from "./problem";
import { divisionsOf, withMemory, type CellPart } from "./shapes";

/** The fewest cells come first. Empty: the VM cannot be divided so. */
export function shapesOn(vm: Vm, host: Host): readonly Shape[] {
  const found = vm.shapesByHost[host.index] ?? findShapes(vm, host);
  vm.shapesByHost[host.index] = found;
  return found;
}

function findShapes(vm: Vm, host: Host): readonly Shape[] {
  const stays = vm.previous?.host === host.spec.name;
  const bins = host.bins.filter((bin) => bin.partition === (vm.spec.partition ?? ""));
  const threads = Math.max(1, ...bins.map((bin) => bin.threadsPerCore));
  const pinned = vm.spec.pins !== undefined;
  const nodes = Math.min(host.nodes.length, vm.spec.vcpus);
  const key = pinned ? `pinned ${host.index}` : `${threads} ${nodes} ${stays ? "stays" : ""}`;
  const known = vm.shapes.get(key);
  if (known !== undefined) return known;
  const parts = pinned
    ? pinnedParts(vm, host)
    : divisionsOf(vm.spec, { dedicated: vm.dedicated, threads, nodes }).map(numbered);
  const shapes = parts.map((cells, index) => makeShape(vm, { index, cells, stays }));
  vm.shapes.set(key, shapes);
  return shapes;
}

interface Part extends CellPart {
  readonly ids: readonly number[];
  readonly pinnedNode?: number;
}

function numbered(parts: readonly CellPart[]): Part[] {
  let next = 0;
  return parts.map((part) => {
    const ids = Array.from({ length: part.vcpus }, (_, index) => next + index);
    next += part.vcpus;
    return { ...part, ids };
  });
}

/** Cells follow from the nodes of the pins. Empty: they are not as the program's cells. */
function pinnedParts(vm: Vm, host: Host): Part[][] {
  const nodeOf = new Map(host.spec.cpus.map((cpu) => [cpu.id, host.nodes.findIndex((node) => node.id === cpu.node)]));
  const pins = (vm.spec.pins?.vcpus ?? []).map((cpu) => nodeOf.get(cpu) ?? -1);
  if (typeof vm.spec.nodes === "object" || vm.spec.cpuPolicy === "mixed") return pinnedCells(vm, { pins, host });
  const nodes = [...new Set(pins)];
  if (nodes.includes(-1) || (vm.spec.nodes !== "fit" && vm.spec.nodes !== nodes.length)) return [];
  const ids = nodes.map((node) => pins.flatMap((pin, vcpu) => (pin === node ? [vcpu] : [])));
  const parts = withMemory(
    vm.spec,
    vm.dedicated,
    ids.map((list) => list.length),
  );
  if (parts === undefined) return [];
  return [parts.map((part, index) => ({ ...part, ids: ids[index] ?? [], pinnedNode: nodes[index] ?? -1 }))];
}

/** The program's own cells: the pins of each must be on one node, each on another. */
function pinnedCells(vm: Vm, { pins, host }: { pins: readonly number[]; host: Host }): Part[][] {
  const [division] = divisionsOf(vm.spec, { dedicated: vm.dedicated, threads: 1, nodes: host.nodes.length });
  if (division === undefined) return [];
  let next = 0;
  const parts = numbered(division).map((part) => {
    const nodes = new Set(pins.slice(next, next + part.dedicated));
    next += part.dedicated;
    const [node = -1] = nodes;
    return { ...part, pinnedNode: nodes.size === 1 ? node : -1 };
  });
  const used = new Set(parts.map((part) => part.pinnedNode));
  return used.has(-1) || used.size < parts.length ? [] : [parts];
}

function makeShape(vm: Vm, { index, cells, stays }: { index: number; cells: readonly Part[]; stays: boolean }): Shape {
  const previous = (ids: readonly number[]) =>
    ids.map((id) => (stays ? previousCpu(vm.previous?.vcpuPins[id]) : undefined));
  return {
    index,
    cells: cells.map((cell, position) => makeCell(vm, { cell, position, previous, before: cells[position - 1] })),
    emulator: vm.wantsEmulatorCpu
      ? makeItem(vm, {
          kind: "emulator",
          count: 1,
          cell: -1,
          previous: [stays ? previousCpu(vm.previous?.emulatorPin) : undefined],
        })
      : undefined,
  };
}

function makeCell(
  vm: Vm,
  of: {
    cell: Part;
    position: number;
    previous: (ids: readonly number[]) => (number | undefined)[];
    before: Part | undefined;
  },
): ShapeCell {
  const { cell, before } = of;
  const needsCpus = cell.dedicated > 0 && cell.pinnedNode === undefined;
  return {
    ...cell,
    idsText: CpuSet.from(cell.ids).toString(),
    item: needsCpus
      ? makeItem(vm, {
          kind: vm.kind,
          count: cell.dedicated,
          cell: of.position,
          previous: of.previous(cell.ids.slice(0, cell.dedicated)),
        })
      : undefined,
    pinnedNode: cell.pinnedNode,
    twin:
      vm.previous === undefined &&
      vm.spec.emulatorLocality !== "required" &&
      cell.pinnedNode === undefined &&
      before?.vcpus === cell.vcpus &&
      before.dedicated === cell.dedicated &&
      before.memoryMiB === cell.memoryMiB,
  };
}

function makeItem(vm: Vm, item: Pick<Item, "kind" | "count" | "cell" | "previous">): Item {
  const leastThreads = item.kind === "emulator" ? 1 : vm.leastThreads;
  const named = item.previous.some((cpu) => cpu !== undefined);
  const signature = `${item.kind}${item.count}/${leastThreads}${named ? ` of ${vm.index}.${item.cell}` : ""}`;
  return { ...item, vm, leastThreads, signature };
}

/** A pin to one CPU; anything wider was none. */
function previousCpu(pin: string | undefined): number | undefined {
  return pin !== undefined && /^\d+$/.test(pin) ? Number(pin) : undefined;
}
