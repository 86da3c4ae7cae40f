/* Why a host does not take a VM even when it is empty: the first thing that is missing, with numbers. */
import type { Explanation } from "./answer";
import { sharedPoolFor } from "./booking";
import { deviceNode } from "./option-cost";
import type { Bin, Host, Vm } from "./problem";
import { shapesOn } from "./vm-shapes";

export function hostRefusal(vm: Vm, host: Host): Explanation {
  const found = [pools, cells, cpus, cores, memory, near, together];
  for (const look of found) {
    const reason = look(vm, host);
    if (reason !== undefined) return { vms: [vm.spec.name], host: host.spec.name, ...reason };
  }
  throw new Error(`${vm.spec.name} fits ${host.spec.name}`);
}

type Reason = Omit<Explanation, "vms" | "host"> | undefined;

const short = (wanted: number, available: number, unit: string) =>
  `wants ${wanted} ${unit}, at most ${available} can be had: ${wanted - available} short`;

function binsOf(vm: Vm, host: Host): readonly Bin[] {
  return host.bins.filter(
    (bin) =>
      bin.partition === (vm.spec.partition ?? "") &&
      (vm.spec.coreKind ?? bin.kind) === bin.kind &&
      (vm.spec.allowedNodes?.includes(bin.node.id) ?? true),
  );
}

function pools(vm: Vm, host: Host): Reason {
  const { spec } = vm;
  const scopes = host.nodes.flatMap((node) => sharedPoolFor(vm, node) ?? []);
  const needed = spec.cpuPolicy !== "dedicated" || spec.latencyClass === "realTime";
  if (!needed || (vm.wantsEmulatorCpu && spec.cpuPolicy === "dedicated")) return undefined;
  const left = [...new Set(scopes)].reduce((sum, pool) => sum + pool.left, 0);
  const wanted = spec.vcpus - vm.dedicated;
  if (scopes.length > 0 && wanted <= left) return undefined;
  return scopes.length === 0
    ? {
        resource: "sharedCpus",
        text: `${spec.name}: ${host.spec.name} has no shared CPUs${spec.partition === undefined ? "" : ` in partition ${spec.partition}`} for its ${spec.cpuPolicy === "dedicated" ? "emulator threads: say emulatorThreads isolate, or" : "shared vCPUs:"} name shared or reserved CPUs`,
      }
    : {
        resource: "sharedCpus",
        wanted,
        available: left,
        text: `${spec.name} on ${host.spec.name}: ${short(wanted, left, "shared vCPUs")}. Name more shared CPUs, or let each carry more`,
      };
}

function cells(vm: Vm, host: Host): Reason {
  const { spec } = vm;
  const nodes = host.nodes.filter((node) => spec.allowedNodes?.includes(node.id) ?? true).length;
  const least = Math.min(...shapesOn(vm, host).map((shape) => shape.cells.length));
  if (least <= nodes) return undefined;
  if (spec.pins !== undefined)
    return {
      resource: "pins",
      text: `${spec.name}: its pins lie on other nodes of ${host.spec.name} than its guest cells need`,
    };
  const wanted = typeof spec.nodes === "object" ? spec.nodes.length : Number(spec.nodes);
  return least === Infinity
    ? {
        resource: "nodes",
        text: `${spec.name}: ${spec.vcpus} vCPUs and ${spec.memoryMiB} MiB cannot be divided into ${wanted} guest cells`,
      }
    : {
        resource: "nodes",
        wanted: least,
        available: nodes,
        text: `${spec.name} on ${host.spec.name}: ${short(least, nodes, "NUMA nodes")}, as every guest cell has a node of its own. Say nodes "fit"`,
      };
}

/** CPUs of the largest node for the smallest division, or of the host. */
function cpus(vm: Vm, host: Host): Reason {
  const { spec } = vm;
  if (vm.dedicated === 0 || spec.pins !== undefined) return undefined;
  const bins = binsOf(vm, host);
  const all = bins.reduce((sum, bin) => sum + bin.threads, 0);
  const wanted = vm.dedicated + (vm.wantsEmulatorCpu ? 1 : 0);
  if (all < wanted)
    return {
      resource: "cpus",
      wanted,
      available: all,
      text: `${spec.name} on ${host.spec.name}: ${short(wanted, all, "CPUs")}. Give it fewer dedicated vCPUs, or reserve fewer CPUs`,
    };
  const largest = [...bins].sort((left, right) => right.threads - left.threads)[0];
  const cell = Math.min(...shapesOn(vm, host).map((shape) => Math.max(...shape.cells.map((each) => each.dedicated))));
  if (largest === undefined || cell <= largest.threads) return undefined;
  return {
    resource: "cpus",
    node: largest.node.id,
    wanted: cell,
    available: largest.threads,
    text: `${spec.name} on ${host.spec.name}: a guest cell ${short(cell, largest.threads, `CPUs of one node (node ${largest.node.id} has the most)`)}. Say nodes "fit" or more nodes, or give it fewer vCPUs`,
  };
}

