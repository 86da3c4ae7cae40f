/*
 * How deep CPUs may sleep. Running: a limit on the time that a CPU may take to wake up
 * (cpuN/power/pm_qos_resume_latency_us), or single idle states switched off (cpuN/cpuidle/stateM/disable). Persistent:
 * written again at every boot by kvm-tuning.service, and for a CPU that comes online. Takes effect at once. Kernel
 * arguments, for the next boot, only where the program asks for them (c-state-arguments.ts).
 * The limit's file has words of its own: 0 microseconds is `n/a`, and `0` is no limit at all.
 * Source: https://docs.kernel.org/admin-guide/pm/cpuidle.html,
 * https://docs.kernel.org/admin-guide/abi-testing.html#abi-sys-devices-power-pm-qos-resume-latency-us
 */
import { z } from "zod";
import type { HostSnapshot } from "../../host/snapshot";
import { CpuSet } from "../../linux/cpu-set";
import { defineKnob, type Setting } from "../knob";
import { cStateArguments, cStateArgumentRows, observedCStateArguments } from "./c-state-arguments";
import { cpuidleDriver, pollingCost } from "./idle-arguments";
import { idleStates, stateRow, type StateName } from "./idle-states";
import { cpuList, perCpuRow, readPerCpu, select } from "./per-cpu";

const latencyFile = "power/pm_qos_resume_latency_us";
// S32_MAX is the kernel's own word for no limit.
const microseconds = z.int().min(0).max(2_147_483_646);
const stateName = z.union([
  z.string().regex(/^[\x21-\x7e]+$/, 'must be the name of an idle state, for example "C6", or its number'),
  z.int().min(0).max(31),
]);

export const cStates = defineKnob({
  schema: z
    .strictObject({
      cpus: cpuList.optional(),
      maxLatencyMicroseconds: z.union([microseconds, z.literal("none")]).optional(),
      disable: z.array(stateName).optional(),
      kernelArguments: cStateArguments.optional(),
    })
    .superRefine((given, context) => {
      const refuse = (message: string, path: string[] = []) => context.addIssue({ code: "custom", path, message });
      const running = given.maxLatencyMicroseconds !== undefined || given.disable !== undefined;
      if (given.maxLatencyMicroseconds !== undefined && given.disable !== undefined)
        refuse("is one way, and maxLatencyMicroseconds is the other: give one of them", ["disable"]);
      if (given.cpus !== undefined && !running)
        refuse("is for maxLatencyMicroseconds or disable: kernel arguments hold for all CPUs", ["cpus"]);
      if (!running && given.kernelArguments === undefined)
        refuse("must hold maxLatencyMicroseconds, disable or kernelArguments");
    }),
  settings: (desired, snapshot) => {
    const only = desired.cpus === undefined ? undefined : CpuSet.parse(desired.cpus);
    return [
      ...(desired.maxLatencyMicroseconds === undefined
        ? []
        : [latencyRow(desired.maxLatencyMicroseconds, { only, snapshot })]),
      ...distinct(desired.disable ?? []).map((state) => stateRow(state, { only, snapshot })),
      ...cStateArgumentRows(desired.kernelArguments ?? {}, snapshot),
    ];
  },
  observe: (desired, snapshot) => {
    const only = desired.cpus === undefined ? undefined : CpuSet.parse(desired.cpus);
    const { maxLatencyMicroseconds, disable, kernelArguments } = desired;
    return {
      ...desired,
      ...(maxLatencyMicroseconds !== undefined && {
        maxLatencyMicroseconds: observedLatency(maxLatencyMicroseconds, { only, snapshot }),
      }),
      ...(disable !== undefined && {
        disable: disable.filter((state) => {
          const row = stateRow(state, { only, snapshot });
          return row.notApplicable !== undefined || row.problem !== undefined || row.actual === row.desired;
        }),
      }),
      ...(kernelArguments !== undefined && { kernelArguments: observedCStateArguments(kernelArguments, snapshot) }),
    };
  },
});

interface Where {
  readonly only: CpuSet | undefined;
  readonly snapshot: HostSnapshot;
}

const distinct = (states: readonly StateName[]): readonly StateName[] => [
  ...new Map(states.map((state) => [String(state), state])).values(),
];

type Latency = number | "none";

/** As the file takes it and prints it. */
const toFile = (latency: Latency): string => (latency === "none" ? "0" : latency === 0 ? "n/a" : String(latency));
const fromFile = (text: string): Latency => (text === "0" ? "none" : text === "n/a" ? 0 : Number(text));
const word = (text: string): string => (text === "0" ? "none" : text === "n/a" ? "0" : text);

function latencyRow(latency: Latency, { only, snapshot }: Where): Setting {
  const name = "cStates.maxLatencyMicroseconds";
  const row = perCpuRow(
    {
      name,
      file: latencyFile,
      value: toFile(latency),
      word,
      only,
      lacks: "have no limit on their latency",
      notApplicable: "the kernel has no per-CPU latency limit: it was built without CONFIG_PM",
    },
    snapshot,
  );
  const warning = [row.warning, latencyWarning(latency, { only, snapshot })].filter((text) => text !== undefined);
  return {
    ...row,
    ...(warning.length > 0 && { warning: warning.join("; ") }),
    ...(row.notApplicable === undefined && cpuidleDriver(snapshot) === undefined && withoutIdleStates),
  };
}

const withoutIdleStates = {
  notApplicable:
    "the host has no cpuidle driver, so there are no idle states to choose from (usual in virtual machines, or idle= is on the command line)",
};

/** A limit below what the shallowest sleep takes leaves polling, on x86. */
function latencyWarning(latency: Latency, { only, snapshot }: Where): string | undefined {
  if (latency === "none") return undefined;
  const cpu = [...select(readPerCpu(latencyFile, snapshot), only).keys()][0];
  const states = cpu === undefined ? [] : idleStates(cpu, snapshot);
  const allowed = states.filter((state) => state.latency <= latency).map((state) => state.name);
  if (states.length === 0 || allowed.some((state) => state !== "POLL")) return undefined;
  return `no idle state of this host wakes up within ${latency} µs (${states
    .filter((state) => state.name !== "POLL")
    .map((state) => `${state.name}: ${state.latency} µs`)
    .join(", ")}), so that an idle CPU does not sleep: ${pollingCost}`;
}

/** The wanted value if all CPUs have it, else that of the first which has not. */
function observedLatency(desired: Latency, { only, snapshot }: Where): Latency {
  // The kernel has the file, and a limit in it, also where there are no idle states that it could limit.
  if (cpuidleDriver(snapshot) === undefined) return desired;
  const found = [...select(readPerCpu(latencyFile, snapshot), only).values()];
  const other = found.find((text) => text !== toFile(desired));
  return other === undefined ? desired : fromFile(other);
}
