/* Booking a VM's place and giving it back, with what would not fit. */
import { addToken, dropToken } from "./contents";
import { looseThreadsOf, wholeCoresOf } from "./demand";
import type { Bin, CellPlace, Host, Item, Node, Option, SharedPool, Vm } from "./problem";
import { distance } from "./problem";

export function bookItem(bin: Bin, item: Item): void {
  bin.items.push(item);
  // Arrangements of more items than before were of other items.
  bin.arrangements.length = Math.min(bin.arrangements.length, bin.items.length);
  bin.usedWhole += wholeCoresOf(bin, item);
  bin.usedLoose += looseThreadsOf(item);
}

/** Bookings are given back in the reverse order. */
export function unbookItem(bin: Bin, item: Item): void {
  bin.items.pop();
  bin.usedWhole -= wholeCoresOf(bin, item);
  bin.usedLoose -= looseThreadsOf(item);
}

export function hasMemory(node: Node, vm: Vm, memoryMiB: number): boolean {
  if (node.memoryLeft < memoryMiB) return false;
  const pool = node.pools.find((each) => each.pageSizeKiB === vm.spec.pageSizeKiB);
  return pool === undefined || pool.left >= memoryMiB;
}

function changeMemory(node: Node, vm: Vm, memoryMiB: number): void {
  node.memoryLeft -= memoryMiB;
  for (const pool of node.pools) if (pool.pageSizeKiB === vm.spec.pageSizeKiB) pool.left -= memoryMiB;
}

/** Shared CPUs of the node, or of the nearest that has any for this VM. */
export function sharedPoolFor(vm: Vm, node: Node): SharedPool | undefined {
  const partition = vm.spec.partition ?? "";
  let nearest: SharedPool | undefined;
  for (const pool of node.host.sharedPools) {
    if (pool.partition !== partition) continue;
    if (nearest === undefined || distance(node, pool.node) < distance(node, nearest.node)) nearest = pool;
  }
  return nearest;
}

/** Shared vCPUs of a cell. */
function sharedVcpus({ cell }: Pick<CellPlace, "cell">): number {
  return cell.vcpus - cell.dedicated;
}

export function hasShared(vm: Vm, place: Pick<CellPlace, "cell" | "cpuNode">): boolean {
  const wanted = sharedVcpus(place);
  if (wanted === 0) return true;
  const pool = sharedPoolFor(vm, place.cpuNode);
  return pool !== undefined && pool.left >= wanted && (place.cell.dedicated > 0 || pool.node === place.cpuNode);
}

function changeShared(vm: Vm, place: CellPlace, sign: 1 | -1): void {
  const pool = sharedPoolFor(vm, place.cpuNode);
  if (pool !== undefined) pool.left -= sign * sharedVcpus(place);
}

export function bookCell(vm: Vm, place: CellPlace): void {
  if (place.bin !== undefined && place.cell.item !== undefined) bookItem(place.bin, place.cell.item);
  changeMemory(place.memoryNode, vm, place.cell.memoryMiB);
  if (sharedVcpus(place) > 0) changeShared(vm, place, 1);
}

export function unbookCell(vm: Vm, place: CellPlace): void {
  if (place.bin !== undefined && place.cell.item !== undefined) unbookItem(place.bin, place.cell.item);
  changeMemory(place.memoryNode, vm, -place.cell.memoryMiB);
  if (sharedVcpus(place) > 0) changeShared(vm, place, -1);
}

export function book(option: Option): void {
  for (const place of option.cells) bookCell(option.vm, place);
  if (option.emulator !== undefined && option.shape.emulator !== undefined)
    bookItem(option.emulator, option.shape.emulator);
  const { host, vm } = option;
  host.vmCount += 1;
  addToken(host.contents, hostToken(option));
  for (const group of vm.spec.antiAffinity ?? []) host.groups.add(group);
  for (const [node, token] of nodeTokens(option)) addToken(node.contents, token);
}

export function unbook(option: Option): void {
  const { host, vm } = option;
  for (const [node] of nodeTokens(option)) dropToken(node.contents);
  for (const group of vm.spec.antiAffinity ?? []) host.groups.delete(group);
  dropToken(host.contents);
  host.vmCount -= 1;
  if (option.emulator !== undefined && option.shape.emulator !== undefined)
    unbookItem(option.emulator, option.shape.emulator);
  for (const place of [...option.cells].reverse()) unbookCell(vm, place);
}

/** Whether an anti-affinity group keeps the VM off the host. */
export function isRepelled(vm: Vm, host: Host): boolean {
  return (vm.spec.antiAffinity ?? []).some((group) => host.groups.has(group));
}

/** Positions within the host, in the order in which options are compared. */
export function positions(option: Option): number[] {
  const cells = option.cells.flatMap((place) => [place.cpuNode.index, place.bin?.index ?? -1, place.memoryNode.index]);
  return [option.shape.index, ...cells, option.emulator?.index ?? -1];
}

function hostToken(option: Option): string {
  return `${option.vm.symmetryClass} ${positions(option).join(" ")}`;
}

/** A VM that is on one node alone is the same as any of its class there; one that ties nodes together is like no other. */
function nodeTokens(option: Option): readonly (readonly [Node, string])[] {
  const nodes = new Set(option.cells.flatMap((place) => [place.cpuNode, place.memoryNode]));
  if (option.emulator !== undefined) nodes.add(option.emulator.node);
  const bins = [...option.cells.map((place) => place.bin), option.emulator].map(
    (bin) => `${bin?.kind}/${bin?.partition}`,
  );
  const alike = `${option.vm.symmetryClass} ${option.shape.index} ${bins.join(" ")}`;
  return [...nodes].map((node) => [node, nodes.size === 1 ? alike : `${option.vm.index} on ${node.index}`] as const);
}
