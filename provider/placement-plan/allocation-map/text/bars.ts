import type { KeyedVm } from "../keys";
import type { MapMemory, MapNode } from "../model";
import { padEnd } from "../text-width";
import { memoryText, pagesName, takenMiB } from "../words";

const barColumns = 40;

/** "memory    [##A=====B===.....]  72 GiB of 128 GiB, 4 GiB reserved" */
export function barLines(
  { memory, pages = [] }: MapNode,
  vmOf: (name: string) => KeyedVm | undefined,
): readonly string[] {
  const pools = [...pages].sort((one, other) => one.pageSizeKiB - other.pageSizeKiB);
  const bars = [
    ...(memory === undefined ? [] : [["memory", memory] as const]),
    ...pools.map((pool) => [pagesName(pool.pageSizeKiB), pool] as const),
  ];
  const column = Math.max(0, ...bars.map(([name]) => name.length));
  return bars.map(([name, amounts]) => `${padEnd(name, column)}  [${bar(amounts, vmOf)}]  ${memoryText(amounts)}`);
}

/**
 * Every segment ends where its amount ends, so that roundings do not add up; but who has little has a column all the
 * same.
 */
function bar(memory: MapMemory, vmOf: (name: string) => KeyedVm | undefined): string {
  const whole = Math.max(memory.totalMiB, memory.reservedMiB + takenMiB(memory), 1);
  const segments = memory.vms
    .flatMap(({ vm, memoryMiB }) => {
      const keyed = vmOf(vm);
      return keyed === undefined ? [] : [{ index: keyed.index, key: keyed.key, memoryMiB }];
    })
    .sort((one, other) => one.index - other.index);
  let text = "#".repeat(Math.round((memory.reservedMiB / whole) * barColumns));
  let end = memory.reservedMiB;
  for (const { key, memoryMiB } of segments) {
    end += memoryMiB;
    const columns = Math.max(memoryMiB > 0 ? 1 : 0, Math.round((end / whole) * barColumns) - text.length);
    text += key.length <= columns ? key.padEnd(columns, "=") : "=".repeat(columns);
  }
  return text.slice(0, barColumns).padEnd(barColumns, ".");
}
