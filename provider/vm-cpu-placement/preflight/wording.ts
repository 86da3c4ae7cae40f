import type { CpuSet } from "../../linux/cpu-set";

/** `CPU 3`, `CPUs 0-3`. */
export const named = (what: string, set: CpuSet): string =>
  set.size === 1 ? `${what} ${String(set)}` : `${what}s ${String(set)}`;

export const isOrAre = (set: CpuSet): string => (set.size === 1 ? "is" : "are");

/** `9 vCPUs`, `1 vCPU`. */
export const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;

/** Of a long list the beginning. */
export function shortened(all: readonly string[], limit: number): string {
  const rest = all.length - limit;
  return rest > 0 ? `${all.slice(0, limit).join(", ")} and ${rest} more` : all.join(", ");
}

/** Whole GiB where it is whole, else whole MiB: `32 GiB`, `64238 MiB`. */
export function memoryText(kib: number): string {
  if (kib !== 0 && kib % 1024 ** 2 === 0) return `${kib / 1024 ** 2} GiB`;
  return kib >= 1024 ? `${Math.floor(kib / 1024)} MiB` : `${kib} KiB`;
}
