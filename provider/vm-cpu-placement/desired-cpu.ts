import type { DesiredContext, PlacementFields } from "./desired-context";
import { isDefaultModel, usualCheck } from "./domain-xml/cpu-facts";
import { topologyParts, type FactChanges } from "./facts";

type Cpu = NonNullable<PlacementFields["cpu"]>;

/** `<cpu>` but for its cells. */
export function desiredCpu(cpu: PlacementFields["cpu"], context: DesiredContext): FactChanges {
  if (cpu === undefined) return new Map();
  const { features, topology, cache } = cpu;
  return new Map([
    ...identity(cpu, context),
    ...vendor(cpu, context),
    ...(topology === undefined ? [] : topologyParts.map((part) => topologyPart(part, topology[part] ?? 1))),
    ...(cache === undefined ? [] : [["cpu.cache", cache === "emulate" ? "emulate level 3" : cache] as const]),
    ...Object.entries(features ?? {}).map(([name, policy]) => [`cpu.features.${name}`, policy] as const),
  ]);
}

function topologyPart(part: (typeof topologyParts)[number], count: number): readonly [string, string | null] {
  const usual = (part === "dies" || part === "clusters") && count === 1;
  return [`cpu.topology.${part}`, usual ? null : String(count)];
}

function identity(cpu: Cpu, { domainType, existing, recorded = [] }: DesiredContext): FactChanges {
  const { model, match, check, fallback, migratable } = cpu;
  // What the definition says, or the running domain if it has none.
  const now = existing.at(-1);
  const wanted = new Map<string, string | null>();
  const mode = cpu.mode ?? (model === undefined ? undefined : "custom");
  if (isLibvirtsOwn(cpu)) {
    for (const name of ["mode", "match", "check", "migratable", "model", "fallback"]) wanted.set(`cpu.${name}`, null);
    return wanted;
  }
  if (mode !== undefined) {
    wanted.set("cpu.mode", mode);
    // Another mode takes no model, and nothing that goes with one.
    if (mode !== "custom") wanted.set("cpu.match", null).set("cpu.model", null).set("cpu.fallback", null);
    if (mode === "custom" || mode === "host-model") wanted.set("cpu.migratable", null);
    // What was checked of another kind of CPU says nothing of this one. Once its original is known, dropped.ts decides.
    const stale = now?.has("cpu.check") === true && now.get("cpu.mode") !== mode && !recorded.includes("cpu.check");
    if (check === undefined && stale) wanted.set("cpu.check", null);
  }
  if (model !== undefined) wanted.set("cpu.model", model);
  if (match !== undefined) wanted.set("cpu.match", match === "exact" ? null : match);
  if (fallback !== undefined) wanted.set("cpu.fallback", fallback === "allow" ? null : fallback);
  if (check !== undefined)
    wanted.set("cpu.check", check === usualCheck(mode ?? now?.get("cpu.mode") ?? "", domainType) ? null : check);
  if (migratable !== undefined) wanted.set("cpu.migratable", migratable ? null : "off");
  return wanted;
}

/** libvirt takes no vendor without a model (virCPUDefParseXML): it goes, and stays away, with it. */
function vendor(cpu: Cpu, { existing, recorded = [] }: DesiredContext): FactChanges {
  const name = "cpu.vendor";
  const had = recorded.includes(name) || existing.some((facts) => facts.has(name));
  const named = !isLibvirtsOwn(cpu) && (cpu.mode === undefined || cpu.mode === "custom");
  return new Map(had && !named ? [[name, null]] : []);
}

/** Written out, what libvirt gives a domain that names no CPU. */
function isLibvirtsOwn({ mode, model, match, check, fallback }: Cpu): boolean {
  return (
    (mode ?? "custom") === "custom" &&
    model !== undefined &&
    isDefaultModel(model) &&
    (match ?? "exact") === "exact" &&
    check === "none" &&
    fallback === "forbid"
  );
}
