import type * as pulumi from "@pulumi/pulumi";

import type { ConnectionArgs } from "./connection";

/** What is wanted of one host. An absent setting is not ours: never read for a diff, never written. */
export interface HostTuningArgs {
  /** How to reach the host over SSH. */
  connection: pulumi.Input<ConnectionArgs>;
  /**
   * Automatic NUMA balancing: the kernel moves tasks and pages towards each other, at the cost of page faults. Switch
   * it off where memory and CPUs are pinned. Takes effect at once and is kept for the next boot.
   *
   * Kernel name: `kernel.numa_balancing`. On a kernel without it (no CONFIG_NUMA_BALANCING, one NUMA node) not applicable:
   * a warning, and no change. The preview fails if `sysctl` holds the same key.
   * @default not managed
   * @see https://docs.kernel.org/admin-guide/sysctl/kernel.html#numa-balancing
   * @example
   * ```ts
   * numaBalancing: false
   * ```
   */
  numaBalancing?: pulumi.Input<boolean> | undefined;
  /**
   * Kernel parameters by their name with dots; the value as `sysctl -w` takes it. They take effect at once and are kept
   * for the next boot in a file of our own in `/etc/sysctl.d`, which no other key enters.
   *
   * The preview fails on a key that the host does not have, and on one that another argument sets (`vm.nr_hugepages`:
   * use `hugepages`).
   * @default not managed
   * @see sysctl(8), sysctl.d(5), https://docs.kernel.org/admin-guide/sysctl/index.html
   * @example
   * ```ts
   * sysctl: { "vm.swappiness": 10, "kernel.sched_rt_runtime_us": -1 }
   * ```
   */
  sysctl?: pulumi.Input<Record<string, pulumi.Input<string | number>>> | undefined;
  /**
   * Frequency governor: one for all CPUs, or a list of CPU sets, each with its governor; CPUs in no set are left alone.
   * Takes effect at once and is set again at each boot.
   *
   * Kernel name: `/sys/devices/system/cpu/cpufreq/policy<n>/scaling_governor`. On a host without
   * cpufreq not applicable: a warning, and no change. The preview fails on a governor that its driver does not offer,
   * and on a CPU in two sets.
   * @default not managed
   * @see https://docs.kernel.org/admin-guide/pm/cpufreq.html
   * @example
   * ```ts
   * cpuGovernor: "performance"
   * cpuGovernor: [{ cpus: "2-15", governor: "performance" }, { cpus: "0-1", governor: "schedutil" }]
   * ```
   */
  cpuGovernor?: pulumi.Input<string | pulumi.Input<CpuGovernorArgs>[]> | undefined;
  /**
   * Huge pages to reserve, per page size and NUMA node. Sizes below 1G are reserved at once, in so far as memory is not
   * fragmented, and at each boot before libvirt starts. From 1G on a pool that grows is reserved on the kernel's command
   * line (`hugepagesz=1G hugepages=0:16,1:16`, Linux 5.16) and needs a reboot.
   *
   * Kernel name: `/sys/devices/system/node/node<n>/hugepages/hugepages-<size>kB/nr_hugepages`. The preview fails on a page size
   * or a node that the host does not have, and on more pages than the node has memory. If the kernel grants fewer, the
   * run fails with the numbers.
   * @default not managed
   * @see https://docs.kernel.org/admin-guide/mm/hugetlbpage.html
   * @example
   * ```ts
   * hugepages: [{ size: "1G", nodes: { 0: 16, 1: 16 } }, { size: "2M", nodes: { 0: 512 } }]
   * ```
   */
  hugepages?: pulumi.Input<pulumi.Input<HugepagesArgs>[]> | undefined;
  /**
   * CPUs kept free of the host's own work, for pinned virtual machines, through the kernel's command line. Takes effect
   * at the next boot: `maxDisruption: "host-reboot"`, or `whenExceeded: "stage"`.
   *
   * Kernel names: `isolcpus`, `nohz_full`, `rcu_nocbs`, `irqaffinity`. The preview fails on the boot CPU, on a CPU that the
   * host does not have, when no CPU is left to the host, and on a boot loader other than GRUB on Debian and Ubuntu.
   * Nothing balances load on isolated CPUs: pin one vCPU to one CPU.
   * @default not managed
   * @see https://docs.kernel.org/admin-guide/kernel-parameters.html
   * @example
   * ```ts
   * isolation: { cpus: "2-15,18-31", nohzFull: true, rcuNocbs: true, managedIrq: true }
   * ```
   */
  isolation?: pulumi.Input<IsolationArgs> | undefined;
  /**
   * Kernel arguments by their name: a value, several values (`console`), `true` for an argument without one, `null` to
   * take it off the command line. An argument of ours replaces every other of that name; all others stay as they are.
   * Takes effect at the next boot.
   *
   * The preview fails on names that another argument writes (`isolcpus` beside `isolation`, `hugepagesz` beside
   * `hugepages`) and on those that the boot loader writes itself (`root`).
   * @default not managed
   * @see https://docs.kernel.org/admin-guide/kernel-parameters.html
   * @example
   * ```ts
   * kernelArguments: { mitigations: "auto", nosmt: true, quiet: null, console: ["tty0", "ttyS0,115200"] }
   * ```
   */
  kernelArguments?:
    pulumi.Input<Record<string, pulumi.Input<string | pulumi.Input<string>[] | true | null>>> | undefined;
  /**
   * The worst that a change may cost: `"none"` (nothing may be written), `"live"`, `"vm-restart"` or `"host-reboot"`. A
   * change that costs more fails the preview, which names each setting that needs more.
   * @default "live"
   */
  maxDisruption?: pulumi.Input<"none" | "live" | "vm-restart" | "host-reboot"> | undefined;
  /**
   * What happens to a change that needs a reboot when `maxDisruption` does not allow one: `"fail"` refuses the preview and
   * names each setting; `"stage"` writes it for the next boot, whoever causes that. Until then it stands in the output
   * `pending` and is no change.
   * @default "fail"
   */
  whenExceeded?: pulumi.Input<"fail" | "stage"> | undefined;
  /**
   * What happens to running domains before a reboot. `"refuse"`: the preview fails and names them. `"shutdown"`: they are
   * shut down (`virsh shutdown`, all at once) and started again after the reboot; the preview names each. One that does
   * not shut down in time is not forced: the others are started again and nothing is rebooted.
   * @default { method: "refuse", timeoutSeconds: 120 }
   */
  drain?: pulumi.Input<DrainArgs> | undefined;
  /**
   * How long the host may take from the request to reboot until it answers again with another boot_id, in seconds.
   * @default 900
   */
  rebootTimeoutSeconds?: pulumi.Input<number> | undefined;
  /**
   * What deleting the resource does: `"restore"` puts back what was there before the first run, byte for byte, and
   * leaves and names what somebody else has changed since; `"retain"` leaves the host as it is. Deleting never reboots:
   * kernel arguments are taken off the boot loader's configuration, and the running kernel keeps them until it boots.
   * @default "restore"
   */
  onDelete?: pulumi.Input<"restore" | "retain"> | undefined;
  /**
   * A host is tuned by one resource of one stack, and keeps its name in `/var/lib/kvm-tuning/owner.json`; the preview of
   * any other fails. `true` takes the host over, for example from a stack whose state is lost. Remove it after the run.
   * @default false
   */
  takeOwnership?: pulumi.Input<boolean> | undefined;
}

