/*
 * The places that a VM can have on one host as it is booked now, one cell after the other. Nodes that may change places
 * and hold the same count once, and cells that are equal are put on nodes in ascending order.
 */
import { bookCell, unbookCell } from "./booking";
import { leastOfShape } from "./core-least";
import { fits } from "./core-memo";
import { apartCost, deviceNode, placeCost, remoteCost } from "./option-cost";
import { cpuPlaces, hasEqualTwin, isForVm, memoryNodes } from "./option-nodes";
import type { OptionQuery } from "./option-query";
import type { Bin, CellPlace, Option, ShapeCell } from "./problem";

type Answer = "more" | "enough";

/** The search for one VM's places; what is placed so far is booked. */
interface Walk extends OptionQuery {
  readonly places: CellPlace[];
  readonly visit: (option: Option) => Answer;
}

/** Until `visit` says that it has seen enough. */
export function visitOptions(query: OptionQuery, visit: (option: Option) => Answer): Answer {
  if (lacksEmulatorCpus(query)) return "more";
  const walk: Walk = { ...query, places: [], visit };
  return query.worth(0, apartToCome(walk)) ? placeCell(walk, 0, 0) : "more";
}

/** The emulator of a real-time VM must not run on its vCPUs' CPUs, which is where it runs if there are no others. */
function lacksEmulatorCpus({ vm, host }: OptionQuery): boolean {
  if (vm.spec.latencyClass !== "realTime" || vm.wantsEmulatorCpu || vm.spec.pins?.emulator !== undefined) return false;
  return host.sharedPools.every((pool) => pool.partition !== (vm.spec.partition ?? ""));
}

function placeCell(walk: Walk, remote: number, apart: number): Answer {
  const { places, vm } = walk;
  const cell = walk.shape.cells[places.length];
  if (cell === undefined) return placeEmulator(walk, remote, apart);
  for (const { cpuNode, bin } of cpuPlaces(walk, cell)) {
    for (const memoryNode of memoryNodes(walk, { cell, cpuNode })) {
      const place = { cell, cpuNode, bin, memoryNode };
      const remoteSoFar = remote + remoteCost(place);
      const apartSoFar = places.length === 0 ? 0 : apart + apartCost(places, place);
      places.push(place);
      let answer: Answer = "more";
      if (walk.worth(remoteSoFar, apartSoFar + apartToCome(walk))) {
        bookCell(vm, place);
        answer = placeCell(walk, remoteSoFar, apartSoFar);
        unbookCell(vm, place);
      }
      places.pop();
      if (answer === "enough") return answer;
    }
  }
  return "more";
}

/** The least that cells still to be placed are apart from all others. */
function apartToCome({ shape, places, host, remote }: Walk): number {
  const least = host.leastApart;
  if (least === 0 || remote || places.length === shape.cells.length || shape.cells.length === 1) return 0;
  const weight = (one: ShapeCell, other: ShapeCell) => one.vcpus * other.memoryMiB + other.vcpus * one.memoryMiB;
  let sum = 0;
  for (let index = places.length; index < shape.cells.length; index += 1) {
    const cell = shape.cells[index];
    for (const other of shape.cells.slice(0, index)) if (cell !== undefined) sum += weight(cell, other);
  }
  return least * sum;
}

function placeEmulator(walk: Walk, remote: number, apart: number): Answer {
  const { vm, host, places } = walk;
  if (vm.spec.nearDevice?.policy === "required") {
    const device = deviceNode(vm, host);
    if (device !== undefined && !places.some((place) => place.cpuNode === device)) return "more";
  }
  const least = leastOfShape(walk.memo, walk.shape);
  for (const emulator of emulatorBins(walk)) {
    const own = placeCost(vm, host, { places, emulator });
    const cost = { remote, apart, ...own, leastBroken: least.broken, leastLlc: least.llc };
    if (walk.visit({ vm, host, shape: walk.shape, cells: [...places], emulator, cost }) === "enough") return "enough";
  }
  return "more";
}

const none: readonly undefined[] = [undefined];

/** On the VM's own nodes first, in order of cells. */
function emulatorBins(walk: Walk): readonly (Bin | undefined)[] {
  const { vm, host, places } = walk;
  const item = walk.shape.emulator;
  if (item === undefined) return none;
  const order = (bin: Bin) => {
    const cell = places.findIndex((place) => place.cpuNode === bin.node);
    return cell < 0 ? places.length : cell;
  };
  return host.bins
    .filter((bin) => isForVm(vm, bin) && fits(walk.memo, bin, item))
    .filter((bin) => vm.spec.emulatorLocality !== "required" || bin.node === places[0]?.cpuNode)
    .filter((bin) => !hasEqualTwin(bin.node, places))
    .sort((left, right) => order(left) - order(right) || left.index - right.index);
}
