import type * as pulumi from "@pulumi/pulumi";

/** Where the host's own work runs: arguments of `HostTuning`. CPU lists are in the kernel's format: `"0-1,16-17"`. */
export interface HousekeepingFields {
  /**
   * CPUs that take interrupts: those that a driver requests from now on (`default`), and single ones by their number in
   * `/proc/interrupts` (`irqs`). Takes effect at once, for a single one when it next arrives; set again at each boot.
   *
   * Kernel names: `/proc/irq/default_smp_affinity`, `/proc/irq/<n>/smp_affinity_list`; the preview says where
   * `effective_affinity_list` differs. An interrupt may have another number after a boot: what lasts is `default` with
   * `irqbalance`, and `isolation.irqAffinity`, which holds from the kernel's start on; a warning says if the two differ.
   * Managed interrupts (queues of NVMe and virtio-blk) are spread by the kernel, which refuses to move them: a warning,
   * and they stay. A number that the host does not have is not applicable. The preview fails on CPUs that are not there
   * or all offline.
   * @default not managed
   * @impact live
   * @see https://docs.kernel.org/core-api/irq/irq-affinity.html
   * @example
   * ```ts
   * irqAffinity: { default: "0-1,16-17", irqs: { 36: "0" } }
   * ```
   */
  irqAffinity?: pulumi.Input<IrqAffinityArgs> | undefined;
  /**
   * CPUs to which irqbalance moves no interrupt. Its own ban of CPUs that are isolated or tickless by the kernel's
   * command line ends where it is given a list, so these are added to what is written, and the preview says so; `""`: they
   * alone. irqbalance is restarted if it runs, so it takes effect at once; kept by a drop-in of its unit.
   *
   * Names: `IRQBALANCE_BANNED_CPULIST`, and `IRQBALANCE_BANNED_CPUS` for releases before 1.8. The drop-in comes after the
   * distribution's file (`/etc/default/irqbalance`, `/etc/sysconfig/irqbalance`) and wins over it. Not applicable where
   * irqbalance is not installed or masked.
   *
   * Tested with recorded hosts and a stand-in alone: irqbalance is not installed on the test host.
   * @default not managed
   * @impact live
   * @see irqbalance(1), https://github.com/Irqbalance/irqbalance/pull/90
   * @example
   * ```ts
   * irqbalance: { bannedCpus: "2-15,18-31" }
   * ```
   */
  irqbalance?: pulumi.Input<IrqbalanceArgs> | undefined;
  /**
   * CPUs of systemd and of every service that has no `CPUAffinity=` of its own. Takes effect at once for systemd and for
   * services that are started from then on; those that run keep theirs until they are started again, so wholly from the
   * next boot on. Domains are not concerned: libvirt gives their threads their CPUs itself.
   *
   * Name: `CPUAffinity=` in `/etc/systemd/system.conf.d/zz-kvm-tuning.conf`. A warning names files that count after it, and
   * `systemd.cpu_affinity=` on the kernel's command line. Up to Linux 6.1 the kernel forgets such an affinity when a
   * cpuset is first used (`isolation.mode: "partition"`): the next preview shows that, and `pulumi up` repairs it.
   * @default not managed
   * @impact live
   * @see systemd-system.conf(5), https://github.com/systemd/systemd/issues/23748
   * @example
   * ```ts
   * systemdCpuAffinity: "0-1,16-17"
   * ```
   */
  systemdCpuAffinity?: pulumi.Input<string> | undefined;
  /**
   * CPUs for the kernel's unbound work (writeback, encryption, device mapper). Takes effect at once; set again at each
   * boot. The mainline kernel has no such mask for kernel threads in general: `isolation.domain` and `nohzFull` keep the
   * unbound ones off isolated CPUs, `rcuNocbs` those of RCU. Threads bound to one CPU stay where they are.
   * (`kthread_cpus=` is a patch of some real-time kernels: give it with `kernelArguments` there.)
   *
   * Kernel name: `/sys/devices/virtual/workqueue/cpumask`. The preview fails on CPUs that are not there or all offline.
   * @default not managed
   * @impact live
   * @see https://docs.kernel.org/core-api/workqueue.html
   * @example
   * ```ts
   * workqueueCpus: "0-1,16-17"
   * ```
   */
  workqueueCpus?: pulumi.Input<string> | undefined;
}

/** CPUs that take interrupts: one of the two at least. */
export interface IrqAffinityArgs {
  /**
   * For interrupts that a driver requests from now on.
   * @default not managed
   */
  default?: pulumi.Input<string> | undefined;
  /**
   * For single interrupts, by number. One that is not named is left alone.
   * @default not managed
   * @example { 36: "0", 37: "1" }
   */
  irqs?: pulumi.Input<Record<number | string, pulumi.Input<string>>> | undefined;
}

/** What irqbalance may not do. */
export interface IrqbalanceArgs {
  /**
   * CPUs to which it moves no interrupt; `""`: those alone that the kernel isolates or runs tickless.
   * @example "2-15,18-31"
   */
  bannedCpus: pulumi.Input<string>;
}
