/* From bins and counts to CPU numbers: what the program gets for one VM. */
import { CpuSet } from "../../linux/cpu-set";
import type { VmPlacement } from "./answer";
import { sharedPoolFor } from "./booking";
import { sortItems } from "./core-assignment";
import { arrange, type CoreMemo } from "./core-memo";
import { guestTopology } from "./guest-topology";
import { compareText, type Bin, type Item, type Option } from "./problem";
import { whySentence } from "./why";

/** By item, in order of its vCPUs. */
export type Assignment = ReadonlyMap<Item, readonly number[]>;

/** In order of VM names. The options are all that is booked. */
export function realise(options: readonly Option[], memo: CoreMemo): VmPlacement[] {
  const bins = new Set(options.flatMap((option) => [...option.cells.map((place) => place.bin), option.emulator]));
  const assignment = new Map<Item, readonly number[]>();
  for (const bin of bins)
    if (bin !== undefined) for (const [item, cpus] of cpusIn(bin, memo)) assignment.set(item, cpus);
  return [...options]
    .sort((left, right) => compareText(left.vm.spec.name, right.vm.spec.name))
    .map((option) => placement(option, assignment));
}

/** On each core first everybody's own previous CPU, then the lowest in order of items. */
function cpusIn(bin: Bin, memo: CoreMemo): Assignment {
  const items = sortItems(bin.items);
  const takes = arrange(memo, bin, bin.items)?.takes ?? [];
  const chosen = new Map<Item, number[]>(items.map((item) => [item, []]));
  for (const [index, core] of bin.cores.entries()) {
    const wants = items.map((item, position) => ({
      item,
      threads: takes[position]?.find((take) => take.core === index)?.threads ?? 0,
    }));
    const free = new Set(core.cpus);
    for (const keep of [true, false]) {
      for (const want of wants) {
        const list = chosen.get(want.item) ?? [];
        for (const cpu of [...free]) {
          if (want.threads === 0 || (keep && !want.item.previous.includes(cpu))) continue;
          free.delete(cpu);
          list.push(cpu);
          want.threads -= 1;
        }
      }
    }
  }
  return new Map([...chosen].map(([item, cpus]) => [item, inOrder(bin, item, cpus)]));
}

/** vCPUs keep their previous CPUs; the others follow core by core, so that siblings are neighbours. */
function inOrder(bin: Bin, item: Item, cpus: readonly number[]): number[] {
  const left = new Set(cpus);
  const kept = item.previous.map((cpu) => (cpu !== undefined && left.delete(cpu) ? cpu : undefined));
  const rest = bin.cores.flatMap((core) => core.cpus.filter((cpu) => left.has(cpu)));
  let next = 0;
  return kept.map((cpu) => cpu ?? rest[next++] ?? -1);
}

function placement(option: Option, assignment: Assignment): VmPlacement {
  const { vm, host, cells } = option;
  const { spec } = vm;
  const pins: string[] = Array.from({ length: spec.vcpus }, () => "");
  let pinned = 0;
  for (const place of cells) {
    const cpus = place.cell.item === undefined ? undefined : assignment.get(place.cell.item);
    const shared = sharedPoolFor(vm, place.cpuNode)?.cpus.toString() ?? "";
    for (const [position, id] of place.cell.ids.entries()) {
      const fixed =
        spec.pins === undefined || position >= place.cell.dedicated
          ? undefined
          : spec.pins.vcpus[spec.cpuPolicy === "mixed" ? pinned++ : id];
      pins[id] = position < place.cell.dedicated ? `${fixed ?? cpus?.[position] ?? ""}` : shared;
    }
  }
  const emulatorPin = emulatorCpus(option, { pins, assignment });
  const placed = {
    vm: spec.name,
    host: host.spec.name,
    vcpuPins: pins,
    emulatorPin,
    iothreads: Array.from({ length: spec.ioThreads }, (_, index) => ({ id: index + 1, cpus: emulatorPin })),
    cells: cells.map((place, id) => ({
      id,
      vcpus: place.cell.idsText,
      memoryMiB: place.cell.memoryMiB,
      memoryNode: place.memoryNode.id,
      cpuNode: place.cpuNode.id,
    })),
    topology: guestTopology(option, pins),
    pageSizeKiB: spec.pageSizeKiB,
  };
  return { ...placed, why: whySentence(option, placed) };
}

/** Shared CPUs of the VM's nodes, else the nearest; where there are none, the VM's own. */
function emulatorCpus(
  option: Option,
  { pins, assignment }: { pins: readonly string[]; assignment: Assignment },
): string {
  const { vm, cells, shape } = option;
  if (vm.spec.pins?.emulator !== undefined) return vm.spec.pins.emulator.toString();
  if (shape.emulator !== undefined) return (assignment.get(shape.emulator) ?? []).join(",");
  const own = cells.flatMap((place) => {
    const pool = sharedPoolFor(vm, place.cpuNode);
    return pool?.node === place.cpuNode ? [pool.cpus] : [];
  });
  const [first] = cells;
  const nearest = first === undefined ? undefined : sharedPoolFor(vm, first.cpuNode)?.cpus;
  if (own.length > 0) return CpuSet.union(own).toString();
  return (nearest ?? CpuSet.union(pins.map((pin) => CpuSet.parse(pin)))).toString();
}
