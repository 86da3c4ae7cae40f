/*
 * How much of each period real-time threads may take together on a CPU. By default 950000 of 1000000 microseconds: a
 * real-time vCPU that spins is stopped for the last 50 ms of each second. -1 lifts the limit; a real-time thread that
 * never sleeps then keeps everything else, kernel threads too, off its CPU.
 * Running: /proc/sys/kernel/sched_rt_runtime_us. Persistent: our sysctl.d file. Takes effect at once.
 * Source: https://docs.kernel.org/scheduler/sched-rt-group.html
 */
import { z } from "zod";
import type { HostSnapshot } from "../../host/snapshot";
import { sysctlPath } from "../../linux/sysctl-conf";
import { defineKnob } from "../knob";

const key = "kernel.sched_rt_runtime_us";
const path = sysctlPath(key);
const message = "must be -1 (no limit) or a whole number of microseconds from 1: with 0 no real-time thread would run";

export const schedRtRuntimeMicroseconds = defineKnob({
  schema: z.int(message).refine((given) => given === -1 || given > 0, message),
  settings: (desired, snapshot) => {
    const value = String(desired);
    const actual = running(snapshot);
    const problem = abovePeriod(desired, snapshot);
    return [
      {
        name: "schedRtRuntimeMicroseconds",
        desired: value,
        actual: actual ?? null,
        impact: "live",
        source: path,
        ...(actual === undefined
          ? { notApplicable: `the kernel has no ${key}` }
          : problem !== undefined && { problem }),
        write: [{ path, value }],
        boot: [{ kind: "sysctl", key, value }],
      },
    ];
  },
  observe: (desired, snapshot) => {
    const actual = Number(running(snapshot) ?? Number.NaN);
    return actual === -1 || actual > 0 ? actual : desired;
  },
});

const running = (snapshot: HostSnapshot): string | undefined => snapshot.files.text(path)?.trim();

function abovePeriod(desired: number, snapshot: HostSnapshot): string | undefined {
  const period = Number(snapshot.files.text(sysctlPath("kernel.sched_rt_period_us"))?.trim() ?? Number.NaN);
  if (!(desired > period)) return undefined;
  return `is more than the period, ${period} (kernel.sched_rt_period_us): the kernel refuses it. Give at most that, or -1 for no limit`;
}
