/*
 * machine.slice, in which libvirt's domains run, as a cpuset partition of cgroup v2. A partition has its CPUs alone: no
 * task outside of it runs there. The kernel never refuses the word that is written: a partition that it does not grant
 * reads "root invalid (why)", also later, when another cgroup has claimed a CPU of it.
 * Source: https://docs.kernel.org/admin-guide/cgroup-v2.html#cpuset-interface-files
 */
import { CpuSet } from "./cpu-set";
import type { FileTree } from "./file-tree";

const root = "/sys/fs/cgroup";
const folder = `${root}/machine.slice`;
/** Only there while the slice runs and systemd has given it the cpuset controller. */
export const partitionFile = `${folder}/cpuset.cpus.partition`;
export const controllersFile = `${root}/cgroup.controllers`;

export interface MachinePartition {
  readonly kind: "member" | "root" | "isolated";
  /** Those that it has; of a partition that is not granted, those that it asks for. */
  readonly cpus: CpuSet;
  /** The kernel does not grant it; its reason, or "". */
  readonly invalid?: string;
}

/** Undefined: machine.slice has no cpuset. */
export function machinePartition(files: FileTree): MachinePartition | undefined {
  const [, kind, invalid, why = ""] =
    /^(member|root|isolated)( invalid(?: \((.*)\))?)?$/.exec(files.text(partitionFile)?.trim() ?? "") ?? [];
  if (kind !== "member" && kind !== "root" && kind !== "isolated") return undefined;
  // Of a partition the effective set counts: without the CPUs that are offline.
  const granted = kind !== "member" && invalid === undefined;
  const cpus = cpusOf(files.text(`${folder}/cpuset.cpus${granted ? ".effective" : ""}`));
  return { kind, cpus, ...(invalid !== undefined && { invalid: why }) };
}

/** CPUs between which the kernel does not move threads, because machine.slice has them as an "isolated" partition. */
export function unbalancedCpus(files: FileTree): CpuSet {
  const found = machinePartition(files);
  return found?.kind === "isolated" && found.invalid === undefined ? found.cpus : CpuSet.empty;
}

export interface Claim {
  readonly cgroup: string;
  readonly cpus: CpuSet;
}

/** Cgroups beside machine.slice that ask for some of `cpus`. */
export function otherClaims(cpus: CpuSet, files: FileTree): readonly Claim[] {
  return files.paths(`${root}/`).flatMap((path) => {
    const cgroup = /^\/sys\/fs\/cgroup\/([^/]+)\/cpuset\.cpus$/.exec(path)?.[1];
    if (cgroup === undefined || cgroup === "machine.slice") return [];
    const claimed = cpusOf(files.text(path));
    return claimed.intersects(cpus) ? [{ cgroup, cpus: claimed }] : [];
  });
}

const cpusOf = (text: string | undefined): CpuSet => CpuSet.parse(text?.trim() ?? "");
