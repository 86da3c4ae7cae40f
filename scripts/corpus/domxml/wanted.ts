import { CpuSet } from "../../../provider/linux/cpu-set";
import type { DomainDocument } from "../../../provider/vm-cpu-placement/domain-xml";
import type { Facts } from "../../../provider/vm-cpu-placement/facts";

/** One of everything that is managed, on top of what the document has, and such that libvirt takes it. */
export function wantedOf({ facts, maximumVcpus }: DomainDocument): ReadonlyMap<string, string | null> {
  const freeId = Array.from({ length: 64 }, (_, index) => index + 1).find((id) => !facts.has(`iothreads.${id}`)) ?? 65;
  const last = maximumVcpus - 1;
  const cells = [...facts.keys()].filter((name) => /^numa\.cells\.\d+\.memory$/.test(name)).length;
  const memory = facts.get("memory");
  const firstCell = memory !== undefined && cells === 0;
  const group = resctrlGroup(facts, last);
  return new Map<string, string | null>([
    ["vcpuPins.0", "3"],
    [`vcpuPins.${last}`, "5-6"],
    ["vcpuCpuset", facts.has("vcpus.placement") ? null : "0-6"],
    ["emulatorPin", "0-1"],
    [`iothreads.${freeId}`, "2"],
    [`iothreadScheduler.${freeId}`, "fifo 4"],
    ["numa.mode", "preferred"],
    ["numa.nodeset", "1"],
    ["numa.placement", null],
    ["vcpus.placement", null],
    [`vcpuScheduler.${last}`, "rr 3"],
    ["emulatorScheduler", "batch"],
    ["cpuShares", "77"],
    ["cpuBandwidth.periodMicroseconds", "50000"],
    ["cpuBandwidth.quotaMicroseconds", "25000"],
    ["cpu.mode", "host-passthrough"],
    ["cpu.match", null],
    ["cpu.model", null],
    ["cpu.vendor", null],
    ["cpu.fallback", null],
    ["cpu.check", null],
    ["cpu.migratable", "off"],
    ["cpu.cache", "passthrough"],
    ["cpu.features.pcid", "require"],
    ["cpu.topology.sockets", "1"],
    ["cpu.topology.dies", null],
    ["cpu.topology.clusters", null],
    ["cpu.topology.cores", String(maximumVcpus)],
    ["cpu.topology.threads", "1"],
    ["memoryBacking.hugepages", hugepages(firstCell ? 1 : cells)],
    ["memoryBacking.locked", "yes"],
    ["memoryBacking.nosharepages", "yes"],
    ["memoryBacking.source", "memfd"],
    ["memoryBacking.access", "shared"],
    ["memoryBacking.allocation", "immediate"],
    ["memoryBacking.hardLimit", "8388608 KiB"],
    [`cacheTune.${group}.L3.7.both`, "3072 KiB"],
    [`memoryTune.${group}.node7`, "50"],
    ...(!firstCell
      ? []
      : ([
          ["numa.cells.0.vcpus", facts.get("numa.cells.0.vcpus") ?? CpuSet.range(0, last).toString()],
          ["numa.cells.0.memory", memory],
          ["numa.cells.0.memAccess", "shared"],
          ["numa.cells.0.mode", "strict"],
          ["numa.cells.0.nodeset", "1"],
          ["numa.cells.0.caches.3", "direct writeback 16384 KiB line 64 B"],
        ] as const)),
  ]);
}

/** Two groups of vCPUs may be the same, and must not overlap. */
function resctrlGroup(facts: Facts, vcpu: number): string {
  const groups = [...facts.keys()].flatMap((name) => /^(?:cache|memory)Tune\.([\d,-]+)\./.exec(name)?.[1] ?? []);
  return groups.find((vcpus) => CpuSet.parse(vcpus).has(vcpu)) ?? String(vcpu);
}

/** Only of cells that are there. */
function hugepages(cells: number): string {
  if (cells === 0) return "2M";
  return cells === 1 ? "1G cells 0" : "1G cells 0, 2M cells 1";
}
