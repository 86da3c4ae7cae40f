/* The least that a VM costs wherever it is placed: what the search may count on for VMs that it has not placed yet. */
import { sharedPoolFor } from "./booking";
import { deviceNode, remoteness } from "./option-cost";
import { noOptionCost } from "./objective";
import type { Host, Node, OptionCost, Problem, Shape, Vm } from "./problem";
import { shapesOn } from "./vm-shapes";

/** `apart` holds for arrangements that have no more than `remote`; the others hold always. */
export function leastCosts(problem: Problem): Map<Vm, OptionCost> {
  const known = new Map<string, OptionCost>();
  return new Map(
    problem.vms.map((vm) => {
      const found = known.get(vm.symmetryClass) ?? leastCost(vm);
      known.set(vm.symmetryClass, found);
      return [vm, found];
    }),
  );
}

function leastCost(vm: Vm): OptionCost {
  const seen = new Set<string>();
  let least: PlaceBound | undefined;
  for (const host of vm.allowed) {
    if (seen.has(host.symmetryClass)) continue;
    seen.add(host.symmetryClass);
    for (const shape of shapesOn(vm, host)) {
      const cost = leastOn(vm, host, shape);
      if (cost !== undefined) least = least === undefined ? cost : lesser(least, cost);
      if (least?.remote === 0 && least.apart === 0 && least.device === 0) break;
    }
  }
  return { ...noOptionCost, ...least };
}

type PlaceBound = Pick<OptionCost, "remote" | "apart" | "device" | "offNode">;

function lesser(one: PlaceBound, other: PlaceBound): PlaceBound {
  const nearer = other.remote < one.remote || (other.remote === one.remote && other.apart < one.apart);
  return {
    remote: Math.min(one.remote, other.remote),
    apart: nearer ? other.apart : one.apart,
    device: Math.min(one.device, other.device),
    offNode: Math.min(one.offNode, other.offNode),
  };
}

/** Undefined: some cell fits no node of the empty host. */
function leastOn(vm: Vm, host: Host, shape: Shape): PlaceBound | undefined {
  const device = deviceNode(vm, host);
  const nodes = shape.cells.map((cell) => cpuNodes(vm, host, cell));
  let remote = 0;
  let near = 0;
  for (const [index, cell] of shape.cells.entries()) {
    const costs = (nodes[index] ?? []).map((node) => leastRemote(host, node, cell.memoryMiB));
    const best = Math.min(...costs);
    if (best === Infinity) return undefined;
    remote += best;
    if (device !== undefined)
      near += cell.vcpus * Math.min(...(nodes[index] ?? []).map((node) => remoteness(node, device)));
  }
  return {
    remote,
    apart: remote > 0 ? 0 : leastApart(shape, nodes),
    device: near,
    offNode: leastOffNode(vm, host),
  };
}

function cpuNodes(vm: Vm, host: Host, cell: Shape["cells"][number]): Node[] {
  const allowed = (node: Node) => vm.spec.allowedNodes?.includes(node.id) ?? true;
  if (cell.pinnedNode !== undefined) return host.nodes.filter((node) => node.index === cell.pinnedNode);
  const { item } = cell;
  if (item === undefined) return host.nodes.filter((node) => allowed(node) && sharedPoolFor(vm, node)?.node === node);
  const bins = host.bins.filter(
    (bin) => bin.partition === (vm.spec.partition ?? "") && (vm.spec.coreKind ?? bin.kind) === bin.kind,
  );
  return host.nodes.filter(
    (node) => allowed(node) && bins.some((bin) => bin.node === node && bin.threads >= item.count),
  );
}

function leastRemote(host: Host, from: Node, memoryMiB: number): number {
  const near = host.nodes.filter((node) => node.memoryMiB >= memoryMiB).map((node) => remoteness(from, node));
  return memoryMiB * Math.min(...near, Infinity);
}

/**
 * Each cell is at least as far from the others as a node from its nearest ones. In a shape of one cell this is nothing;
 * `remote` is 0 here, so that memory and vCPUs of a cell are together.
 */
function leastApart(shape: Shape, nodes: readonly (readonly Node[])[]): number {
  if (shape.cells.length === 1) return 0;
  const all = [...new Set(nodes.flat())];
  return shape.cells.reduce((sum, cell, index) => {
    const memory = Math.min(...shape.cells.filter((other) => other !== cell).map((other) => other.memoryMiB));
    const nearest = (nodes[index] ?? []).map((from) =>
      all
        .filter((to) => to !== from)
        .map((to) => remoteness(from, to))
        .sort((left, right) => left - right)
        .slice(0, shape.cells.length - 1)
        .reduce((total, each) => total + each, 0),
    );
    return sum + cell.vcpus * memory * Math.min(...nearest);
  }, 0);
}

function leastOffNode(vm: Vm, host: Host): number {
  if (vm.wantsEmulatorCpu || vm.spec.pins?.emulator !== undefined) return 0;
  const pools = host.sharedPools.filter((pool) => pool.partition === (vm.spec.partition ?? ""));
  const own = (node: Node) => pools.some((pool) => pool.node === node);
  const usable = host.bins.some((bin) => own(bin.node)) || vm.dedicated === 0 || vm.spec.pins !== undefined;
  return pools.length === 0 || usable ? 0 : 1 + vm.spec.ioThreads;
}