/** Whole cores for `require`, `isolate` and real-time VMs. */
function cores(vm: Vm, host: Host): Reason {
  const { spec } = vm;
  if (vm.dedicated === 0 || spec.pins !== undefined || (vm.kind !== "whole" && vm.kind !== "isolate")) return undefined;
  const counted = binsOf(vm, host).map((bin) => ({
    bin,
    cores: bin.cores.filter((core) => core.whole && core.cpus.length >= vm.leastThreads).length,
  }));
  if (vm.leastThreads > 1 && counted.every((each) => each.cores === 0))
    return {
      resource: "wholeCores",
      text: `${spec.name}: threadPolicy require wants whole cores with SMT siblings, and ${host.spec.name} has none to give (SMT is off, or other threads hold one of each). Say prefer, or free whole cores`,
    };
  const wanted = Math.min(
    ...shapesOn(vm, host).map((shape) =>
      shape.cells.reduce(
        (sum, cell) => sum + (vm.kind === "isolate" ? cell.dedicated : Math.ceil(cell.dedicated / most(counted))),
        0,
      ),
    ),
  );
  const available = counted.reduce((sum, each) => sum + each.cores, 0);
  if (wanted <= available) return undefined;
  return {
    ...{ resource: "wholeCores", wanted, available },
    text: `${spec.name} on ${host.spec.name}: ${short(wanted, available, "whole cores")}, by its threadPolicy ${spec.threadPolicy}. Say prefer, or give it fewer vCPUs`,
  };
}

function most(counted: readonly { bin: Bin }[]): number {
  return Math.max(1, ...counted.map(({ bin }) => bin.threadsPerCore));
}

function memory(vm: Vm, host: Host): Reason {
  const { spec } = vm;
  const nodes = host.nodes.filter((node) => spec.allowedNodes?.includes(node.id) ?? true);
  const room = nodes.map((node) => {
    const pool = node.pools.find((each) => each.pageSizeKiB === spec.pageSizeKiB);
    return {
      node,
      left: Math.min(node.memoryLeft, pool?.left ?? Infinity),
      pooled: pool !== undefined && pool.left < node.memoryLeft,
    };
  });
  const all = room.reduce((sum, each) => sum + each.left, 0);
  const [largest] = room.sort((left, right) => right.left - left.left);
  const resource = largest?.pooled === true ? "hugepages" : "memory";
  const unit = resource === "hugepages" ? `MiB in pages of ${spec.pageSizeKiB} KiB` : "MiB";
  if (all < spec.memoryMiB)
    return {
      ...{ resource, wanted: spec.memoryMiB, available: all },
      text: `${spec.name} on ${host.spec.name}: ${short(spec.memoryMiB, all, unit)}. Give it less memory, or reserve less`,
    };
  const cell = Math.min(...shapesOn(vm, host).map((shape) => Math.max(...shape.cells.map((each) => each.memoryMiB))));
  if (largest === undefined || cell <= largest.left) return undefined;
  return {
    ...{ resource, node: largest.node.id, wanted: cell, available: largest.left },
    text: `${spec.name} on ${host.spec.name}: a guest cell ${short(cell, largest.left, `${unit} of one node (node ${largest.node.id} has the most)`)}. Say nodes "fit" or more nodes, or give it less memory`,
  };
}

function near(vm: Vm, host: Host): Reason {
  const node = deviceNode(vm, host);
  if (vm.spec.nearDevice?.policy !== "required" || node === undefined) return undefined;
  return {
    resource: "device",
    node: node.id,
    text: `${vm.spec.name} on ${host.spec.name}: no guest cell of it fits node ${node.id}, where device ${vm.spec.nearDevice.address} is. Say nearDevice preferred, or make it smaller`,
  };
}

/** Each thing is there, but not on the same nodes. */
function together(vm: Vm, host: Host): Reason {
  return {
    resource: "arrangement",
    text: `${vm.spec.name} on ${host.spec.name}: there are enough CPUs and enough memory, but no choice of nodes has both for all its guest cells. Say nodes "fit", or free memory where CPUs are free`,
  };
}
