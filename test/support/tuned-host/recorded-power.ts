/* What hosts of different make have below /sys/devices/system/cpu about frequencies, idle states and siblings. */
type Files = Record<string, string>;

const folder = "/sys/devices/system/cpu";

interface Power {
  readonly online: readonly number[];
  /** Present and offline: the latency limit stays, cpufreq and cpuidle go. */
  readonly offline?: readonly number[];
  readonly idle?: { readonly driver: string; readonly states: readonly (readonly [name: string, latency: number])[] };
  readonly preferences?: string;
  readonly boost?: "no_turbo" | "host" | "policy";
  readonly smt: string;
  readonly cores?: readonly string[];
}

export function powerFiles({ online, offline = [], idle, preferences, boost, smt, cores = [] }: Power): Files {
  const files: Files = {
    [`${folder}/smt/control`]: smt,
    [`${folder}/cpuidle/current_driver`]: idle?.driver ?? "none",
  };
  for (const cpu of [...online, ...offline]) files[`${folder}/cpu${cpu}/power/pm_qos_resume_latency_us`] = "0";
  for (const cpu of offline) files[`${folder}/cpu${cpu}/online`] = "0";
  if (boost === "no_turbo") files[`${folder}/intel_pstate/no_turbo`] = "0";
  if (boost === "host") files[`${folder}/cpufreq/boost`] = "1";
  for (const cpu of online) {
    const own = `${folder}/cpu${cpu}`;
    if (cpu > 0) files[`${own}/online`] = "1";
    if (boost === "policy") files[`${own}/cpufreq/boost`] = "1";
    if (preferences !== undefined) {
      files[`${own}/cpufreq/energy_performance_preference`] = "balance_performance";
      files[`${own}/cpufreq/energy_performance_available_preferences`] = preferences;
    }
    idle?.states.forEach(([name, latency], number) => {
      const state = `${own}/cpuidle/state${number}`;
      Object.assign(files, {
        [`${state}/name`]: name,
        [`${state}/desc`]: name,
        [`${state}/latency`]: String(latency),
        [`${state}/disable`]: "0",
      });
    });
    const core = cores.find((list) => list.split(",").map(Number).includes(cpu));
    if (core !== undefined) files[`${own}/topology/thread_siblings_list`] = core;
  }
  return files;
}

export const intelIdle = {
  driver: "intel_idle",
  states: [
    ["POLL", 0],
    ["C1", 2],
    ["C1E", 10],
    ["C6", 133],
  ],
} as const;

export const acpiIdle = {
  driver: "acpi_idle",
  states: [
    ["POLL", 0],
    ["C1", 1],
    ["C2", 18],
  ],
} as const;

export const psciIdle = {
  driver: "psci_idle",
  states: [
    ["WFI", 1],
    ["cpu-sleep", 600],
  ],
} as const;
