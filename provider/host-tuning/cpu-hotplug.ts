/*
 * A CPU that comes online (by its `online` file, or with smt/control) starts with values of the kernel's own. The kernel
 * says so as an event, udev asks systemd for a unit, and that runs the boot values' script for this one CPU. udev must
 * not wait and would kill what takes long: --no-block only queues the job. `restart`, so that a run that is under way
 * when the CPU goes and comes again is not taken for the new one.
 * ENV{SYSTEMD_WANTS} would not do: it counts when a device appears, which a CPU that was offline never does.
 * Source: udev(7), systemd.device(5), systemd.unit(5), kernel/cpu.c (cpuhp_online_cpu_device)
 */
import { scriptFile } from "./boot-unit";

export const cpuUnitFile = "/etc/systemd/system/kvm-tuning-cpu@.service";
export const cpuRuleFile = "/etc/udev/rules.d/99-zz-kvm-tuning.rules";

const header =
  "# Written by pulumi-kvm-tuning. Change the Pulumi program, not this file: the next `pulumi up` writes it again.\n";

/** No limit on starts: somebody may take a CPU down and up many times. A run that failed leaves no unit behind. */
export const cpuUnit = `${header}[Unit]
Description=Host tuning declared with Pulumi: values of %i, which has come online
After=kvm-tuning.service
StartLimitIntervalSec=0
CollectMode=inactive-or-failed

[Service]
Type=oneshot
ExecStart=/bin/sh ${scriptFile} %i
TimeoutStartSec=60
`;

export const cpuRule = `${header}SUBSYSTEM=="cpu", ACTION=="online", RUN+="/bin/systemctl --no-block restart kvm-tuning-cpu@%k.service"
`;

/** Whether the kernel may forget the value when the CPU goes offline. */
export const isPerCpu = (path: string): boolean => /^\/sys\/devices\/system\/cpu\/cpu\d+\//.test(path);

/**
 * Sorts boot values: SMT first, because it says which CPUs there are; the energy performance preference last, because
 * the governor that a CPU boots with may refuse it; the rest by path.
 */
export function bootOrder(left: { readonly path: string }, right: { readonly path: string }): number {
  const rank = (path: string) =>
    path.endsWith("/smt/control") ? 0 : path.endsWith("/energy_performance_preference") ? 2 : 1;
  return rank(left.path) - rank(right.path) || (left.path < right.path ? -1 : left.path > right.path ? 1 : 0);
}
