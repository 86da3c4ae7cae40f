/*
 * The plan among the resource's inputs and outputs. Keys with two underscores are shown in no diff: the preview has lines
 * for people, and the settings show in what each VmCpuPlacement makes of them.
 */
import type { PlanText, Props } from "../resource";
import type { PlanOutputs } from "./outcome";

const placementsKey = "__placements";
const hostsKey = "__hosts";
const objectiveKey = "__objective";
const mapSvgKey = "__mapSvg";

export function inputsOf({ placements, hosts, objective, map, mapSvg }: PlanOutputs, plan: PlanText): Props {
  return {
    plan,
    impact: "none",
    map,
    [placementsKey]: placements,
    [hostsKey]: hosts,
    [objectiveKey]: objective,
    [mapSvgKey]: mapSvg,
  };
}

/** After a run there is nothing left to be done. */
export function outputsOf(inputs: Props): Props {
  return { ...inputs, plan: {}, impact: "none" };
}

/** What inputs or outputs hold of a plan; of a first run, or one that could not plan, nothing. */
export function lastOf(props: Props | undefined): PlanOutputs {
  const empty = { placements: {}, hosts: {}, objective: [], map: "", mapSvg: "" };
  if (props === undefined) return empty;
  const found = {
    placements: props[placementsKey],
    hosts: props[hostsKey],
    objective: props[objectiveKey],
    map: props["map"],
    mapSvg: props[mapSvgKey],
  };
  const known = Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
  return { ...empty, ...(known as Partial<PlanOutputs>) };
}
