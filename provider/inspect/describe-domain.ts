/* A domain in the arguments of VmCpuPlacement: those whose plan is empty. */
import type { HostSnapshot } from "../host/snapshot";
import type { Props } from "../resource";
import { argumentOf } from "../vm-cpu-placement/described";
import { describedFields } from "../vm-cpu-placement/described-fields";
import { planPlacement, withoutRefusals } from "../vm-cpu-placement/placement";
import { placementState } from "../vm-cpu-placement/placement-state";
import type { DescribedHost } from "./describe-host";

/** Undefined: there is no such domain. */
export function describeDomain(
  snapshot: HostSnapshot,
  name: string,
): (DescribedHost & { readonly name: string }) | undefined {
  const state = { ...placementState(snapshot, name), record: undefined };
  const document = state.domain?.config ?? state.domain?.live;
  if (state.domain === undefined || document === undefined) return undefined;
  const left = new Map<string, string>();
  let fields = withoutNothing(describedFields(document.facts));
  // An argument less may leave another without what it needs: until nothing is left to take away.
  for (;;) {
    const { changes, problems } = withoutRefusals(planPlacement(fields, state));
    const wrong = [
      ...changes.map(({ setting, actual, desired }) => ({
        argument: argumentOf(setting.replace(/ \(.*/, "")),
        why: `${setting}: ${actual ?? "(absent)"} → ${desired ?? "(absent)"}`,
      })),
      ...problems.map(({ path, reason }) => ({ argument: path.split(".")[0] ?? path, why: reason })),
    ];
    const bad = wrong.filter(({ argument }) => fields[argument] !== undefined);
    if (bad.length === 0) break;
    for (const { argument, why } of bad) left.set(argument, why);
    const names = new Set(bad.map(({ argument }) => argument));
    fields = Object.fromEntries(Object.entries(fields).filter(([argument]) => !names.has(argument)));
  }
  return { name: state.domain.name, args: fields, left };
}

/** An empty list, or an object of which nothing is so, says of a domain what every domain is. */
const withoutNothing = (fields: object): Props =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => !isNothing(value)));

function isNothing(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).every((one) => one === false);
}
