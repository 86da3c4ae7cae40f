import { boost } from "./knobs/boost";
import { cStates } from "./knobs/c-states";
import { cpuGovernor } from "./knobs/cpu-governor";
import { energyPerformancePreference } from "./knobs/energy-performance-preference";
import { hugepages } from "./knobs/hugepages";
import { irqAffinity } from "./knobs/irq-affinity";
import { irqbalance } from "./knobs/irqbalance";
import { isolation } from "./knobs/isolation";
import { kernelArguments } from "./knobs/kernel-arguments";
import { ksm } from "./knobs/ksm";
import { numaBalancing } from "./knobs/numa-balancing";
import { smt } from "./knobs/smt";
import { schedRtRuntimeMicroseconds } from "./knobs/sched-rt-runtime";
import { services } from "./knobs/services";
import { sysctl } from "./knobs/sysctl";
import { systemdCpuAffinity } from "./knobs/systemd-cpu-affinity";
import { transparentHugepages } from "./knobs/transparent-hugepages";
import { workqueueCpus } from "./knobs/workqueue-cpus";

/** Every knob, by the name of its argument. One line adds a knob; the order is that of the preview. */
export const knobs = {
  cpuGovernor,
  energyPerformancePreference,
  boost,
  cStates,
  hugepages,
  irqAffinity,
  irqbalance,
  isolation,
  kernelArguments,
  ksm,
  numaBalancing,
  schedRtRuntimeMicroseconds,
  services,
  sysctl,
  systemdCpuAffinity,
  transparentHugepages,
  workqueueCpus,
  // Last: CPUs that go offline lose the files that the others write.
  smt,
} as const;

export type KnobName = keyof typeof knobs;
