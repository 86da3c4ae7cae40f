import { cpuGovernor } from "./knobs/cpu-governor";
import { hugepages } from "./knobs/hugepages";
import { isolation } from "./knobs/isolation";
import { kernelArguments } from "./knobs/kernel-arguments";
import { numaBalancing } from "./knobs/numa-balancing";
import { sysctl } from "./knobs/sysctl";

/** Every knob, by the name of its argument. One line adds a knob; the order is that of the preview. */
export const knobs = {
  cpuGovernor,
  hugepages,
  isolation,
  kernelArguments,
  numaBalancing,
  sysctl,
} as const;

export type KnobName = keyof typeof knobs;
