/* The pictures of the documentation, drawn by the code that draws plans. */
import { smallFleet } from "../../test/support/maps";
import { readResults } from "../../bench/record";
import { costChart } from "./cost-chart";
import { shownOutput, terminalSvg } from "./terminal";
import { renderSvg } from "../../provider/placement-plan/allocation-map/map-svg";

export interface Picture {
  /** Below docs/pictures/. */
  readonly name: string;
  readonly svg: () => string;
}

const terminal = (name: string, command: string): Picture => ({
  name,
  svg: () => terminalSvg(command, shownOutput(command)),
});

export const pictures: readonly Picture[] = [
  { name: "costs.svg", svg: () => costChart(readResults().manyHosts?.rows ?? []) },
  { name: "allocation-map.svg", svg: () => renderSvg(smallFleet) },
  terminal("verify.svg", "kvm-tuning verify kvm-01 --watch 5"),
  terminal("doctor.svg", "kvm-tuning doctor kvm-01"),
];
