import type { TopologyPart } from "../facts";
import type { EditRequest, ElementEdit, PlainEdit, Step } from "./element-edit";
import { attribute, named, text } from "./steps";
import { childrenOf } from "./parts";

/* `<cpu>` but for its cells. */

const cpu = named("cpu");
const model = named("cpu", "model");

/** Settings that stand alone. */
export const cpuEdits = {
  "cpu.mode": (value, request) => [attribute(cpu, "mode", value), ...withoutOldMode(request)],
  "cpu.match": (value) => [attribute(cpu, "match", value)],
  "cpu.check": (value) => [attribute(cpu, "check", value)],
  "cpu.migratable": (value) => [attribute(cpu, "migratable", value)],
  "cpu.model": (value) => [text(model, value)],
  "cpu.vendor": (value) => [text(named("cpu", "vendor"), value)],
  "cpu.fallback": (value, { after }) => (after.has("cpu.model") ? [attribute(model, "fallback", value)] : []),
  "cpu.cache": (value) => {
    const [mode = null, , level = null] = value?.split(" ") ?? [];
    const attributes = new Map([
      ["level", level],
      ["mode", mode],
    ]);
    return [{ path: named("cpu", "cache"), attributes }];
  },
} as const satisfies Readonly<Record<string, PlainEdit>>;

export function featureEdit(name: string, value: string | null): readonly ElementEdit[] {
  const is: Step["is"] = ({ attributes }) => attributes.get("name") === name;
  const path = [...cpu, { name: "feature", keys: new Map([["name", name]]), is }];
  // One without a policy is required.
  return [value === null ? { path, remove: true } : attribute(path, "policy", value)];
}

/** libvirt adds one die and one cluster by itself. */
export function topologyEdit(part: TopologyPart, value: string | null): readonly ElementEdit[] {
  return [{ ...attribute(named("cpu", "topology"), part, value), fillers: ["dies", "clusters"] }];
}

/** What libvirt has written down for the mode that was: it may be wrong, or even refused, with another. */
function withoutOldMode({ domain, after, changes }: EditRequest): readonly ElementEdit[] {
  const attributes = ["match", "check", "migratable"].filter(
    (name) => !after.has(`cpu.${name}`) && !changes.has(`cpu.${name}`),
  );
  const hasModel = childrenOf(domain, "cpu", "model").length > 0;
  const modelStays = after.has("cpu.model") || changes.has("cpu.model");
  return [
    { path: cpu, attributes: new Map(attributes.map((name) => [name, null])) },
    ...(hasModel && !modelStays ? [{ path: model, remove: true } as const] : []),
  ];
}
