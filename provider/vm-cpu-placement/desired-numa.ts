import type { PlacementFields } from "./desired-context";
import { canonicalSet, type FactChanges, type Facts } from "./facts";

/** The domain's memory policy: `<numatune><memory>`, and who places its vCPUs. */
export function desiredNuma(numa: PlacementFields["numa"], existing: readonly Facts[]): FactChanges {
  const wanted = new Map<string, string | null>();
  if (numa === undefined) return wanted;
  const { mode, nodeset, placement } = numa;
  const some = (setting: string): boolean => existing.some((facts) => facts.has(setting));
  if (mode === undefined && nodeset === undefined && placement === undefined) return wanted;
  if (mode !== undefined) wanted.set("numa.mode", mode);
  // libvirt's default, which it writes down.
  else if (!some("numa.mode")) wanted.set("numa.mode", "strict");
  if (placement === "auto") {
    wanted.set("numa.placement", "auto").set("vcpus.placement", "auto");
    return wanted.set("numa.nodeset", null).set("vcpuCpuset", null);
  }
  if (nodeset !== undefined) wanted.set("numa.nodeset", canonicalSet(nodeset));
  // Under automatic placement libvirt drops a nodeset.
  if (nodeset !== undefined || placement === "static") wanted.set("numa.placement", null);
  if (placement === "static") wanted.set("vcpus.placement", null);
  return wanted;
}
