import type * as pulumi from "@pulumi/pulumi";

/** CPUs kept free of the host's own work: by the kernel's command line, or without a reboot. */
export type IsolationArgs = BootIsolationArgs | PartitionIsolationArgs;

/**
 * Isolation by the kernel's command line. The preview fails on a boot loader that is not known (`docs/boot-loaders.md`). Nothing
 * balances load on CPUs that are isolated so: pin one vCPU to one CPU.
 */
export interface BootIsolationArgs {
  /**
   * The kernel's command line: takes effect at the next boot.
   * @default "boot"
   * @impact host-reboot
   */
  mode?: pulumi.Input<"boot"> | undefined;
  /**
   * CPUs in the kernel's list format. The boot CPU (0) cannot be isolated.
   * @impact host-reboot
   * @example "2-15,18-31"
   */
  cpus: pulumi.Input<string>;
  /**
   * No load balancing and no tasks without an affinity of their own (`isolcpus=domain,...`).
   * @default true
   * @impact host-reboot
   */
  domain?: pulumi.Input<boolean> | undefined;
  /**
   * Managed interrupts stay away if they can (`isolcpus=managed_irq,...`).
   * @default false
   * @impact host-reboot
   */
  managedIrq?: pulumi.Input<boolean> | undefined;
  /**
   * No timer tick while one task runs (`nohz_full=`). Each entry into the kernel costs more: for guests that poll.
   * @default not managed
   * @impact host-reboot
   */
  nohzFull?: pulumi.Input<boolean> | undefined;
  /**
   * RCU callbacks run elsewhere (`rcu_nocbs=`); those of `nohzFull` always do.
   * @default not managed
   * @impact host-reboot
   */
  rcuNocbs?: pulumi.Input<boolean> | undefined;
  /**
   * Default affinity of interrupts (`irqaffinity=`): `true` = all other CPUs, `false` = not given, or a CPU
   * list: with CPU 0, which the kernel always adds, and without those of `cpus`.
   * @default true
   * @impact host-reboot
   */
  irqAffinity?: pulumi.Input<boolean | string> | undefined;
}

/**
 * Isolation without a reboot: machine.slice, in which libvirt's domains run, as a cpuset partition. Every other task, the
 * first process included, is kept off its CPUs at once; all threads of all domains run inside it, so each pin, the
 * emulator's and the iothreads' too, must lie inside.
 *
 * Kept by `AllowedCPUs=` in a drop-in of the slice (systemd 244), and written at each boot before libvirt starts. If
 * another cgroup claims a CPU of the set, the kernel takes the partition away and tells nobody: each refresh reads it back,
 * `up` makes it again, and fails with the cgroup's name while that still claims the CPU.
 *
 * The preview fails on a host without cgroup v2, on a CPU that is offline, on a running domain with a pin outside of the
 * set, and when a NUMA node on which a domain runs would keep no CPU for the host.
 */
export interface PartitionIsolationArgs {
  /**
   * machine.slice as a cpuset partition: takes effect at once.
   * @impact live
   */
  mode: pulumi.Input<"partition">;
  /**
   * CPUs in the kernel's list format, all online. Not CPU 0. With one CPU of a core take its siblings too.
   * @impact live
   * @example "2-15,18-31"
   */
  cpus: pulumi.Input<string>;
  /**
   * `"root"`: the kernel goes on balancing load between the CPUs of the set. `"isolated"` (Linux 6.1): it does not, as
   * with isolcpus: only for threads with one CPU each, and the preview fails on a running domain with another pin or none.
   *
   * Kernel name: `/sys/fs/cgroup/machine.slice/cpuset.cpus.partition`. `"member"` is what a refresh shows of a host that has
   * lost the partition; a program that gives it is refused.
   * @default "root"
   * @impact live
   * @see https://docs.kernel.org/admin-guide/cgroup-v2.html#cpuset-interface-files
   */
  partition?: pulumi.Input<"root" | "isolated" | "member"> | undefined;
}
