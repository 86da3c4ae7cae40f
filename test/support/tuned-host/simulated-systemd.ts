/*
 * A model of systemd for pure tests: a unit runs or not, and the links in /etc/systemd/system say whether it is enabled
 * or masked. A unit without such a link keeps the state that it was given.
 */
import type { UnitState } from "../../../provider/host/snapshot";

type Units = Readonly<Record<string, Partial<UnitState>>>;

export function simulatedSystemd(start: Units | undefined, links: ReadonlyMap<string, string>) {
  const active = new Map(Object.entries(start ?? {}).map(([unit, { activeState }]) => [unit, activeState]));
  const linked = new Set(Object.keys(start ?? {}).filter((unit) => enabledBy(unit, links)));

  const fileState = (unit: string): string | undefined => {
    if (links.get(`/etc/systemd/system/${unit}`) === "/dev/null") return "masked";
    if (!linked.has(unit)) return start?.[unit]?.unitFileState;
    return enabledBy(unit, links) ? "enabled" : "disabled";
  };
  const stateOf = (unit: string): Partial<UnitState> => {
    const [activeState, unitFileState] = [active.get(unit), fileState(unit)];
    return {
      ...start?.[unit],
      ...(activeState !== undefined && { activeState }),
      ...(unitFileState !== undefined && { unitFileState }),
    };
  };
  return {
    units: (): Units => Object.fromEntries(Object.keys(start ?? {}).map((unit) => [unit, stateOf(unit)])),
    /** As the journal keeps it. */
    shown: (unit: string): readonly string[] => [active.get(unit) ?? "inactive", fileState(unit) ?? ""],
    /** One that has failed stays so. */
    stop: (unit: string): void => {
      if (active.get(unit) !== "failed") active.set(unit, "inactive");
    },
    start: (unit: string): void => void active.set(unit, "active"),
  };
}

function enabledBy(unit: string, links: ReadonlyMap<string, string>): boolean {
  return [...links].some(([path, to]) => path.endsWith(`.wants/${unit}`) || to.endsWith(`/${unit}`));
}
