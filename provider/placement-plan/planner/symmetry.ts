/* Which hosts, and which nodes of a host, may change places without any difference to the plan. */
import type { PlanRequest } from "./model";
import { previousCpus } from "./named-cpus";
import type { Host, Node } from "./problem";

/** Equal texts: the hosts may change places. A host that a VM or a previous placement names is like no other. */
export function hostClass(host: Host, request: PlanRequest): string {
  const { spec } = host;
  const naming = request.vms.filter((vm) => vm.hosts?.includes(spec.name));
  const before = (request.previous ?? []).some((each) => each.host === spec.name);
  const wanted = new Set(request.vms.map((vm) => vm.nearDevice?.address));
  if (before || naming.some((vm) => vm.pins !== undefined)) return `host ${host.index}`;
  return JSON.stringify([
    naming.map((vm) => vm.name).sort(),
    host.nodes.map((node) => [node.id, nodeText(host, node)]),
    host.distances,
    spec.hugepageSizesKiB ?? null,
    spec.partitions?.map((partition) => partition.name) ?? [],
    (spec.devices ?? []).filter((device) => wanted.has(device.address)).map((device) => [device.address, device.node]),
  ]);
}

/** For each node the lower ones that it may change places with. */
export function twinsOf(host: Host, request: PlanRequest): readonly (readonly Node[])[] {
  const named = namedNodes(host, request);
  const texts = host.nodes.map((node) => nodeText(host, node));
  const mayChange = (one: Node, other: Node) =>
    texts[one.index] === texts[other.index] &&
    !named.has(one.id) &&
    !named.has(other.id) &&
    sameDistances(host, one.index, other.index) &&
    sharedAlike(host, one, other);
  return host.nodes.map((node) => host.nodes.slice(0, node.index).filter((other) => mayChange(other, node)));
}

/** Nodes that are more than their resources to somebody. */
function namedNodes(host: Host, request: PlanRequest): ReadonlySet<number> {
  const cpus = new Map(host.spec.cpus.map((cpu) => [cpu.id, cpu.node]));
  const wanted = new Set(request.vms.map((vm) => vm.nearDevice?.address));
  return new Set([
    ...(host.spec.devices ?? []).filter((device) => wanted.has(device.address)).map((device) => device.node ?? -1),
    ...[...previousCpus(request, host.spec)].map((cpu) => cpus.get(cpu) ?? -1),
    ...(request.previous ?? [])
      .filter((each) => each.host === host.spec.name)
      .flatMap((each) => each.cells.flatMap((cell) => [cell.memoryNode, cell.cpuNode])),
    ...request.vms.flatMap((vm) => vm.allowedNodes ?? []),
    ...request.vms.flatMap((vm) => vm.pins?.vcpus ?? []).map((cpu) => cpus.get(cpu) ?? -1),
  ]);
}

function nodeText(host: Host, node: Node): string {
  return JSON.stringify([
    node.memoryMiB,
    node.pools.map((pool) => [pool.pageSizeKiB, pool.left]),
    host.bins.filter((bin) => bin.node === node).map((bin) => [bin.kind, bin.partition, bin.structure]),
    host.sharedPools.filter((pool) => pool.node === node).map((pool) => [pool.partition, pool.left]),
  ]);
}

function sameDistances(host: Host, one: number, other: number): boolean {
  const at = (row: number, column: number) => host.distances[row]?.[column];
  return (
    at(one, one) === at(other, other) &&
    at(one, other) === at(other, one) &&
    host.nodes.every(
      ({ index }) =>
        index === one ||
        index === other ||
        (at(one, index) === at(other, index) && at(index, one) === at(index, other)),
    )
  );
}

/** Nodes without shared CPUs use those of the nearest node: then it matters which of two that is. */
function sharedAlike(host: Host, one: Node, other: Node): boolean {
  const hasShared = (node: Node) => host.sharedPools.some((pool) => pool.node === node);
  return !hasShared(one) && !hasShared(other) ? true : host.nodes.every(hasShared);
}
