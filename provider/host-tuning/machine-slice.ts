/* What systemd is told of machine.slice for the sake of its cpuset partition (knobs/isolation-partition.ts). */
import type { Step } from "../host/step";
import type { CpuSet } from "../linux/cpu-set";
import { partitionFile } from "../linux/cpuset-partition";
import type { OwnFile } from "./knob";

const header =
  "# Written by pulumi-kvm-tuning. Change the Pulumi program, not this file: the next `pulumi up` writes it again.\n";

/** Its folder may hold files of the administrator's, which stay. */
const sliceDropIn = "/etc/systemd/system/machine.slice.d/zz-kvm-tuning.conf";

export function sliceFiles(cpus: CpuSet): readonly OwnFile[] {
  return [
    {
      path: sliceDropIn,
      // The empty value first: otherwise the list is added to those of the files before ours.
      content: `${header}[Slice]\nAllowedCPUs=\nAllowedCPUs=${cpus.toString()}\n`,
      mode: "0644",
    },
    {
      path: "/etc/systemd/system/kvm-tuning.service.d/zz-kvm-tuning.conf",
      // The file that the unit writes at boot is only there when the slice runs.
      content: `${header}[Unit]\nWants=machine.slice\nAfter=machine.slice\n`,
      mode: "0644",
    },
  ];
}

/** systemd gives the slice its cpuset when it starts. */
export const startSlice: readonly string[] = ["systemctl", "start", "machine.slice"];

/** Safe to run again, and where there is no such file. */
export const endPartition: readonly string[] = [
  "sh",
  "-c",
  '[ ! -e "$1" ] || echo member > "$1"',
  "kvm-tuning",
  partitionFile,
];

/**
 * What must be done before `steps`. If systemd takes the CPUs away under a partition, the kernel gives them to nobody
 * (seen with Linux 6.1: init stays confined, also when the partition has become a member): so it ends first.
 */
export function beforeSliceIsPutBack(steps: readonly Step[]): readonly Step[] {
  return steps.some((step) => step.kind === "restoreFile" && step.path === sliceDropIn)
    ? [{ kind: "run", setting: "isolation.partition", name: "end the partition", argv: endPartition }]
    : [];
}
