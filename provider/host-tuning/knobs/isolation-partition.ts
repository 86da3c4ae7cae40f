/*
 * CPUs kept free of the host's own work without a reboot: machine.slice, in which libvirt's domains run, as a cpuset
 * partition. Running: cpuset.cpus.partition of the slice; it reads back what the kernel makes of it. Persistent:
 * AllowedCPUs= in a drop-in of the slice, and at every boot, before libvirt starts, kvm-tuning.service writes the
 * partition. Takes effect at once. "root" keeps load balancing in the set, "isolated" does not.
 * Source: https://docs.kernel.org/admin-guide/cgroup-v2.html#cpuset-interface-files, systemd.resource-control(5)
 */
import { z } from "zod";
import type { HostSnapshot } from "../../host/snapshot";
import { CpuSet } from "../../linux/cpu-set";
import { machinePartition, otherClaims, partitionFile, type MachinePartition } from "../../linux/cpuset-partition";
import type { Setting } from "../knob";
import { endPartition, sliceFiles, startSlice } from "../machine-slice";
import { domainProblem, domainWarning } from "./isolation-domains";
import { partitionProblem, partitionWarning } from "./isolation-partition-checks";
import { cpuList } from "./per-cpu";

const bootOnly = (why: string) => z.never({ error: `${why}: not with mode: "partition", leave it out` }).optional();

export const partitionSchema = z.strictObject({
  mode: z.literal("partition"),
  cpus: cpuList,
  partition: z
    .enum(["root", "isolated", "member"], { error: 'must be "root" (with load balancing) or "isolated" (without)' })
    .default("root"),
  domain: bootOnly('is isolcpus=, which only a boot gives (partition: "isolated" is its counterpart)'),
  managedIrq: bootOnly("is isolcpus=managed_irq, which only a boot gives"),
  nohzFull: bootOnly("is nohz_full=, which only a boot gives"),
  rcuNocbs: bootOnly("is rcu_nocbs=, which only a boot gives"),
  irqAffinity: bootOnly("is irqaffinity=, which only a boot gives"),
});

type Desired = z.output<typeof partitionSchema>;

export function partitionSettings({ cpus, partition }: Desired, snapshot: HostSnapshot): readonly Setting[] {
  const set = CpuSet.parse(cpus);
  const found = machinePartition(snapshot.files);
  const desired = `${set.toString()} ${partition}`;
  const actual = found === undefined ? null : shown(found);
  const wanted = { set, kind: partition };
  const differs = actual !== desired;
  const problem =
    nothingAsked(partition) ??
    partitionProblem(set, snapshot) ??
    (differs ? domainProblem(wanted, snapshot) : undefined);
  const claims = claimsText(set, snapshot);
  const warnings = [
    partitionWarning(set, snapshot),
    ...(differs ? [claims, domainWarning(wanted, snapshot), cannotGive] : []),
  ].filter((text) => text !== undefined);
  const write = [{ path: partitionFile, value: partition }];
  return [
    {
      name: "isolation.partition",
      desired,
      actual,
      impact: "live",
      source: partitionFile,
      remedy: claims ?? "What the file says in brackets is the kernel's reason.",
      ...(problem !== undefined && { problem }),
      ...(warnings.length > 0 && { warning: warnings.join("; ") }),
      asksDomains: true,
      files: sliceFiles(set),
      prepare: prepared(found),
      write,
      boot: write.map((value) => ({ kind: "path", ...value })),
    },
  ];
}

export function observePartition(desired: Desired, snapshot: HostSnapshot): z.input<typeof partitionSchema> {
  const found = machinePartition(snapshot.files);
  const { mode, cpus } = desired;
  // What is not granted isolates nothing, whatever it asks for.
  if (found === undefined || found.kind === "member" || found.invalid !== undefined || found.cpus.isEmpty)
    return { mode, cpus, partition: "member" };
  const same = found.cpus.equals(CpuSet.parse(cpus));
  return { mode, cpus: same ? cpus : found.cpus.toString(), partition: found.kind };
}

/** Not the schema's to refuse: it is what `observe` says of a host without the partition. */
const nothingAsked = (kind: Desired["partition"]): string | undefined =>
  kind === "member" ? '"member" isolates nothing: give "root" or "isolated"' : undefined;

const cannotGive =
  "a partition keeps tasks away; the timer tick, managed interrupts and the kernel's own per-CPU work stay on its CPUs: " +
  'nohzFull and managedIrq need mode: "boot"';

function shown({ kind, cpus, invalid }: MachinePartition): string {
  if (kind === "member") return kind;
  const list = cpus.isEmpty ? "(no CPU)" : cpus.toString();
  if (invalid === undefined) return `${list} ${kind}`;
  return `${list} ${kind} invalid${invalid === "" ? "" : ` (${invalid})`}`;
}

function claimsText(set: CpuSet, { files }: HostSnapshot): string | undefined {
  const claims = otherClaims(set, files).map(({ cgroup, cpus }) => {
    const rest = cpus.minus(set);
    const mend = rest.isEmpty
      ? `give it CPUs outside of ${set.toString()}`
      : `\`systemctl set-property ${cgroup} AllowedCPUs=${rest.toString()}\` takes them from it`;
    return `${cgroup} claims CPUs ${cpus.intersect(set).toString()} (/sys/fs/cgroup/${cgroup}/cpuset.cpus: ${cpus.toString()}), and the kernel grants no partition whose CPUs another cgroup claims: ${mend}`;
  });
  return claims.length === 0 ? undefined : claims.join("; ");
}

/**
 * A partition that was lost stays so, whatever is written, until it
 * has been a member (kernel/cgroup/cpuset.c, update_prstate); so does one whose CPUs were taken away under it.
 */
function prepared(found: MachinePartition | undefined): readonly (readonly string[])[] {
  const lost = found !== undefined && found.kind !== "member" && (found.invalid !== undefined || found.cpus.isEmpty);
  return lost ? [startSlice, endPartition] : [startSlice];
}
