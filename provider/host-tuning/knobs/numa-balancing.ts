/*
 * Automatic NUMA balancing: the kernel samples page accesses and moves tasks and pages between nodes. Pinned guests
 * pay for the sampling and gain nothing.
 * Running: /proc/sys/kernel/numa_balancing. Persistent: our sysctl.d file. Takes effect at once.
 * Source: https://docs.kernel.org/admin-guide/sysctl/kernel.html#numa-balancing
 */
import { z } from "zod";
import { sysctlPath } from "../../linux/sysctl-conf";
import { defineKnob, type Setting } from "../knob";

const key = "kernel.numa_balancing";
const path = sysctlPath(key);
const notApplicable =
  "the kernel has no kernel.numa_balancing: it was built without CONFIG_NUMA_BALANCING, or the machine has one NUMA node";

export const numaBalancing = defineKnob({
  schema: z.boolean(),
  settings: (desired, snapshot) => {
    const value = desired ? "1" : "0";
    const actual = snapshot.files.text(path)?.trim() ?? null;
    const row: Setting = {
      name: "numaBalancing",
      desired: value,
      actual,
      impact: "live",
      source: path,
      write: [{ path, value }],
      boot: [{ kind: "sysctl", key, value }],
    };
    return [actual === null ? { ...row, notApplicable } : row];
  },
  // 2 (NUMA_BALANCING_MEMORY_TIERING) has no boolean: it counts as on, and the plan shows the number.
  observe: (desired, snapshot) => {
    const actual = snapshot.files.text(path)?.trim();
    return actual === undefined ? desired : actual !== "0";
  },
});
