import type * as pulumi from "@pulumi/pulumi";

import type { ConnectionArgs } from "./connection";

/** How a host is rebooted, where a setting needs that and `maxDisruption` allows it. */
export interface RebootFields {
  /**
   * What happens to running domains before a reboot. `"refuse"`: the preview fails and names them. `"shutdown"`: they are
   * shut down (`virsh shutdown`). `"managedSave"`: their memory is saved to disk (`virsh managedsave`), and they go on where
   * they were. Either way they are started again after the reboot, and the preview names each. One that does not stop in
   * time is not forced: all are started again and nothing is rebooted. Which domains start by themselves is not touched.
   * @default { method: "refuse", timeoutSeconds: 120, order: [] }
   * @impact none
   */
  drain?: pulumi.Input<DrainArgs> | undefined;
  /**
   * How long the host may take from the request to reboot until it answers again with another boot_id, in seconds. A
   * trial boot (`trialBoot`) has so long to be reached, and then so long to come back with the old arguments.
   * @default 900
   * @impact none
   */
  rebootTimeoutSeconds?: pulumi.Input<number> | undefined;
  /**
   * How new kernel arguments are booted. `"auto"`: in a trial where the boot loader can give one boot other arguments than
   * those after it (GRUB, systemd-boot). The arguments become the default only when the host has come back, was
   * reached and has the wanted effects. A kernel that panics, a missing root file system, and a boot that is not reached
   * within `rebootTimeoutSeconds` come back by themselves with the old arguments, and the run fails with what is known.
   * Elsewhere the arguments are booted without a trial, and the preview says so. `"require"`: refused there. `"off"`: no
   * trial.
   *
   * The preview fails where the loader cannot end the trial (GRUB: its folder on LVM, RAID, btrfs, ZFS; a menu with
   * superusers whose entry is not `--unrestricted`. systemd-boot: no `bootctl`), unless it is `"off"`. A kernel that hangs without a panic needs a hardware watchdog.
   * @default "auto"
   * @impact none
   */
  trialBoot?: pulumi.Input<"auto" | "require" | "off"> | undefined;
  /**
   * When the host may be rebooted: days and hours, in UTC. Outside of it what needs a boot is written for the next one,
   * whoever causes that, and stands in the output `pending`; the preview says when the next window begins. A run within
   * the window boots. The clock is that of the machine on which Pulumi runs; it is read with the host.
   * @default at any time
   * @impact none
   * @example
   * ```ts
   * rebootWindow: { days: ["sat", "sun"], from: "02:00", to: "05:00" }
   * ```
   */
  rebootWindow?: pulumi.Input<RebootWindowArgs> | undefined;
  /**
   * How many hosts of a group may be down at once for reboots of ours: the others wait for their turn, and the row says for
   * whom. A host that does not come back as it should stops its group: nothing more of it is rebooted in the run. Without
   * `leaseHost` it holds within one run of one stack.
   * @default no limit
   * @impact none
   * @example
   * ```ts
   * maxUnavailable: { count: 1, group: "rack-7", leaseHost: { host: "10.0.0.5", user: "ops", privateKey, hostKey } }
   * ```
   */
  maxUnavailable?: pulumi.Input<MaxUnavailableArgs> | undefined;
}

/** Running domains and a reboot. */
export interface DrainArgs {
  /** `"refuse"`, `"shutdown"` or `"managedSave"`, as above. */
  method: pulumi.Input<"refuse" | "shutdown" | "managedSave">;
  /**
   * For all domains together, in seconds.
   * @default 120
   */
  timeoutSeconds?: pulumi.Input<number> | undefined;
  /**
   * Names of domains in the order in which they start after the reboot; they stop in the reverse order, one after the
   * other. Domains that are not named stop first, at once, and start last.
   * @default []
   */
  order?: pulumi.Input<pulumi.Input<string>[]> | undefined;
}

/** Days and hours of the week, in UTC. */
export interface RebootWindowArgs {
  /**
   * The days on which the window begins.
   * @default all seven
   */
  days?: pulumi.Input<pulumi.Input<"mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun">[]> | undefined;
  /** Time of day as `"22:30"`. */
  from: pulumi.Input<string>;
  /** The same; earlier than `from`: the next day's. */
  to: pulumi.Input<string>;
}

/** A limit over several hosts. */
export interface MaxUnavailableArgs {
  /** Hosts that may be down at once, at least 1. */
  count: pulumi.Input<number>;
  /**
   * Hosts with the same name share the limit. Letters, digits, dots, dashes and underscores.
   * @default "default"
   */
  group?: pulumi.Input<string> | undefined;
  /**
   * One host that keeps the group's leases (`/var/lib/kvm-tuning/leases/<group>`), for a limit over runs and stacks. A lease
   * ends by itself when the time of its run is over. The fields are those of `connection`.
   * @default within one run of one stack
   */
  leaseHost?: pulumi.Input<ConnectionArgs> | undefined;
}
