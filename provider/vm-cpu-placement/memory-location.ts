/*
 * Where a running domain's memory really is, from numa_maps: the kernel walks page tables to print it, which holds up
 * the guest, so it is read after an apply alone (numa(7), numa_maps in proc(5)).
 */
import type { LockedScript } from "../host/hosts";

export interface MemoryLocation {
  readonly mappings: readonly Mapping[];
  readonly lockedKiB: number | undefined;
}

/** All pages of one size, under one policy, on one node. */
export interface Mapping {
  readonly policy: string;
  readonly pageSizeKiB: number;
  readonly node: number;
  readonly kib: number;
}

/** Whether the wanted settings are about memory, so that reading its place is worth its price. */
export function isAboutMemory(setting: string): boolean {
  return /^(numa\.|memory$|memoryBacking\.(hugepages|locked|allocation))/.test(setting);
}

/** Shell that prints the lines which `parseMemory` reads, of the process whose id the shell text `pid` gives. */
export const memoryLines = (pid: string): string => `
awk '{
  size = 4
  for (i = 3; i <= NF; i++) if (index($i, "kernelpagesize_kB=") == 1) size = substr($i, 19)
  for (i = 3; i <= NF; i++) if ($i ~ /^N[0-9]+=/) { split($i, part, "="); sum[$2 " " size " " substr(part[1], 2)] += part[2] * size }
}
END { for (key in sum) printf "%s %.0f\\n", key, sum[key] }' "$KVM_TUNING_ROOT/proc/${pid}/numa_maps" 2>/dev/null || :
grep -s '^VmLck:' "$KVM_TUNING_ROOT/proc/${pid}/status" || :
`;

export function memoryScript(uuid: string, pid: number): LockedScript {
  return {
    name: "read where the domain's memory is",
    setting: uuid,
    script: memoryLines("$1"),
    args: [String(pid)],
    timeoutSeconds: 120,
  };
}

export function parseMemory(text: string): MemoryLocation {
  const mappings = [...text.matchAll(/^(\S+) (\d+) (\d+) (\d+)$/gm)].map(
    ([, policy = "", size, node, kib]): Mapping => ({
      policy,
      pageSizeKiB: Number(size),
      node: Number(node),
      kib: Number(kib),
    }),
  );
  const locked = /^VmLck:\s+(\d+) kB$/m.exec(text)?.[1];
  return {
    mappings: mappings.toSorted((one, other) => one.node - other.node || one.pageSizeKiB - other.pageSizeKiB),
    lockedKiB: locked === undefined ? undefined : Number(locked),
  };
}
