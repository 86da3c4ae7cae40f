import type * as pulumi from "@pulumi/pulumi";

import type { ConnectionArgs } from "./connection";
import type { PowerFields } from "./host-tuning-power-args";
import type { HousekeepingFields } from "./host-tuning-housekeeping-args";
import type { KernelFields } from "./host-tuning-kernel-args";
import type { HugepagesFields } from "./host-tuning-hugepages-args";
import type { BootIsolationArgs, PartitionIsolationArgs } from "./host-tuning-isolation-args";
import type { RebootFields } from "./host-tuning-reboot-args";
import type { ServiceFields } from "./host-tuning-services-args";

/** What is wanted of one host. An absent setting is not ours: never read for a diff, never written. */
export interface HostTuningArgs
  extends KernelFields, HousekeepingFields, PowerFields, HugepagesFields, ServiceFields, RebootFields {
  /**
   * How to reach the host over SSH.
   * @impact none
   */
  connection: pulumi.Input<ConnectionArgs>;
  /**
   * Automatic NUMA balancing: the kernel moves tasks and pages towards each other, at the cost of page faults. Switch
   * it off where memory and CPUs are pinned. Takes effect at once and is kept for the next boot.
   *
   * Kernel name: `kernel.numa_balancing`. On a kernel without it (no CONFIG_NUMA_BALANCING, one NUMA node) not applicable:
   * a warning, and no change. The preview fails if `sysctl` holds the same key.
   * @default not managed
   * @impact live
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
   * @impact live
   * @see sysctl(8), sysctl.d(5), https://docs.kernel.org/admin-guide/sysctl/index.html
   * @example
   * ```ts
   * sysctl: { "vm.swappiness": 10, "vm.stat_interval": 10 }
   * ```
   */
  sysctl?: pulumi.Input<Record<string, pulumi.Input<string | number>>> | undefined;
  /**
   * CPUs kept free of the host's own work, for pinned virtual machines. In one of two ways:
   *
   * `mode: "boot"`, through the kernel's command line (`isolcpus`, `nohz_full`, `rcu_nocbs`, `irqaffinity`): with all that
   * the kernel has, at the next boot: `maxDisruption: "host-reboot"`, or `whenExceeded: "stage"`.
   *
   * `mode: "partition"`, without a reboot: the slice in which libvirt's domains run has the CPUs alone (a cpuset partition
   * of cgroup v2). Tasks stay away; the timer tick and managed interrupts do not.
   *
   * The preview fails on CPU 0, on a CPU that the host does not have, when no CPU is left to the host, and for the rest
   * as the two modes say.
   * @default not managed
   * @impact host-reboot; live in mode partition
   * @see https://docs.kernel.org/admin-guide/kernel-parameters.html,
   * https://docs.kernel.org/admin-guide/cgroup-v2.html#cpuset
   * @example
   * ```ts
   * isolation: { cpus: "2-15,18-31", nohzFull: true, rcuNocbs: true, managedIrq: true }
   * isolation: { mode: "partition", cpus: "2-15,18-31" }
   * ```
   */
  isolation?: pulumi.Input<BootIsolationArgs | PartitionIsolationArgs> | undefined;
  /**
   * Kernel arguments by their name: a value, several values (`console`), `true` for an argument without one, `null` to
   * take it off the command line. An argument of ours replaces every other of that name; all others stay as they are.
   * Takes effect at the next boot.
   *
   * The preview fails on names that another argument writes (`isolcpus` beside `isolation`, `hugepagesz` beside
   * `hugepages`) and on those that the boot loader writes itself (`root`).
   * @default not managed
   * @impact host-reboot
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
   * @impact none
   */
  maxDisruption?: pulumi.Input<"none" | "live" | "vm-restart" | "host-reboot"> | undefined;
  /**
   * What happens to a change that needs a reboot when `maxDisruption` does not allow one: `"fail"` refuses the preview and
   * names each setting; `"stage"` writes it for the next boot, whoever causes that. Until then it stands in the output
   * `pending` and is no change.
   * @default "fail"
   * @impact none
   */
  whenExceeded?: pulumi.Input<"fail" | "stage"> | undefined;
  /**
   * What happens when a setting does not read back as written: `"fail"` fails the run, and the next one goes on from what is
   * there; `"warn"` names each and goes on. The output `verification` has them either way.
   * @default "fail"
   * @impact none
   */
  verify?: pulumi.Input<"fail" | "warn"> | undefined;
  /**
   * What deleting the resource does: `"restore"` puts back what was there before the first run, byte for byte, and
   * leaves and names what somebody else has changed since; `"retain"` leaves the host as it is. Deleting never reboots:
   * kernel arguments are taken off the boot loader's configuration, and the running kernel keeps them until it boots.
   * @default "restore"
   * @impact none
   */
  onDelete?: pulumi.Input<"restore" | "retain"> | undefined;
  /**
   * A host is tuned by one resource of one stack, and keeps its name in `/var/lib/kvm-tuning/owner.json`; the preview of
   * any other fails. `true` takes the host over, for example from a stack whose state is lost. Remove it after the run.
   * @default false
   * @impact none
   */
  takeOwnership?: pulumi.Input<boolean> | undefined;
}
