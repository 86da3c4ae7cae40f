/* What goes to the state. Nothing volatile, and no XML: two reads of an unchanged host give the same bytes. */
import { CpuSet } from "../linux/cpu-set";
import { undoText } from "../plan-text";
import type { PlanText, Props } from "../resource";
import { withinConsent } from "./consent";
import { inOrder } from "./desired";
import type { Domain, PlacementPlan, PlacementState } from "./model";
import { planPlacement } from "./placement";
import { parseRecord, recordText, type DomainRecord } from "./record";
import { given, type PlacementArgs } from "./schema";
import { verificationsOf } from "./verification";

const originalKey = "__original";

interface Results {
  readonly args: PlacementArgs;
  readonly state: PlacementState;
  readonly machineId: string;
}

/** Outputs after an apply: the arguments as given (read and delete see nothing else), and what became of them. */
export function applied(inputs: Props, results: Results): Props {
  return { ...given(inputs), ...computed(results) };
}

/** Inputs and outputs after a refresh: managed arguments as the domain has them, so that drift shows as a difference. */
export function refreshed(outputs: Props, results: Results): { readonly outputs: Props; readonly inputs: Props } {
  const { domain } = results.state;
  const now = { ...given(outputs), ...(domain && observe(results.args, domain)) };
  // What was verified is what the last apply read back: that the domain differs by now, `actual` and the inputs say.
  const values: Props = { ...computed(results), verification: outputs["verification"] };
  return { outputs: { ...now, ...values }, inputs: { ...now, plan: {}, impact: "none", undo: values["undo"] } };
}

function computed({ args, state, machineId }: Results): Props {
  const { domain, record } = state;
  if (domain === undefined)
    return { plan: {}, impact: "none", pending: {}, undo: {}, actual: {}, verification: [], hostId: machineId };
  const plan = planPlacement(args, state);
  return {
    plan: {},
    impact: "none",
    pending: {},
    undo: undoOf(args, state, domain),
    actual: actualOf(plan, domain),
    verification: verificationsOf(plan, domain),
    hostId: machineId,
    domainUuid: domain.uuid,
    [originalKey]: record === undefined ? null : recordText(record),
  };
}

/** What delete does, within what it may do (restore.ts). */
function undoOf({ onDelete, maxDisruption }: PlacementArgs, state: PlacementState, domain: Domain): PlanText {
  if (onDelete === "retain") return { placement: "kept (onDelete: retain)" };
  const { plan, kept } = withinConsent(planPlacement({}, state), domain, maxDisruption);
  return { ...undoText(plan), ...kept };
}

function actualOf({ rows }: PlacementPlan, domain: Domain): Props {
  const managed = rows.filter((row) => !row.dropped);
  return Object.fromEntries(
    managed.map(({ setting, side, actual }) => [
      side === "live" || domain.live === undefined ? setting : `${setting} (config)`,
      actual,
    ]),
  );
}

/** The record's copy in the state of the last run, for a host that has lost its own. */
export function mirroredRecord(last: Props | undefined): DomainRecord | undefined {
  const text = last?.[originalKey];
  if (typeof text !== "string") return undefined;
  // A restart that was owed then is none of now.
  const { uuid, urn, original, wrote } = parseRecord("the record in the state", text);
  return { uuid, urn, original, wrote };
}

/** The arguments that would describe the domain as it is: only what `args` names, in the same shape. */
function observe(args: PlacementArgs, domain: Domain): Props {
  const actual = (setting: string, wanted: string): string | undefined => {
    const values = [domain.live, domain.config].flatMap((one) => (one === undefined ? [] : [one.facts.get(setting)]));
    const [first] = values;
    return values.find((value) => value !== wanted) ?? (values.includes(undefined) ? undefined : first);
  };
  const list = (setting: string, text: string): string | undefined => {
    const wanted = CpuSet.parseLibvirt(text).toString();
    const value = actual(setting, wanted);
    return value === wanted ? text : value;
  };
  const { vcpuPins, emulatorPin, iothreads, numa } = args;
  return {
    ...(vcpuPins !== undefined && { vcpuPins: pins(vcpuPins, list) }),
    ...(emulatorPin !== undefined && { emulatorPin: list("emulatorPin", emulatorPin) }),
    ...(iothreads !== undefined && {
      iothreads: iothreads.flatMap(({ id, cpus }) => {
        const now = list(`iothreads.${id}`, cpus);
        return now === undefined || !/^\d/.test(now) ? [] : [{ id, cpus: now }];
      }),
    }),
    ...(numa !== undefined && {
      numa: {
        ...(numa.mode !== undefined && { mode: actual("numa.mode", numa.mode) ?? numa.mode }),
        ...(numa.nodeset !== undefined && { nodeset: list("numa.nodeset", numa.nodeset) ?? numa.nodeset }),
      },
    }),
  };
}

type ListOf = (setting: string, text: string) => string | undefined;

/** A list stays a list while every pin is as it says; else the map shows which is not. */
function pins(given: NonNullable<PlacementArgs["vcpuPins"]>, list: ListOf): NonNullable<PlacementArgs["vcpuPins"]> {
  const wanted =
    typeof given === "string"
      ? inOrder(given).map((cpu, vcpu) => ({ vcpus: String(vcpu), cpus: String(cpu) }))
      : Object.entries(given).map(([vcpus, cpus]) => ({ vcpus, cpus }));
  const now = wanted.flatMap(({ vcpus, cpus }) =>
    [...CpuSet.parse(vcpus)].map((vcpu) => ({ vcpus, vcpu, cpus, actual: list(`vcpuPins.${vcpu}`, cpus) })),
  );
  if (typeof given === "string" && now.every(({ cpus, actual }) => actual === cpus)) return given;
  const groups = [...Map.groupBy(now, ({ vcpus }) => vcpus)];
  return Object.fromEntries(
    groups.flatMap(([vcpus, all]) => {
      const [first] = all;
      if (first !== undefined && all.every(({ actual }) => actual === first.actual))
        return first.actual === undefined ? [] : [[vcpus, first.actual]];
      return all.flatMap(({ vcpu, actual }) => (actual === undefined ? [] : [[String(vcpu), actual]]));
    }),
  );
}
