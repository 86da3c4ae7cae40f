/*
 * Any sysctl by its name. Running: /proc/sys. Persistent: /etc/sysctl.d/zz-kvm-tuning.conf, written key by key and
 * never applied with `sysctl --system`, which would set other people's keys again. Takes effect at once.
 * Source: sysctl.d(5), systemd-sysctl.service(8)
 */
import { z } from "zod";
import type { HostSnapshot } from "../../host/snapshot";
import { isSysctlKey, normaliseSysctlValue, sysctlPath } from "../../linux/sysctl-conf";
import { defineKnob, type Setting } from "../knob";

const value = z
  .union([z.string(), z.int()])
  .transform((given) => normaliseSysctlValue(String(given)))
  .refine((text) => !/[\r\n\0]/.test(text), "must be one line of text");

const key = z
  .string()
  .refine(
    isSysctlKey,
    'must be a sysctl name such as "vm.swappiness" or "net/ipv4/conf/eth0.1/forwarding", without globs',
  );

export const sysctl = defineKnob({
  schema: z.record(key, value),
  settings: (desired, snapshot) =>
    Object.entries(desired)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, wanted]) => row(name, wanted, snapshot)),
  observe: (desired, snapshot) =>
    Object.fromEntries(Object.entries(desired).map(([name, wanted]) => [name, running(name, snapshot) ?? wanted])),
  sysctlKeys: (desired) => Object.keys(desired),
});

function running(name: string, snapshot: HostSnapshot): string | null {
  const text = snapshot.files.text(sysctlPath(name));
  return text === undefined ? null : normaliseSysctlValue(text);
}

function row(name: string, wanted: string, snapshot: HostSnapshot): Setting {
  const path = sysctlPath(name);
  const actual = running(name, snapshot);
  const setting: Setting = {
    name: `sysctl.${name}`,
    desired: wanted,
    actual,
    impact: "live",
    source: path,
    remedy:
      "The kernel took the write and kept another value: look up the key's range in docs.kernel.org/admin-guide/sysctl.",
    write: [{ path, value: wanted }],
    boot: [{ kind: "sysctl", key: name, value: wanted }],
  };
  // Empty has a meaning for texts (kernel.modprobe, ip_local_reserved_ports), for a number it is a slip.
  if (wanted === "" && actual !== null && /^-?\d+( -?\d+)*$/.test(actual))
    return { ...setting, problem: `${path} holds ${actual}, so it cannot be empty` };
  if (actual !== null) return setting;
  return {
    ...setting,
    problem: `this host has no readable ${path}: check the spelling, or load the kernel module that makes it`,
  };
}
