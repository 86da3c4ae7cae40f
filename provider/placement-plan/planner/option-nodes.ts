/* Nodes that the next cell of a VM can have. */
import { hasMemory, hasShared } from "./booking";
import { sameContents } from "./contents";
import { fits } from "./core-memo";
import type { OptionQuery } from "./option-query";
import type { Bin, CellPlace, Node, ShapeCell, Vm } from "./problem";

type Query = OptionQuery & { readonly places: readonly CellPlace[] };
type Nodes = Pick<CellPlace, "cpuNode" | "memoryNode">;

/** For its vCPUs; with the bin that they come from, if they need CPUs of the plan. */
export function cpuPlaces(query: Query, cell: ShapeCell): Pick<CellPlace, "cpuNode" | "bin">[] {
  const { vm, host } = query;
  const found: Pick<CellPlace, "cpuNode" | "bin">[] = [];
  if (cell.item === undefined) {
    for (const node of host.nodes) {
      const fixed = cell.pinnedNode === undefined ? isAllowed(vm, node) : node.index === cell.pinnedNode;
      if (fixed && isOpen(query, cell, node)) found.push({ cpuNode: node, bin: undefined });
    }
    return found;
  }
  const kind = vm.spec.coreKind;
  for (const bin of host.bins) {
    if (!isForVm(vm, bin) || (kind !== undefined && kind !== bin.kind)) continue;
    if (fits(query.memo, bin, cell.item) && isOpen(query, cell, bin.node)) found.push({ cpuNode: bin.node, bin });
  }
  return found;
}

function isOpen({ vm, places, exactly }: Query, cell: ShapeCell, node: Node): boolean {
  const was = exactly?.[places.length]?.cpuNode;
  if (was !== undefined && node.id !== was) return false;
  for (const place of places) if (place.cpuNode === node) return false;
  const last = places[places.length - 1];
  if (cell.twin && last !== undefined && node.index < last.cpuNode.index) return false;
  return hasShared(vm, { cell, cpuNode: node }) && !hasEqualTwin(node, places);
}

export function isForVm(vm: Vm, bin: Bin): boolean {
  return bin.partition === (vm.spec.partition ?? "") && isAllowed(vm, bin.node);
}

function isAllowed(vm: Vm, node: Node): boolean {
  return vm.spec.allowedNodes?.includes(node.id) ?? true;
}

/** For its memory: the vCPUs' own node first. */
export function memoryNodes(query: Query, { cell, cpuNode }: { cell: ShapeCell; cpuNode: Node }): Node[] {
  const { vm, host, places, exactly } = query;
  const was = exactly?.[places.length]?.memoryNode;
  if (was !== undefined) return host.nodes.filter((node) => node.id === was && hasMemory(node, vm, cell.memoryMiB));
  const found = hasMemory(cpuNode, vm, cell.memoryMiB) ? [cpuNode] : [];
  if (!query.remote || vm.spec.memoryLocality === "required" || vm.spec.latencyClass === "realTime") return found;
  const here = [...places, { cpuNode, memoryNode: cpuNode }];
  for (const node of host.nodes) {
    if (node === cpuNode || !isAllowed(vm, node) || !hasMemory(node, vm, cell.memoryMiB)) continue;
    if (!hasEqualTwin(node, here)) found.push(node);
  }
  return found;
}

/** Whether a lower node could take this one's part in all that is placed and in all that is to come. */
export function hasEqualTwin(node: Node, places: readonly Nodes[]): boolean {
  const twins = node.host.twins[node.index];
  if (twins === undefined || twins.length === 0) return false;
  const touched = (each: Node) => places.some((place) => place.cpuNode === each || place.memoryNode === each);
  return !touched(node) && twins.some((twin) => !touched(twin) && sameContents(twin.contents, node.contents));
}
