import type * as pulumi from "@pulumi/pulumi";

import type { ConnectionArgs } from "./connection";
import type { HostTuning } from "./host-tuning";

/** What is wanted of one domain, and on which host it is. */
export type VmCpuPlacementArgs = VmCpuPlacementFields & (OnHost | OverConnection);

interface OnHost {
  /** The domain's host: gives its connection, and is tuned before the domain is placed. */
  host: HostTuning;
  connection?: undefined;
}

interface OverConnection {
  host?: undefined;
  /** How to reach the domain's host over SSH, where no `HostTuning` of the program manages it. */
  connection: pulumi.Input<ConnectionArgs>;
}

/**
 * An absent setting is not ours: never read for a diff, never written. CPU lists are as libvirt writes them: `"0-3,8"`,
 * `"0-7,^3"`. What is set is set in the running domain and in its definition; a domain that is shut off gets the
 * definition alone, a transient one the running part alone.
 */
export interface VmCpuPlacementFields {
  /** The domain's name or UUID, as `virsh list` shows it. */
  domain: pulumi.Input<string>;
  /**
   * Which host CPUs each vCPU may run on: a list, whose CPUs go to vCPU 0, 1, 2 ... in the order written, one for each
   * vCPU of the domain; or a map from vCPU (or several: `"0-3"`) to a CPU list. Takes effect at once.
   *
   * libvirt: `<cputune><vcpupin>`, `virsh vcpupin`. The preview fails on CPUs that the host lacks or that are offline,
   * and on vCPUs that the domain does not have; it warns of two vCPUs on one CPU or one core, and of a set on isolated
   * CPUs, between which the kernel does not balance.
   * @default not managed
   * @see https://libvirt.org/formatdomain.html#cpu-tuning
   * @example
   * ```ts
   * vcpuPins: "2-5"
   * vcpuPins: { 0: "2", 1: "18", "2-3": "4-7,^6" }
   * ```
   */
  vcpuPins?: pulumi.Input<string | Record<number | string, pulumi.Input<string>>> | undefined;
  /**
   * Host CPUs of QEMU's own threads. Takes effect at once. With `numa` it should have a CPU on the memory's node.
   *
   * libvirt: `<cputune><emulatorpin>`, `virsh emulatorpin`.
   * @default not managed
   * @example "0-1"
   */
  emulatorPin?: pulumi.Input<string> | undefined;
  /**
   * I/O threads, each with its host CPUs. One that the domain lacks is added, and removed again when it leaves the
   * program. Takes effect at once; which disk uses which thread is for the domain's own XML to say.
   *
   * libvirt: `<iothreadids>`, `<cputune><iothreadpin>`, `virsh iothreadadd`, `virsh iothreadpin`.
   * @default not managed
   * @example
   * ```ts
   * iothreads: [{ id: 1, cpus: "0" }]
   * ```
   */
  iothreads?: pulumi.Input<pulumi.Input<IothreadArgs>[]> | undefined;
  /**
   * Where the domain's memory comes from. A running domain must be restarted for it (impact `vm-restart`), but for a
   * new nodeset in mode restrictive.
   * @default not managed
   * @example
   * ```ts
   * numa: { mode: "strict", nodeset: "0" }
   * ```
   */
  numa?: pulumi.Input<NumaArgs> | undefined;
  /**
   * The worst that a change may cost: `"none"` (nothing may be written), `"live"`, `"vm-restart"` or `"host-reboot"`. A
   * change that costs more fails the preview, which names each setting that needs more.
   * @default "live"
   */
  maxDisruption?: pulumi.Input<"none" | "live" | "vm-restart" | "host-reboot"> | undefined;
  /**
   * How long a restart waits for the guest to shut down after it was asked to. Then the run fails, and the domain keeps
   * its definition. A guest is never switched off by force.
   * @default 120
   */
  shutdownTimeoutSeconds?: pulumi.Input<number> | undefined;
  /**
   * What deleting the resource does: `"restore"` puts back what was there before the first run, in the running domain
   * and in its definition, and leaves and names what somebody else has changed since; `"retain"` leaves the domain as
   * it is. What would need a restart comes back in the definition alone, unless `maxDisruption` allows one.
   * @default "restore"
   */
  onDelete?: pulumi.Input<"restore" | "retain"> | undefined;
  /**
   * A domain is placed by one resource of one stack, whose name the host keeps in `/var/lib/kvm-tuning/domains`; the
   * preview of any other fails. `true` takes the domain over, for example from a stack whose state is lost. Remove it
   * after the run.
   * @default false
   */
  takeOwnership?: pulumi.Input<boolean> | undefined;
}

/** One I/O thread. */
export interface IothreadArgs {
  /** libvirt's number of the thread, from 1. */
  id: pulumi.Input<number>;
  /**
   * Host CPUs that it may run on.
   * @example "0-1"
   */
  cpus: pulumi.Input<string>;
}

/** Memory of a domain by NUMA node: libvirt's `<numatune><memory>`. */
export interface NumaArgs {
  /**
   * `"strict"`: from these nodes or not at all. `"preferred"`: from them if they have any. `"interleave"`: from all in
   * turn. `"restrictive"`: no memory policy, only the cgroup's limit, which is the weakest promise but can move live.
   * @default the domain's own; "strict" for a domain that has none
   * @see https://libvirt.org/formatdomain.html#numa-node-tuning
   */
  mode?: pulumi.Input<"strict" | "preferred" | "interleave" | "restrictive"> | undefined;
  /**
   * Host NUMA nodes, as a list. Ends an automatic placement by numad.
   * @default the domain's own
   * @example "0"
   */
  nodeset?: pulumi.Input<string> | undefined;
}
