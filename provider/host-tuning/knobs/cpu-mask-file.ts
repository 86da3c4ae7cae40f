/*
 * What the knobs have in common whose value is a set of CPUs for the whole host, kept by the kernel in one file as a
 * mask (`ff`, `3,0000ffff`). A mask is written as wide as the kernel prints it, so that it reads back as written.
 * Source: cpuset(7), "Mask format"; bitmap_string() in lib/vsprintf.c
 */
import type { HostSnapshot } from "../../host/snapshot";
import { CpuListError } from "../../linux/cpu-list-error";
import { CpuSet } from "../../linux/cpu-set";
import type { Setting } from "../knob";
import { presentCpus } from "./isolation-checks";
import { cpuFolder } from "./per-cpu";

export interface MaskWanted {
  readonly name: string;
  readonly path: string;
  readonly cpus: CpuSet;
  /** Why a host may lack the file. */
  readonly notApplicable: string;
  readonly remedy?: string;
}

export function maskRow({ name, path, cpus, notApplicable, remedy }: MaskWanted, snapshot: HostSnapshot): Setting {
  const actual = maskOf(path, snapshot);
  const problem = cpusProblem(cpus, snapshot);
  const value = maskLike(cpus, snapshot.files.text(path) ?? "");
  return {
    name,
    desired: cpus.toString(),
    actual: actual?.toString() ?? null,
    impact: "live",
    source: path,
    ...(remedy !== undefined && { remedy }),
    ...(actual === undefined ? { notApplicable } : problem !== undefined && { problem }),
    write: [{ path, value }],
    boot: [{ kind: "path", path, value }],
  };
}

export function maskOf(path: string, snapshot: HostSnapshot): CpuSet | undefined {
  const text = snapshot.files.text(path);
  return text === undefined ? undefined : readOr(() => CpuSet.parseMask(text));
}

export function listOf(path: string, snapshot: HostSnapshot): CpuSet | undefined {
  const text = snapshot.files.text(path);
  return text === undefined ? undefined : readOr(() => CpuSet.parse(text.trim()));
}

function readOr(read: () => CpuSet): CpuSet | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof CpuListError) return undefined;
    throw error;
  }
}

/** As wide as `text`, which the kernel printed. */
function maskLike(cpus: CpuSet, text: string): string {
  const [first = "", ...more] = text.trim().split(",");
  const bits = first.length * 4 + more.length * 32;
  return cpus.toMask((cpus.last ?? 0) < bits ? bits : undefined);
}

/** Why the kernel would not take these CPUs: it wants one at least that is online. */
export function cpusProblem(cpus: CpuSet, snapshot: HostSnapshot): string | undefined {
  const present = presentCpus(snapshot);
  const missing = cpus.minus(present);
  if (!missing.isEmpty) return `CPUs ${missing.toString()} are not on this host, which has ${present.toString()}`;
  const online = listOf(`${cpuFolder}/online`, snapshot) ?? present;
  return cpus.intersects(online) ? undefined : `CPUs ${cpus.toString()} are all offline`;
}

/** CPUs that the running kernel keeps free: isolcpus=domain and nohz_full=, which reads "(null)" when not given. */
export function keptFree(snapshot: HostSnapshot): CpuSet {
  return CpuSet.union(
    [`${cpuFolder}/isolated`, `${cpuFolder}/nohz_full`].map((path) => listOf(path, snapshot) ?? CpuSet.empty),
  );
}
