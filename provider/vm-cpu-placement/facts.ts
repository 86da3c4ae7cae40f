import { CpuSet } from "../linux/cpu-set";

/**
 * What of a domain this package manages, as flat settings in canonical form: equal facts are equal texts, so that
 * comparing, journalling and undoing need to know nothing about single fields.
 *
 *   vcpuPins.<vcpu>      CPU list                  emulatorPin        CPU list
 *   iothreads.<id>       CPU list, or `unpinned`   numa.mode          strict, preferred, interleave, restrictive
 *   numa.nodeset         node list                 numa.placement     auto, or not there: static
 */
export type Facts = ReadonlyMap<string, string>;

/** Settings to be given a value, or with null to be removed. */
export type FactChanges = ReadonlyMap<string, string | null>;

/** An I/O thread that exists and runs wherever the domain may. */
export const unpinned = "unpinned";

export type Setting =
  | { readonly kind: "vcpuPin"; readonly vcpu: number }
  | { readonly kind: "emulatorPin" }
  | { readonly kind: "iothread"; readonly id: number }
  | { readonly kind: "numa"; readonly attribute: "mode" | "nodeset" | "placement" };

export function parseSetting(setting: string): Setting {
  const [field, part] = setting.split(".");
  if (field === "vcpuPins") return { kind: "vcpuPin", vcpu: Number(part) };
  if (field === "emulatorPin") return { kind: "emulatorPin" };
  if (field === "iothreads") return { kind: "iothread", id: Number(part) };
  if (setting === "numa.mode") return { kind: "numa", attribute: "mode" };
  if (setting === "numa.nodeset") return { kind: "numa", attribute: "nodeset" };
  if (setting === "numa.placement") return { kind: "numa", attribute: "placement" };
  throw new Error(`no setting of a domain is named ${setting}`);
}

/** The canonical text of a set; what libvirt would refuse stays as it is written, to be shown. */
export function canonicalSet(text: string): string {
  try {
    return CpuSet.parseLibvirt(text).toString();
  } catch {
    return text.trim();
  }
}

/** The facts after `changes`. */
export function withChanges(facts: Facts, changes: FactChanges): Facts {
  const all = new Map<string, string | null>([...facts, ...changes]);
  return new Map([...all].flatMap(([setting, value]) => (value === null ? [] : [[setting, value] as const])));
}

export function sameFacts(one: Facts, other: Facts): boolean {
  return one.size === other.size && [...one].every(([setting, value]) => other.get(setting) === value);
}
