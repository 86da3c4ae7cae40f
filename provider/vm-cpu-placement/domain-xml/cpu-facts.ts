import { topologyParts } from "../facts";
import { childrenOf, keyOf } from "./parts";
import { childrenNamed, type XmlElement } from "./tree";

type Found = readonly (readonly [setting: string, value: string])[];

/**
 * The CPU that the guest sees. libvirt writes down what it takes for granted: check 'none' for host-passthrough and
 * 'partial' elsewhere, migratable 'on', match 'exact', fallback 'allow', one die and one cluster.
 */
export function cpuFacts(domain: XmlElement): Found {
  const cpu = childrenNamed(domain, "cpu").at(0);
  if (cpu === undefined) return [];
  return [...identity(domain, cpu), ...features(cpu), ...topology(domain), ...cache(cpu)];
}

function identity(domain: XmlElement, cpu: XmlElement): Found {
  const model = childrenNamed(cpu, "model").at(0);
  const name = model?.text.trim() ?? "";
  const mode = modeOf(cpu, name);
  if (mode === undefined || isLibvirtsOwn(domain, cpu, { mode, model: name })) return [];
  const { attributes } = cpu;
  const check = attributes.get("check");
  const fallback = model?.attributes.get("fallback");
  const usual = usualCheck(mode, domain.attributes.get("type"));
  const match = attributes.get("match");
  const vendor = childrenNamed(cpu, "vendor").at(0)?.text.trim() ?? "";
  return [
    ["cpu.mode", mode],
    ...(mode === "custom" && match !== undefined && match !== "exact" ? [["cpu.match", match] as const] : []),
    ...(check === undefined || check === usual ? [] : [["cpu.check", check] as const]),
    ...(attributes.get("migratable") === "off" ? [["cpu.migratable", "off"] as const] : []),
    ...(name !== "" && mode === "custom" ? [["cpu.model", name] as const] : []),
    ...(vendor === "" ? [] : [["cpu.vendor", vendor] as const]),
    // libvirt drops that of host-model.
    ...(fallback === "forbid" && mode === "custom" ? [["cpu.fallback", fallback] as const] : []),
  ];
}

/** A document without a mode means custom, if it names a model; else it says nothing of what kind of CPU it is. */
function modeOf(cpu: XmlElement, model: string): string | undefined {
  const mode = cpu.attributes.get("mode");
  if (mode !== undefined && (mode !== "custom" || model !== "")) return mode;
  return model === "" ? undefined : "custom";
}

/** Of QEMU's machine types, by architecture: what a domain gets that names no model. */
const defaultModels =
  /^(486|qemu64|qemu32|qemu|max|POWER\d+|ppc64|e500mc|power\w*|cortex-\w+|arm926|g\d\w*|rv64|rv32|la464|z\w+|970\w*|750)$/i;

export const isDefaultModel = (model: string): boolean => defaultModels.test(model);

/** An emulated CPU is not held against the host's (qemuDomainDefCPUPostParse). */
export function usualCheck(mode: string, domainType: string | undefined): string {
  if (mode === "host-passthrough" || mode === "maximum") return "none";
  return mode === "custom" && domainType === "qemu" ? "none" : "partial";
}

interface Kind {
  readonly mode: string;
  readonly model: string;
}

/**
 * What libvirt itself writes for a domain that names no CPU: the machine's default with check none and fallback
 * forbid, or host-model on s390x.
 */
function isLibvirtsOwn(domain: XmlElement, cpu: XmlElement, { mode, model }: Kind): boolean {
  const { attributes } = cpu;
  const s390 = childrenOf(domain, "os", "type").at(0)?.attributes.get("arch") === "s390x";
  if (mode === "host-model" && s390)
    return (attributes.get("check") ?? "partial") === "partial" && cpu.children.length === 0;
  return (
    attributes.get("mode") === "custom" &&
    attributes.get("match") === "exact" &&
    attributes.get("check") === "none" &&
    childrenNamed(cpu, "model").at(0)?.attributes.get("fallback") === "forbid" &&
    isDefaultModel(model)
  );
}

function features(cpu: XmlElement): Found {
  return childrenNamed(cpu, "feature")
    .map(({ attributes }) => [attributes.get("name") ?? "", attributes.get("policy") ?? "require"] as const)
    .filter(([name]) => name !== "")
    .map(([name, policy]) => [`cpu.features.${name}`, policy]);
}

function topology(domain: XmlElement): Found {
  const element = childrenOf(domain, "cpu", "topology").at(0);
  if (element === undefined) return [];
  return topologyParts.flatMap((part) => {
    const value = keyOf(element, part);
    if (Number.isNaN(value)) return [];
    const usual = (part === "dies" || part === "clusters") && value === 1;
    return usual ? [] : [[`cpu.topology.${part}`, String(value)] as const];
  });
}

function cache(cpu: XmlElement): Found {
  const attributes = childrenNamed(cpu, "cache").at(0)?.attributes;
  const mode = attributes?.get("mode");
  if (mode === undefined) return [];
  const level = attributes?.get("level")?.trim();
  return [["cpu.cache", level === undefined ? mode : `${mode} level ${level}`]];
}
