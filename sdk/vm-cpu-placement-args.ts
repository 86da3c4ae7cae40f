import type * as pulumi from "@pulumi/pulumi";

import type { ConnectionArgs } from "./connection";
import type { HostTuning } from "./host-tuning";
import type { CpuFields } from "./vm-cpu-placement-cpu-args";
import type { MemoryBackingFields } from "./vm-cpu-placement-memory-args";
import type { NumaFields } from "./vm-cpu-placement-numa-args";
import type { ResctrlFields } from "./vm-cpu-placement-resctrl-args";
import type { SchedulingFields } from "./vm-cpu-placement-scheduling-args";
import type { ThreadFields } from "./vm-cpu-placement-thread-args";

/** What is wanted of one domain, and on which host it is. */
export type VmCpuPlacementArgs = VmCpuPlacementFields & (OnHost | OverConnection);

interface OnHost {
  /**
   * The domain's host: gives its connection, and is tuned before the domain is placed. What it will isolate and which
   * huge pages it will make counts in the preview already. One of `host` and `connection`.
   * @default required, or connection
   * @impact none
   */
  host: HostTuning;
  connection?: undefined;
}

interface OverConnection {
  host?: undefined;
  /**
   * How to reach the domain's host over SSH, where no `HostTuning` of the program manages it. One of `host` and
   * `connection`.
   * @default required, or host
   * @impact none
   */
  connection: pulumi.Input<ConnectionArgs>;
}

/**
 * An absent setting is not ours: never read for a diff, never written. CPU lists are as libvirt writes them: `"0-3,8"`,
 * `"0-7,^3"`. What is set is set in the running domain and in its definition; a domain that is shut off gets the
 * definition alone, which costs nothing, and a transient one the running part alone.
 *
 * Impact is what a change costs a running domain: `live` is done while the guest runs; `vm-restart` needs a new QEMU
 * process (a reboot inside the guest is not enough) and therefore `maxDisruption: "vm-restart"`.
 */
export interface VmCpuPlacementFields
  extends ThreadFields, SchedulingFields, CpuFields, NumaFields, MemoryBackingFields, ResctrlFields {
  /**
   * The domain's name or UUID, as `virsh list --all` shows it. One that does not exist yet is a warning in the preview;
   * it must be there when the resource is made. Another domain replaces the resource: the old one gets its originals
   * back.
   * @impact none
   */
  domain: pulumi.Input<string>;
  /**
   * `"flexible"` makes the domain fit for a move to another host: while it is set, each pin is widened to all online
   * CPUs of the nodes that it lies on, so that it names no single CPU. `"pinned"`, or leaving it out again, narrows the
   * pins to what the program says. The move itself (`virsh migrate`) is yours to make.
   *
   * libvirt: the pins of `<cputune>`; a destination that lacks a CPU of a pin refuses the domain ("exceed the maxcpu"),
   * so all-CPU masks like 0-31 are no way out. On isolated CPUs the kernel does not balance between the CPUs of a wide
   * pin: keep the time short.
   * @default "pinned"
   * @impact live
   * @see https://libvirt.org/migration.html
   * @example
   * ```ts
   * vcpuPins: "2-5",
   * migration: "flexible"
   * ```
   */
  migration?: pulumi.Input<"pinned" | "flexible"> | undefined;
  /**
   * The worst that a change may cost: `"none"` (nothing may be written), `"live"`, `"vm-restart"` or `"host-reboot"`. A
   * change that costs more fails the preview, which names each setting that needs more.
   * @default "live"
   * @impact none
   * @example
   * ```ts
   * cpu: { mode: "host-passthrough" },
   * maxDisruption: "vm-restart"
   * ```
   */
  maxDisruption?: pulumi.Input<"none" | "live" | "vm-restart" | "host-reboot"> | undefined;
  /**
   * How long a restart waits for the guest to shut down after it was asked to (`virsh shutdown`): 1 to 86400 seconds.
   * Then the run fails and the domain runs on, or, with `forceOff`, the guest is switched off.
   * @default 120
   * @impact none
   * @example
   * ```ts
   * shutdownTimeoutSeconds: 300
   * ```
   */
  shutdownTimeoutSeconds?: pulumi.Input<number> | undefined;
  /**
   * `true` switches a guest off (`virsh destroy`) that has not shut down within `shutdownTimeoutSeconds`. It loses what
   * it has not written to its disks, as in a power cut. Only where `maxDisruption` allows a restart.
   * @default false
   * @impact none
   * @example
   * ```ts
   * maxDisruption: "vm-restart",
   * shutdownTimeoutSeconds: 600,
   * forceOff: true
   * ```
   */
  forceOff?: pulumi.Input<boolean> | undefined;
  /**
   * What happens when a setting does not read back as written: `"fail"` fails the run, and the next one goes on from what is
   * there; `"warn"` names each and goes on. The output `verification` has them either way.
   * @default "fail"
   * @impact none
   * @example
   * ```ts
   * verify: "warn"
   * ```
   */
  verify?: pulumi.Input<"fail" | "warn"> | undefined;
  /**
   * What deleting the resource does: `"restore"` puts back what was there before the first run, in the running domain
   * and in its definition, and leaves and names what somebody else has changed since; `"retain"` leaves the domain as
   * it is. What would need a restart comes back in the definition alone, unless `maxDisruption` allows one.
   * @default "restore"
   * @impact none
   * @example
   * ```ts
   * onDelete: "retain"
   * ```
   */
  onDelete?: pulumi.Input<"restore" | "retain"> | undefined;
  /**
   * A domain is placed by one resource of one stack, whose name the host keeps in `/var/lib/kvm-tuning/domains`; the
   * preview of any other fails. `true` takes the domain over, for example from a stack whose state is lost. Remove it
   * after the run.
   * @default false
   * @impact none
   * @example
   * ```ts
   * takeOwnership: true
   * ```
   */
  takeOwnership?: pulumi.Input<boolean> | undefined;
}
