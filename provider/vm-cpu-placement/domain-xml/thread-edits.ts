import { kibOf, unpinned, type Setting } from "../facts";
import type { EditRequest, ElementEdit, PlainEdit, Step } from "./element-edit";
import { attribute, forVcpus, named, numbered, text } from "./steps";
import { sizeIn } from "./sizes";
import { childrenNamed } from "./tree";

/* vCPUs, pins, weights, and shares of caches: `<vcpu>` and most of `<cputune>`. */

type Of<Kind extends Setting["kind"]> = Extract<Setting, { readonly kind: Kind }>;

const vcpu = named("vcpu");

/** Settings that stand alone. */
export const threadEdits = {
  "vcpus.maximum": (value) => (value === null ? [] : [text(vcpu, value)]),
  "vcpus.current": (value, request) => vcpuAttribute("current", value, request),
  "vcpus.placement": (value, request) => vcpuAttribute("placement", value ?? "static", request),
  vcpuCpuset: (value, request) => vcpuAttribute("cpuset", value, request),
  emulatorPin: (value, request) => [...keptAutomatic(request), pin({ name: "emulatorpin" }, value)],
  cpuShares: (value) => [text(named("cputune", "shares"), value)],
  "cpuBandwidth.periodMicroseconds": (value) => [text(named("cputune", "period"), value)],
  "cpuBandwidth.quotaMicroseconds": (value) => [text(named("cputune", "quota"), value)],
} as const satisfies Readonly<Record<string, PlainEdit>>;

export function vcpuPinEdit(number: number, value: string | null, request: EditRequest): readonly ElementEdit[] {
  return [...keptAutomatic(request), pin(numbered("vcpupin", "vcpu", number), value)];
}

export function iothreadPinEdit(id: number, value: string | null, request: EditRequest): readonly ElementEdit[] {
  return [...keptAutomatic(request), pin(numbered("iothreadpin", "iothread", id), value)];
}

export function cacheTuneEdit(
  setting: Of<"cacheTune">,
  value: string | null,
  { domain }: EditRequest,
): readonly ElementEdit[] {
  const { vcpus, level, id, type } = setting;
  const keys = new Map([
    ["id", String(id)],
    ["level", String(level)],
    ["type", type],
  ]);
  const is: Step["is"] = ({ attributes }) =>
    [...keys].every(([key, wanted]) => (attributes.get(key)?.trim() ?? "both") === wanted);
  const path = [...named("cputune"), forVcpus(domain, "cachetune", vcpus), { name: "cache", keys, is }];
  if (value === null) return [{ path, remove: true }];
  const { number, unit } = sizeIn(BigInt(kibOf(value) ?? 0), undefined);
  const attributes = new Map([
    ["size", number],
    ["unit", unit],
  ]);
  return [{ path, attributes }];
}

export function memoryTuneEdit(
  { vcpus, node }: Of<"memoryTune">,
  value: string | null,
  { domain }: EditRequest,
): readonly ElementEdit[] {
  const path = [...named("cputune"), forVcpus(domain, "memorytune", vcpus), numbered("node", "id", node)];
  return [attribute(path, "bandwidth", value)];
}

/** libvirt takes no `<vcpu>` without a number: one that is made for an attribute says what goes without saying too. */
function vcpuAttribute(name: string, value: string | null, { domain, after }: EditRequest): readonly ElementEdit[] {
  const given = childrenNamed(domain, "vcpu").some((one) => one.text.trim() !== "");
  const count = given || value === null ? undefined : after.get("vcpus.maximum");
  return [attribute(vcpu, name, value), ...(count === undefined ? [] : [text(vcpu, count)])];
}

function pin(step: Step, value: string | null): ElementEdit {
  return attribute([...named("cputune"), step], "cpuset", value === unpinned ? null : value);
}

/** That the vCPUs are placed with the memory goes without saying only as long as nothing is pinned. */
function keptAutomatic(request: EditRequest): readonly ElementEdit[] {
  const { domain, after } = request;
  const said = childrenNamed(domain, "vcpu").at(0)?.attributes.get("placement") === "auto";
  return after.get("vcpus.placement") === "auto" && !said ? vcpuAttribute("placement", "auto", request) : [];
}
