/* The planner's answer as settings of VmCpuPlacement. */
import { CpuSet } from "../linux/cpu-set";
import { formatPageSize } from "../linux/units";
import type { PlannedSettings, PlannedVm } from "./model";
import type { PlannedHost } from "./planned-host";
import type { GuestCell, VmPlacement } from "./planner/answer";
import type { VmArgs } from "./schema-vm";

interface Placed {
  readonly placement: VmPlacement;
  readonly vm: VmArgs;
  readonly host: PlannedHost;
}

export function plannedVm({ placement, vm, host }: Placed): PlannedVm {
  const { emulatorPin, cells, why } = placement;
  return {
    host: host.name,
    why,
    cells,
    settings: settingsOf({ placement, vm, host }),
    emulatorCpus: emulatorPin,
  };
}

function settingsOf({ placement, vm, host }: Placed): PlannedSettings {
  const { vcpuPins, iothreads, cells, topology } = placement;
  const realTime = vm.latencyClass === "realTime";
  const backing = {
    ...(vm.pageSize !== undefined && { hugepages: [{ size: formatPageSize(placement.pageSizeKiB) }] }),
    ...(realTime && { locked: true }),
  };
  return {
    vcpus: { maximum: vm.vcpus },
    vcpuPins: Object.fromEntries(vcpuPins.map((cpus, vcpu) => [String(vcpu), cpus])),
    emulatorPin: reachingPin(placement, host),
    ...(iothreads.length > 0 && { iothreads }),
    ...(realTime && {
      vcpuScheduler: [{ vcpus: CpuSet.range(0, vm.vcpus - 1).toString(), scheduler: "fifo", priority: 1 }],
    }),
    numa: numaOf(cells),
    // Without a CPU of its own no vCPU has siblings to show.
    ...(vm.cpuPolicy !== "shared" && { cpu: { topology } }),
    ...(Object.keys(backing).length > 0 && { memoryBacking: backing }),
  };
}

/** Memory of another node than the vCPUs' is not held there by force: libvirt would do it, the preview refuses it. */
const modeOf = ({ memoryNode, cpuNode }: GuestCell) => (memoryNode === cpuNode ? "strict" : "preferred");

/** A guest that sees one node needs no cell for it. */
function numaOf(cells: readonly GuestCell[]): PlannedSettings["numa"] {
  const nodeset = CpuSet.from(cells.map(({ memoryNode }) => memoryNode)).toString();
  const [first] = cells;
  if (cells.length === 1 && first !== undefined) return { mode: modeOf(first), nodeset };
  return {
    mode: "strict",
    nodeset,
    cells: cells.map((cell) => ({
      id: cell.id,
      vcpus: cell.vcpus,
      memoryMiB: cell.memoryMiB,
      mode: modeOf(cell),
      nodeset: String(cell.memoryNode),
    })),
  };
}

/**
 * QEMU's own threads take memory that is bound to a node from a CPU of that node, and a start fails without one. Where the
 * emulator has none there, it may also use a CPU that is shared or the host's, else one of the VM's own.
 */
function reachingPin(
  { emulatorPin, vcpuPins, cells }: VmPlacement,
  { nodes, shared, reserved, domainCpus }: PlannedHost,
) {
  const own = CpuSet.parse(emulatorPin);
  const pinned = CpuSet.union(vcpuPins.map((cpus) => CpuSet.parse(cpus)));
  const bound = new Set(cells.filter((cell) => modeOf(cell) === "strict").map(({ memoryNode }) => memoryNode));
  return nodes
    .filter(({ id, localCpus }) => bound.has(id) && !localCpus.intersects(own))
    .reduce((cpus, { localCpus }) => {
      const choices = [shared, reserved, pinned].map((some) => some.intersect(localCpus).intersect(domainCpus));
      return cpus.union(choices.find((some) => !some.isEmpty) ?? CpuSet.empty);
    }, own)
    .toString();
}
