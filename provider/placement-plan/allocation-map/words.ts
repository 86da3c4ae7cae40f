/* What the text and the picture say alike. */
import { CpuSet } from "../../linux/cpu-set";
import { formatPageSize } from "../../linux/units";
import type { KeyedVm } from "./keys";
import type { MapHost, MapMemory, MapThread } from "./model";
import { isDedicated, isShared, type HostPlace, type Occupant } from "./places";
import { oneLine } from "./text-width";

/** "96 GiB", "1.5 GiB", "768 MiB": never rounded to a whole that it is not. */
export function sizeText(memoryMiB: number): string {
  if (memoryMiB < 1024) return `${round(memoryMiB)} MiB`;
  return memoryMiB < 1024 ** 2 ? `${round(memoryMiB / 1024)} GiB` : `${round(memoryMiB / 1024 ** 2)} TiB`;
}

const round = (value: number): string => String(Math.round(value * 10) / 10);

export function takenMiB({ vms }: MapMemory): number {
  return vms.reduce((sum, { memoryMiB }) => sum + memoryMiB, 0);
}

/** "96 GiB of 128 GiB, 6 GiB reserved". */
export function memoryText(memory: MapMemory): string {
  const kept = memory.reservedMiB > 0 ? `, ${sizeText(memory.reservedMiB)} reserved` : "";
  const beyond = memory.reservedMiB + takenMiB(memory) - memory.totalMiB;
  const over = beyond > 0 ? `, ${sizeText(beyond)} too much` : "";
  return `${sizeText(takenMiB(memory))} of ${sizeText(memory.totalMiB)}${kept}${over}`;
}

export const pagesName = (pageSizeKiB: number): string => `${formatPageSize(pageSizeKiB)} pages`;

export interface Counts {
  readonly cpus: number;
  /** With a thread that has its CPU for itself. */
  readonly dedicated: number;
  /** With shared threads alone. */
  readonly shared: number;
  /** For the host, and without a thread of a VM. */
  readonly reserved: number;
  readonly free: number;
}

export function countsOf(places: readonly HostPlace[]): Counts {
  const cpus = places.flatMap(({ nodes }) =>
    nodes.flatMap(({ groups }) => groups.flatMap(({ cores }) => cores.flatMap((core) => core.cpus))),
  );
  const dedicated = cpus.filter(({ occupants }) => occupants.some(isDedicated)).length;
  const shared = cpus.filter(({ occupants }) => occupants.length > 0).length - dedicated;
  const reserved = cpus.filter((cpu) => cpu.reserved && cpu.occupants.length === 0).length;
  return { cpus: cpus.length, dedicated, shared, reserved, free: cpus.length - dedicated - shared - reserved };
}

export function countsText({ cpus, dedicated, shared, reserved, free }: Counts): string {
  const parts = [
    dedicated > 0 ? [`${dedicated} dedicated`] : [],
    shared > 0 ? [`${shared} shared`] : [],
    reserved > 0 ? [`${reserved} reserved`] : [],
    [`${free} free`],
  ].flat();
  return `${counted(cpus, "CPU")}: ${parts.join(", ")}`;
}

export const counted = (count: number, word: string): string => `${count} ${word}${count === 1 ? "" : "s"}`;

/** Sets that hold for a host as a whole: "reserved 0-1", "isolated 2-15". */
export function setsOf(host: MapHost): readonly (readonly [name: string, cpus: string])[] {
  const sets: readonly (readonly [string, CpuSet])[] = [
    ["reserved", host.reservedCpus],
    ["isolated", host.isolatedCpus],
    ["offline", host.offlineCpus ?? CpuSet.empty],
    ...(host.partitions ?? []).map(({ name, cpus }) => [`partition ${name}`, cpus] as const),
  ];
  return sets.flatMap(([name, cpus]) => (cpus.isEmpty ? [] : [[name, cpus.toString()] as const]));
}

/** "3": a vCPU that has its CPU for itself; "×6": so many shared vCPUs; "em", "io1"; joined by "+". */
export function shortThreads(threads: readonly MapThread[], times: "×" | "~"): string {
  const vcpus = threads.filter(({ role }) => role === "vcpu");
  const shared = vcpus.filter(isShared);
  return [
    ...vcpus.filter((thread) => !isShared(thread)).map(({ id }) => String(id ?? "")),
    ...(shared.length > 0 ? [`${times}${shared.length}`] : []),
    ...threads.filter(({ role }) => role === "emulator").map(() => "em"),
    ...threads.filter(({ role }) => role === "iothread").map(({ id }) => `io${id ?? ""}`),
  ].join("+");
}

/** "db: vCPU 3, emulator": all threads of a VM on a CPU, in full. */
export function longThreads({ vm, threads }: Occupant): string {
  return `${oneLine(vm.vm.name)}: ${threads.map(threadName).join(", ")}`;
}

function threadName(thread: MapThread): string {
  const number = thread.id === undefined ? "" : ` ${thread.id}`;
  const names = { vcpu: isShared(thread) ? "shared vCPU" : "vCPU", emulator: "emulator", iothread: "I/O thread" };
  return names[thread.role] + number;
}

/** Where a VM's threads are: "8 vCPUs on 2-5,18-21", "emulator on 0". */
export function threadsText({ vm }: KeyedVm): readonly string[] {
  const vcpus = vm.threads.filter(({ role }) => role === "vcpu");
  const where = (threads: readonly MapThread[]): string =>
    `on ${CpuSet.union(threads.map(({ cpus }) => cpus)).toString() || "no CPU"}`;
  const shared = vcpus.filter(isShared);
  const own = vcpus.filter((one) => !shared.includes(one));
  const emulators = vm.threads.filter(({ role }) => role === "emulator");
  const iothreads = vm.threads.filter(({ role }) => role === "iothread");
  return [
    own.length > 0 ? [`${counted(own.length, "vCPU")} ${where(own)}`] : [],
    shared.length > 0 ? [`${counted(shared.length, "shared vCPU")} ${where(shared)}`] : [],
    emulators.length > 0 ? [`emulator ${where(emulators)}`] : [],
    iothreads.length > 0 ? [`${counted(iothreads.length, "I/O thread")} ${where(iothreads)}`] : [],
  ].flat();
}

/** By node: "64 GiB on node 0". */
export function vmMemory({ host, vm }: KeyedVm): readonly string[] {
  return [...host.nodes]
    .sort((one, other) => one.id - other.id)
    .flatMap(({ id, memory, pages = [] }) => {
      const mib = (from: MapMemory | undefined): number =>
        from?.vms.filter((one) => one.vm === vm.name).reduce((sum, { memoryMiB }) => sum + memoryMiB, 0) ?? 0;
      const huge = pages
        .map((pool) => ({ size: pool.pageSizeKiB, amount: mib(pool) }))
        .filter(({ amount }) => amount > 0);
      const all = Math.max(
        mib(memory),
        huge.reduce((sum, { amount }) => sum + amount, 0),
      );
      if (all === 0) return [];
      const sizes = huge.map(({ size }) => formatPageSize(size)).join(" and ");
      return [`${sizeText(all)}${sizes === "" ? "" : ` of ${sizes} pages`} on node ${id}`];
    });
}
