/* What a VM's place costs by itself, whatever else is on the host. */
import { sharedPoolFor } from "./booking";
import { distance, type Bin, type CellPlace, type Host, type Node, type OptionCost, type Vm } from "./problem";

/** Beyond local: 0 for a node that calls itself 10, whatever odd firmware says below that. */
export function remoteness(from: Node, to: Node): number {
  return Math.max(0, distance(from, to) - 10);
}

export function remoteCost(place: CellPlace): number {
  return place.cell.memoryMiB * remoteness(place.cpuNode, place.memoryNode);
}

/** Between one cell and those before it. */
export function apartCost(places: readonly CellPlace[], place: CellPlace): number {
  return places.reduce(
    (sum, other) =>
      sum +
      place.cell.vcpus * other.cell.memoryMiB * remoteness(place.cpuNode, other.memoryNode) +
      other.cell.vcpus * place.cell.memoryMiB * remoteness(other.cpuNode, place.memoryNode),
    0,
  );
}

export function deviceNode(vm: Vm, host: Host): Node | undefined {
  const device = host.spec.devices?.find((each) => each.address === vm.spec.nearDevice?.address);
  return host.nodes.find((node) => node.id === device?.node);
}

export function placeCost(
  vm: Vm,
  host: Host,
  { places, emulator }: { places: readonly CellPlace[]; emulator: Bin | undefined },
): Pick<OptionCost, "device" | "offNode" | "restart"> {
  const device = deviceNode(vm, host);
  return {
    device: places.reduce(
      (sum, place) => sum + (device === undefined ? 0 : place.cell.vcpus * remoteness(place.cpuNode, device)),
      0,
    ),
    offNode: emulatorOffNode(vm, places, emulator) + sharedOffNode(vm, places),
    restart: vm.previous === undefined || staysWhole(vm, host, places) ? 0 : 1,
  };
}

function emulatorOffNode(vm: Vm, places: readonly CellPlace[], emulator: Bin | undefined): number {
  if (vm.spec.pins?.emulator !== undefined) return 0;
  const [first] = places;
  if (first === undefined) return 0;
  const pool = vm.wantsEmulatorCpu ? undefined : sharedPoolFor(vm, first.cpuNode);
  const near = (node: Node) => places.some((place) => place.cpuNode === node);
  const off = vm.wantsEmulatorCpu
    ? emulator !== undefined && !near(emulator.node)
    : pool !== undefined && !places.some((place) => sharedPoolFor(vm, place.cpuNode)?.node === place.cpuNode);
  return off ? 1 + vm.spec.ioThreads : 0;
}

function sharedOffNode(vm: Vm, places: readonly CellPlace[]): number {
  return places
    .filter((place) => sharedPoolFor(vm, place.cpuNode)?.node !== place.cpuNode)
    .reduce((sum, place) => sum + place.cell.vcpus - place.cell.dedicated, 0);
}

/** Whether QEMU may go on running: the same host, and the same cells on the same nodes. */
function staysWhole(vm: Vm, host: Host, places: readonly CellPlace[]): boolean {
  const before = vm.previous;
  if (before?.host !== host.spec.name || before.cells.length !== places.length) return false;
  return before.cells.every((cell, index) => {
    const place = places[index];
    return (
      place?.cell.idsText === cell.vcpus &&
      place.cell.memoryMiB === cell.memoryMiB &&
      place.memoryNode.id === cell.memoryNode
    );
  });
}
