/*
 * Services that shall not run, because they work against a tuned host: ksmtuned, numad, irqbalance, tuned. Running:
 * the unit is stopped. Persistent: the links in /etc/systemd/system that start it at boot are taken away, or it is
 * masked. Takes effect at once. What ran runs again when it is undone.
 * Source: systemctl(1), https://www.freedesktop.org/software/systemd/man/latest/systemctl.html#mask%20UNIT%E2%80%A6
 */
import { z } from "zod";
import { defineKnob } from "../knob";
import { serviceRow, unitOf } from "../services";

/** What cannot do without them: our own connection, the virtual machines, the system as a whole. */
const neededUnits =
  /^(sshd?([-@].*)?|dropbear.*|dbus.*|systemd-.*|network.*|NetworkManager.*|netplan.*|wpa_supplicant.*|dhcpcd.*|ifup.*|openvswitch.*|ovs.*|sssd.*|getty@.*|kvm-tuning.*|libvirt.*|virt[a-z]+d(-.*)?)$/;

const unit = z
  .string()
  .regex(
    /^[A-Za-z0-9:_.][A-Za-z0-9:_.@-]{0,200}$/,
    'must be the name of a unit of systemd, such as "ksmtuned" or "tuned.service"',
  )
  .refine(
    (name) => !/\.(target|slice|scope|mount|automount|swap|device)$/.test(name),
    "must be a service, a socket, a timer or a path",
  )
  .refine(
    (name) => !neededUnits.test(name.replace(/\.(service|socket|timer|path)$/, "")),
    "is not stopped by this package: the connection to the host, its virtual machines or the system itself need it",
  );

export const services = defineKnob({
  schema: z.record(unit, z.enum(["stopped", "masked"])).superRefine((units, context) => {
    const seen = new Set<string>();
    for (const name of Object.keys(units)) {
      if (seen.has(unitOf(name)))
        context.addIssue({ code: "custom", path: [name], message: `${unitOf(name)} is given twice` });
      seen.add(unitOf(name));
    }
  }),
  settings: (desired, snapshot) =>
    Object.entries(desired)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, state]) => serviceRow(unitOf(name), state, snapshot)),
  observe: (desired, snapshot) =>
    Object.fromEntries(
      Object.entries(desired).flatMap(([name, state]) => {
        const { actual, notApplicable } = serviceRow(unitOf(name), state, snapshot);
        if (notApplicable !== undefined || actual === state) return [[name, state]];
        // There is no word for a service that runs: it is as if the program did not name it.
        return actual === "stopped" || actual === "masked" ? [[name, actual] as const] : [];
      }),
    ),
  units: (desired) => Object.keys(desired).map(unitOf),
});
