/* The guest's CPU against what this host's QEMU can give (virsh domcapabilities). */
import type { CpuCapabilities } from "../host-facts";
import { problem, warning, type Finding } from "./finding";
import { firstOf, type Judged } from "./judged";

export function cpuModelFindings(judged: Judged): readonly Finding[] {
  if (firstOf(judged, "cpu") === undefined || judged.document === undefined) return [];
  if (judged.facts.has("cpu.check") && !judged.facts.has("cpu.mode")) {
    const reason = `says how a CPU is checked, and ${judged.name} names none: give cpu.mode, or cpu.model, too`;
    return [problem("cpu.check", reason)];
  }
  const { type } = judged.document;
  const capabilities = judged.host.cpuCapabilities(type);
  if (capabilities === undefined) return [];
  const given: Given = { judged, type, capabilities };
  return [...modeFindings(given), ...modelFindings(given), ...featureFindings(given)];
}

interface Given {
  readonly judged: Judged;
  /** kvm, qemu. */
  readonly type: string;
  readonly capabilities: CpuCapabilities;
}

function modeFindings({ judged, type, capabilities }: Given): readonly Finding[] {
  const mode = judged.facts.get("cpu.mode");
  if (mode === undefined || capabilities.modes.has(mode)) return [];
  const reason = `${mode} is not there for domains of type ${type} on this host: choose of ${[...capabilities.modes].join(", ")}`;
  return [problem(firstOf(judged, "cpu.mode") ?? "cpu.mode", reason)];
}

function modelFindings({ judged, type, capabilities }: Given): readonly Finding[] {
  const { facts } = judged;
  const model = facts.get("cpu.model");
  if (model === undefined || (facts.get("cpu.mode") ?? "custom") !== "custom") return [];
  const usable = capabilities.models.get(model);
  if (usable === true) return [];
  const near = nearest(model, capabilities);
  const mend = near.length === 0 ? 'use mode "host-model"' : `choose of ${near.join(", ")}, or mode "host-model"`;
  if (usable === undefined) return [problem("cpu.model", `libvirt here knows no CPU model ${model}: ${mend}`)];
  // The host lacks some of its features, and the definition may leave just these out, or not ask for them.
  const lenient =
    facts.get("cpu.check") === "none" ||
    [...facts].some(
      ([setting, policy]) => setting.startsWith("cpu.features.") && /^(disable|optional|forbid)$/.test(policy),
    );
  const reason = `${model} asks for features that this host does not give to domains of type ${type}: ${mend}`;
  return [(lenient ? warning : problem)("cpu.model", reason)];
}

/** Up to five that can be used: those whose name begins most alike, then by name. */
function nearest(model: string, { models }: CpuCapabilities): readonly string[] {
  const alike = (name: string): number => {
    let same = 0;
    while (same < name.length && name.charAt(same).toLowerCase() === model.charAt(same).toLowerCase()) same++;
    return same;
  };
  return [...models]
    .flatMap(([name, usable]) => (usable ? [name] : []))
    .toSorted((one, other) => alike(other) - alike(one) || (one < other ? -1 : 1))
    .slice(0, 5);
}

/** What host-model has to switch off the host does not have; of other features libvirt says nothing here. */
function featureFindings({ judged, type, capabilities }: Given): readonly Finding[] {
  return [...judged.wanted].flatMap(([setting, policy]) => {
    const name = /^cpu\.features\.(.+)$/s.exec(setting)?.[1];
    if (name === undefined || !(policy === "require" || policy === "force")) return [];
    if (capabilities.hostModel?.features.get(name) !== "disable") return [];
    const reason = `this host does not give the feature ${name} to domains of type ${type}: take it away, or make it optional`;
    return [problem(setting, reason)];
  });
}
