import type { PlacementFields } from "../../../../provider/vm-cpu-placement/desired-context";
import type { FactTable } from "../support";

/** One setting, wanted by a program, and another value that a domain may have instead. */
export interface SettingCase {
  readonly setting: string;
  readonly fields: PlacementFields;
  /** The rest of the domain: as the program wants it. */
  readonly beside: FactTable;
  /** Null: shall not be. */
  readonly wanted: string | null;
  readonly other: string | null;
  /** What the change costs a running domain; untold: its document does not say, so that nothing is seen to differ. */
  readonly whileRunning: "live" | "vm-restart" | "untold";
}

/** Every domain of the table has these. */
export const usual: FactTable = { "vcpus.maximum": "4", memory: "4194304 KiB" };

interface Kind {
  readonly fields: PlacementFields;
  readonly beside?: FactTable;
  readonly whileRunning?: SettingCase["whileRunning"];
}

type Values = readonly (readonly [wanted: string | null, other: string | null])[];

/** Cases of one setting with the same program. */
export function casesOf(setting: string, values: Values, kind: Kind): readonly SettingCase[] {
  const { fields, beside = {}, whileRunning = "vm-restart" } = kind;
  return values.map(([wanted, other]) => ({ setting, fields, beside, wanted, other, whileRunning }));
}
