import { CpuSet } from "../linux/cpu-set";
import type { Props } from "../resource";
import type { PlacementFields } from "./desired-context";
import { inOrder } from "./desired-pins";
import { argumentOf, described } from "./described";
import { canonicalSet, type FactChanges } from "./facts";
import type { PlacementPlan, Row } from "./model";

/**
 * The given arguments that do not hold any more, as they would describe the domain as it is. What differs in the
 * running domain counts before what differs in the definition. `maximumVcpus`: what a domain has plugged in that says
 * no number.
 */
export function observed(fields: PlacementFields, { rows }: Pick<PlacementPlan, "rows">, maximumVcpus?: number): Props {
  const managed = rows.filter((row) => !row.dropped);
  const differing = managed.filter((row) => row.differs);
  const wanted = new Map(managed.map((row) => [row.setting, row.desired]));
  const most = maximumVcpus === undefined ? [] : [["vcpus.maximum", String(maximumVcpus)] as const];
  const now: FactChanges = new Map([
    ...most,
    ...wanted,
    ...actuals(differing, "config"),
    ...actuals(differing, "live"),
  ]);
  const facts = new Map([...now].flatMap(([setting, value]) => (value === null ? [] : [[setting, value] as const])));
  const names = [...new Set(differing.map(({ setting }) => argumentOf(setting)))];
  return Object.fromEntries(
    names.flatMap((name) => {
      const given = (fields as Props)[name];
      if (given === undefined) return [];
      const value = name === "vcpuPins" ? pins(given as VcpuPins, facts) : asGiven(given, described(name, facts));
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function actuals(rows: readonly Row[], side: Row["side"]): readonly (readonly [string, string | null])[] {
  return rows.filter((row) => row.side === side).map(({ setting, actual }) => [setting, actual]);
}

/** Of an object only what the program names too: the rest is not ours. */
function asGiven(given: unknown, now: unknown): unknown {
  if (!isObject(given) || !isObject(now)) return now;
  return Object.fromEntries(
    Object.entries(given).flatMap(([key, value]) => {
      const actual = now[key];
      return actual === undefined ? [] : [[key, asWritten(value, asGiven(value, actual))]];
    }),
  );
}

/** A set that is the same is shown as the program has it. */
function asWritten(given: unknown, now: unknown): unknown {
  return typeof given === "string" && typeof now === "string" && canonicalSet(given) === now ? given : now;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

type VcpuPins = NonNullable<PlacementFields["vcpuPins"]>;

/** The map shows which pin is not as the list or the map says; vCPUs that share a key stay together while they agree. */
function pins(given: VcpuPins, facts: ReadonlyMap<string, string>): Props {
  const wanted =
    typeof given === "string"
      ? inOrder(given).map((cpu, vcpu) => ({ vcpus: String(vcpu), cpus: String(cpu) }))
      : Object.entries(given).map(([vcpus, cpus]) => ({ vcpus, cpus }));
  return Object.fromEntries(
    wanted.flatMap(({ vcpus, cpus }) => {
      const all = [...CpuSet.parse(vcpus)].map((vcpu) => ({ vcpu, actual: facts.get(`vcpuPins.${vcpu}`) }));
      const [first] = all;
      if (first !== undefined && all.every(({ actual }) => actual === first.actual))
        return first.actual === undefined ? [] : [[vcpus, asWritten(cpus, first.actual)]];
      return all.flatMap(({ vcpu, actual }) => (actual === undefined ? [] : [[String(vcpu), actual]]));
    }),
  );
}
