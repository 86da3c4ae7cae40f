/* How vCPUs and memory of a VM may be divided into guest cells. */
import type { CellShape, PlannerVm } from "./model";

/** A guest cell before it has vCPU numbers. */
export interface CellPart {
  readonly vcpus: number;
  readonly dedicated: number;
  readonly memoryMiB: number;
}

/** Beyond this many divisions a "packed" VM takes the even ones alone. */
const packedLimit = 4096;

/** On a host with so many threads a core and so many nodes; the fewest cells come first. */
export function divisionsOf(
  vm: PlannerVm,
  host: { readonly dedicated: number; readonly threads: number; readonly nodes: number },
): readonly (readonly CellPart[])[] {
  return typeof vm.nodes === "object" ? [explicitCells(vm, vm.nodes)] : divisions(vm, host);
}

function divisions(vm: PlannerVm, host: { dedicated: number; threads: number; nodes: number }): CellPart[][] {
  const most = Math.min(vm.vcpus, host.nodes);
  const counts = vm.nodes === "fit" ? Array.from({ length: most }, (_, index) => index + 1) : [Number(vm.nodes)];
  return counts.flatMap((count) => {
    if (count > vm.vcpus) return [];
    const even = evenParts(vm.vcpus, count, unitOf(vm, { count, threads: host.threads }));
    const splits = vm.split === "packed" ? packedParts(vm.vcpus, count, even) : [even];
    return splits.map((vcpus) => withMemory(vm, host.dedicated, vcpus)).filter((cells) => cells !== undefined);
  });
}

/** vCPUs that stay together: a core's threads, where vCPUs come in whole cores and there is one for each cell. */
function unitOf(vm: PlannerVm, { count, threads }: { count: number; threads: number }): number {
  const inCores = (vm.split ?? "cores") !== "threads" && vm.cpuPolicy === "dedicated";
  const siblings = vm.threadPolicy === "prefer" || vm.threadPolicy === "require";
  return inCores && siblings && vm.vcpus % threads === 0 && vm.vcpus / threads >= count ? threads : 1;
}

/** The larger parts first. */
function evenParts(total: number, count: number, unit: number): number[] {
  const units = total / unit;
  return Array.from(
    { length: count },
    (_, index) => unit * (Math.floor(units / count) + (index < units % count ? 1 : 0)),
  );
}

/** Every division into `count` parts, the larger first. */
function packedParts(total: number, count: number, even: readonly number[]): number[][] {
  const found: number[][] = [];
  const divide = (left: number, most: number, parts: readonly number[]): void => {
    if (found.length > packedLimit) return;
    if (parts.length === count - 1) {
      if (left <= most) found.push([...parts, left]);
      return;
    }
    const rest = count - parts.length;
    for (let part = Math.min(most, left - rest + 1); part * rest >= left; part -= 1) {
      divide(left - part, part, [...parts, part]);
    }
  };
  divide(total, total, []);
  return found.length > packedLimit ? [[...even]] : found;
}

/** Memory in proportion to vCPUs, in whole pages. Undefined: there are fewer pages than cells. */
export function withMemory(vm: PlannerVm, dedicated: number, vcpus: readonly number[]): CellPart[] | undefined {
  const unitMiB = Math.max(1, vm.pageSizeKiB / 1024);
  const pages = proportional(Math.floor(vm.memoryMiB / unitMiB), vcpus);
  if (pages.some((count) => count === 0)) return undefined;
  const shares = vm.cpuPolicy === "mixed" ? proportional(dedicated, vcpus) : undefined;
  return vcpus.map((count, index) => ({
    vcpus: count,
    dedicated: shares?.[index] ?? (dedicated === 0 ? 0 : count),
    memoryMiB: (pages[index] ?? 0) * unitMiB,
  }));
}

/** Whole parts of `total` by weight; what rounding leaves goes to the largest fractions, the first ones on a tie. */
function proportional(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((all, weight) => all + weight, 0);
  const parts = weights.map((weight) => Math.floor((total * weight) / sum));
  const left = total - parts.reduce((all, part) => all + part, 0);
  const byFraction = weights
    .map((weight, index) => ({ index, fraction: (total * weight) % sum }))
    .sort((one, other) => other.fraction - one.fraction || one.index - other.index);
  for (const { index } of byFraction.slice(0, left)) parts[index] = (parts[index] ?? 0) + 1;
  return parts;
}

function explicitCells(vm: PlannerVm, cells: readonly CellShape[]): CellPart[] {
  return cells.map((cell) => ({
    vcpus: cell.vcpus,
    memoryMiB: cell.memoryMiB,
    dedicated: vm.cpuPolicy === "shared" ? 0 : (cell.dedicatedVcpus ?? cell.vcpus),
  }));
}
