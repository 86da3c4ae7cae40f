/*
 * The idle states of a CPU, and one of them switched off on some CPUs. Their numbers and names are the driver's: `C6` of
 * one host is another state, or none, on the next.
 * Source: https://docs.kernel.org/admin-guide/pm/cpuidle.html#representation-of-idle-states
 */
import type { HostSnapshot } from "../../host/snapshot";
import type { CpuSet } from "../../linux/cpu-set";
import type { Setting } from "../knob";
import { pollingCost } from "./idle-arguments";
import { cpuPath, perCpuRow, readPerCpu, select } from "./per-cpu";

export type StateName = string | number;

interface IdleState {
  readonly number: number;
  readonly name: string;
  /** What it takes to leave it, in microseconds. */
  readonly latency: number;
  readonly disabled: boolean;
}

const stateFile = (state: number, file: string): string => `cpuidle/state${state}/${file}`;

export function idleStates(cpu: number, snapshot: HostSnapshot): readonly IdleState[] {
  const states: IdleState[] = [];
  const text = (state: number, file: string) => snapshot.files.text(cpuPath(cpu, stateFile(state, file)))?.trim();
  for (let number = 0; ; number++) {
    const name = text(number, "name");
    if (name === undefined) return states;
    const latency = Number(text(number, "latency") ?? 0);
    states.push({ number, name, latency, disabled: text(number, "disable") === "1" });
  }
}

const word = (value: string): string => (value === "1" ? "disabled" : "enabled");

export function stateRow(
  state: StateName,
  { only, snapshot }: { readonly only: CpuSet | undefined; readonly snapshot: HostSnapshot },
): Setting {
  const cpu = [...select(readPerCpu(stateFile(0, "name"), snapshot), only).keys()][0];
  const states = cpu === undefined ? [] : idleStates(cpu, snapshot);
  const found = states.find((one) => one.name === state || String(one.number) === String(state));
  const row = perCpuRow(
    {
      name: `cStates.disable.${state}`,
      // Without the state itself the first one stands in: it tells whether there are any.
      file: stateFile(found?.number ?? 0, "disable"),
      value: "1",
      word,
      only,
      lacks: "have no such idle state",
      notApplicable:
        "the host has no idle states to choose from (usual in virtual machines, or idle= is on the command line)",
    },
    snapshot,
  );
  if (states.length > 0 && found === undefined) {
    const known = states.map((one) => `${one.number} (${one.name})`).join(", ");
    return {
      ...row,
      actual: null,
      problem: `cpu${cpu ?? 0} has no idle state ${state}; it has ${known}`,
      write: [],
      boot: [],
    };
  }
  const polls = states.length > 0 && states.every((one) => one.name === "POLL" || one.disabled || one === found);
  return {
    ...row,
    ...(polls && {
      warning: `no idle state is left that saves power, so that an idle CPU does not sleep: ${pollingCost}`,
    }),
  };
}
