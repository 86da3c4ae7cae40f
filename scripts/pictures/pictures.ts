/* The pictures of the documentation, drawn by the code that draws plans. */
import { smallFleet } from "../../test/support/maps";
import { renderSvg } from "../../provider/placement-plan/allocation-map/map-svg";

export interface Picture {
  /** Below docs/pictures/. */
  readonly name: string;
  readonly svg: () => string;
}

export const pictures: readonly Picture[] = [{ name: "allocation-map.svg", svg: () => renderSvg(smallFleet) }];
