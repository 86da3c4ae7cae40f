import { CpuSet } from "../linux/cpu-set";
import { canonicalSet, type FactChanges, type Facts } from "./facts";
import type { PlacementArgs } from "./schema";

export type PlacementFields = Pick<PlacementArgs, "vcpuPins" | "emulatorPin" | "iothreads" | "numa">;

/** What the arguments ask of a domain that has these facts (live and persistent), as settings. Null: shall not be. */
export function desiredFacts(fields: PlacementFields, existing: readonly Facts[]): FactChanges {
  const wanted = new Map<string, string | null>(desiredPins(fields.vcpuPins));
  if (fields.emulatorPin !== undefined) wanted.set("emulatorPin", canonicalSet(fields.emulatorPin));
  for (const { id, cpus } of fields.iothreads ?? []) wanted.set(`iothreads.${id}`, canonicalSet(cpus));
  for (const [setting, value] of desiredNuma(fields.numa, existing)) wanted.set(setting, value);
  return wanted;
}

function desiredPins(pins: PlacementFields["vcpuPins"]): readonly (readonly [string, string])[] {
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

function desiredNuma(numa: PlacementFields["numa"], existing: readonly Facts[]): FactChanges {
  if (numa === undefined) return new Map();
  const wanted = new Map<string, string | null>();
  const some = (setting: string): boolean => existing.some((facts) => facts.has(setting));
  if (numa.mode !== undefined) wanted.set("numa.mode", numa.mode);
  // libvirt's default, which it writes down.
  else if (!existing.some((facts) => facts.has("numa.mode"))) wanted.set("numa.mode", "strict");
  if (numa.nodeset !== undefined) {
    wanted.set("numa.nodeset", canonicalSet(numa.nodeset));
    // Under automatic placement libvirt drops a nodeset.
    if (some("numa.placement")) wanted.set("numa.placement", null);
  }
  return wanted;
}