/** CPUs kept free of the host's own work. */
export interface IsolationArgs {
  /**
   * CPUs in the kernel's list format. The boot CPU (0) cannot be isolated.
   * @example "2-15,18-31"
   */
  cpus: pulumi.Input<string>;
  /**
   * No load balancing and no tasks without an affinity of their own (`isolcpus=domain,...`).
   * @default true
   */
  domain?: pulumi.Input<boolean> | undefined;
  /**
   * Managed interrupts stay away if they can (`isolcpus=managed_irq,...`).
   * @default false
   */
  managedIrq?: pulumi.Input<boolean> | undefined;
  /**
   * No timer tick while one task runs (`nohz_full=`). Each entry into the kernel costs more: for guests that poll.
   * @default not managed
   */
  nohzFull?: pulumi.Input<boolean> | undefined;
  /**
   * RCU callbacks run elsewhere (`rcu_nocbs=`); those of `nohzFull` always do.
   * @default not managed
   */
  rcuNocbs?: pulumi.Input<boolean> | undefined;
  /**
   * Default affinity of interrupts (`irqaffinity=`): `true` = all other CPUs, `false` = not given, or a CPU
   * list: with CPU 0, which the kernel always adds, and without those of `cpus`.
   * @default true
   */
  irqAffinity?: pulumi.Input<boolean | string> | undefined;
}

/** Running domains and a reboot. */
export interface DrainArgs {
  method: pulumi.Input<"refuse" | "shutdown">;
  /**
   * For all domains together, in seconds.
   * @default 120
   */
  timeoutSeconds?: pulumi.Input<number> | undefined;
}

/** One governor for a set of CPUs. */
export interface CpuGovernorArgs {
  /**
   * CPUs in the kernel's list format.
   * @example "2-15,18-31"
   */
  cpus: pulumi.Input<string>;
  /**
   * A governor out of `scaling_available_governors`.
   * @example "performance"
   */
  governor: pulumi.Input<string>;
}

/** Huge pages of one size. */
export interface HugepagesArgs {
  /**
   * Page size: a number and `K`, `M` or `G` (powers of 1024).
   * @example "1G"
   */
  size: pulumi.Input<string>;
  /**
   * Number of pages on each NUMA node, by the node's number. A node that is not named is left alone.
   * @example { 0: 16, 1: 16 }
   */
  nodes: pulumi.Input<Record<number | string, pulumi.Input<number>>>;
}
