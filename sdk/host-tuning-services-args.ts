import type * as pulumi from "@pulumi/pulumi";

/** Services, and who else writes a setting. */
export interface ServiceFields {
  /**
   * Services that shall not run, by unit (`ksmtuned` is `ksmtuned.service`). `"stopped"`: not running now and not started
   * at boot. `"masked"`: also nothing else can start it. Takes effect at once, before any other change. Deleting the
   * resource, or taking the unit out of the program, brings its links back and starts it again if it ran.
   *
   * Kernel name: none; systemd's ActiveState and UnitFileState, links in `/etc/systemd/system`. For a unit that is not
   * installed not applicable: a warning, and no change. The preview fails on units that the connection, the domains or
   * the system need (sshd, dbus, `systemd-*`, `network*`, libvirt's), and on `"stopped"` for one that an init script starts.
   * @default not managed
   * @impact live
   * @see systemctl(1)
   * @example
   * ```ts
   * services: { ksmtuned: "masked", numad: "stopped", irqbalance: "stopped" }
   * ```
   */
  services?: pulumi.Input<Record<string, pulumi.Input<"stopped" | "masked">>> | undefined;
  /**
   * What happens about others that write settings of this program too: TuneD (named with its profile), tuned-ppd,
   * power-profiles-daemon, irqbalance (where interrupts or an isolation are managed and `irqbalance` is not), numad,
   * ksmtuned, TuneD's arguments in grubenv, and lines of sysctl files that win over ours. `"warn"`: each is a warning of
   * the preview, with its unit or file:line and the settings. `"fail"`: the preview fails with that list. `"takeOver"`: a
   * service is stopped and disabled as with `services`, a change of its own in the preview, and comes back when the
   * resource is deleted; a file of others is never changed and stays a warning that says which line to remove.
   * @default "warn"
   * @impact live
   * @example
   * ```ts
   * conflicts: "takeOver"
   * ```
   */
  conflicts?: pulumi.Input<"warn" | "takeOver" | "fail"> | undefined;
}
