import { CpuSet } from "../linux/cpu-set";
import type { DesiredContext, PlacementFields } from "./desired-context";
import { canonicalSet, unpinned } from "./facts";

type Pins = readonly (readonly [setting: string, cpus: string])[];

/** Pins of all threads, wider while the domain shall be able to move to another host. */
export function desiredPins(fields: PlacementFields, widened: DesiredContext["widened"]): Pins {
  const { vcpuPins, emulatorPin, iothreads, migration } = fields;
  const pins: Pins = [
    ...desiredVcpuPins(vcpuPins),
    ...(emulatorPin === undefined ? [] : [["emulatorPin", canonicalSet(emulatorPin)] as const]),
    ...(iothreads ?? []).map(({ id, cpus }) => [`iothreads.${id}`, iothreadCpus(cpus)] as const),
  ];
  if (migration !== "flexible" || widened === undefined) return pins;
  return pins.map(([setting, cpus]) => [
    setting,
    cpus === unpinned ? cpus : widened(CpuSet.parseLibvirt(cpus)).toString(),
  ]);
}

function desiredVcpuPins(pins: PlacementFields["vcpuPins"]): Pins {
  if (pins === undefined) return [];
  const single = typeof pins === "string" ? inOrder(pins).map((cpu, vcpu) => [vcpu, String(cpu)] as const) : [];
  const mapped =
    typeof pins === "string"
      ? []
      : Object.entries(pins).flatMap(([vcpus, cpus]) =>
          [...CpuSet.parse(vcpus)].map((vcpu) => [vcpu, canonicalSet(cpus)] as const),
        );
  return [...single, ...mapped]
    .toSorted(([one], [other]) => one - other)
    .map(([vcpu, cpus]) => [`vcpuPins.${vcpu}`, cpus]);
}

/** The CPUs of a list in the order written, so that `"2,18,3,19"` gives vCPU 1 to CPU 18. */
export function inOrder(text: string): readonly number[] {
  const all = CpuSet.parseLibvirt(text);
  const named = text.split(",").filter((part) => !part.includes("^") && part.trim() !== "");
  return [...new Set(named.flatMap((part) => [...CpuSet.parseLibvirt(part)]))].filter((cpu) => all.has(cpu));
}

/** An I/O thread without CPUs of its own runs wherever the domain may. */
export function iothreadCpus(cpus: string | undefined): string {
  return cpus === undefined ? unpinned : canonicalSet(cpus);
}
