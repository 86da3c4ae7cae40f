import type * as pulumi from "@pulumi/pulumi";

/** How fast the host's CPUs run, how deep they sleep, and how many threads a core has. */
export interface PowerFields {
  /**
   * Frequency governor: one for all CPUs, or a list of CPU sets, each with its governor; CPUs in no set are left alone.
   * Takes effect at once, and is set again at each boot and for each CPU that comes online.
   *
   * Kernel name: `/sys/devices/system/cpu/cpu<n>/cpufreq/scaling_governor`. What there is to choose from is the driver's:
   * intel_pstate and amd_pstate in active mode decide themselves and offer `performance` and `powersave` alone (which is
   * not slow: it follows `energyPerformancePreference`); in passive mode, and with acpi-cpufreq, the kernel's governors
   * are there. On a host without cpufreq not applicable: a warning, and no change. The preview fails on a governor that
   * the driver does not offer, and on a CPU in two sets.
   * @default not managed
   * @impact live
   * @see https://docs.kernel.org/admin-guide/pm/cpufreq.html
   * @see https://docs.kernel.org/admin-guide/pm/intel_pstate.html
   * @example
   * ```ts
   * cpuGovernor: "performance"
   * cpuGovernor: [{ cpus: "2-15", governor: "performance" }, { cpus: "0-1", governor: "schedutil" }]
   * ```
   */
  cpuGovernor?: pulumi.Input<string | pulumi.Input<CpuGovernorArgs>[]> | undefined;
  /**
   * How the CPU's own frequency control weighs energy against performance: `"performance"`, `"balance_performance"`,
   * `"balance_power"`, `"power"`; for all CPUs, or a list of CPU sets. Takes effect at once, and is set again at each boot
   * and for each CPU that comes online.
   *
   * Kernel name: `/sys/devices/system/cpu/cpu<n>/cpufreq/energy_performance_preference`. Not applicable without it: it
   * needs intel_pstate with HWP, or amd_pstate in active mode. The preview fails on a preference that the driver does not
   * offer, on `"default"` (which does not read back), and on any but `"performance"` where the CPU has, or `cpuGovernor`
   * gives it, the governor `performance` in active mode: that fixes the preference, and the kernel refuses the write.
   *
   * Tested with recorded hosts alone: the emulated CPUs of the test host have no preference.
   * @default not managed
   * @impact live
   * @see https://docs.kernel.org/admin-guide/pm/intel_pstate.html#energy-vs-performance-hints
   * @see https://docs.kernel.org/admin-guide/pm/amd-pstate.html
   * @example
   * ```ts
   * cpuGovernor: "powersave",
   * energyPerformancePreference: "balance_performance"
   * ```
   */
  energyPerformancePreference?: pulumi.Input<string | pulumi.Input<EnergyPerformancePreferenceArgs>[]> | undefined;
  /**
   * Frequencies above the one that a CPU can sustain (Turbo Boost, Core Performance Boost). Off: less speed, and the same
   * speed at any time. Takes effect at once and is set again at each boot.
   *
   * Kernel name: `/sys/devices/system/cpu/intel_pstate/no_turbo` (the opposite), else `/sys/devices/system/cpu/cpufreq/boost`,
   * else `/sys/devices/system/cpu/cpu<n>/cpufreq/boost`. Not applicable on a host that has none of them. Firmware that
   * keeps boost off shows only when the kernel refuses the write.
   *
   * Tested with recorded hosts alone: the emulated CPUs of the test host have no boost.
   * @default not managed
   * @impact live
   * @see https://docs.kernel.org/admin-guide/pm/cpufreq.html#frequency-boost-support
   * @example
   * ```ts
   * boost: false
   * ```
   */
  boost?: pulumi.Input<boolean> | undefined;
  /**
   * How deep CPUs may sleep: deeper saves more power, which other cores may use as turbo, and takes longer to wake up from.
   * At run time, for all CPUs or some, by the time that they may take (`maxLatencyMicroseconds`) or by the states
   * themselves (`disable`); through the kernel's command line only where `kernelArguments` asks for it. Limit the CPUs of
   * virtual machines that need it, not the whole host: a core that never sleeps takes from the turbo of its neighbours.
   *
   * Not applicable on a host without a cpuidle driver. The limits at run time are tested with recorded hosts alone: the
   * emulated CPUs of the test host have no idle states.
   * @default not managed
   * @impact live
   * @see https://docs.kernel.org/admin-guide/pm/cpuidle.html
   * @example
   * ```ts
   * cStates: { cpus: "2-15", maxLatencyMicroseconds: 10 }
   * cStates: { disable: ["C6"] }
   * ```
   */
  cStates?: pulumi.Input<CStatesArgs> | undefined;
  /**
   * Simultaneous multithreading. `"off"`: one thread of each core stays online. `"forceoff"`: the same, and nothing brings
   * the others back until the next boot, deleting this resource included. Takes effect at once, and is set at each boot
   * before all other values; `kernelArguments: { nosmt: true }` is the way without a moment with siblings.
   *
   * Kernel name: `/sys/devices/system/cpu/smt/control`. A thread that is pinned only to CPUs that go offline may run
   * anywhere from then on, also when they are back: the preview warns, and fails on a running domain with such a pin, if
   * domains are read in that run at all (they are before a reboot). Not applicable where the CPUs have no SMT, or the
   * kernel cannot switch it.
   * @default not managed
   * @impact live
   * @see https://docs.kernel.org/admin-guide/hw-vuln/l1tf.html#smt-control
   * @see https://docs.kernel.org/admin-guide/abi-testing.html#abi-sys-devices-system-cpu-smt-control
   * @example
   * ```ts
   * smt: "off"
   * ```
   */
  smt?: pulumi.Input<"on" | "off" | "forceoff"> | undefined;
}

/** One governor for a set of CPUs. */
export interface CpuGovernorArgs {
  /**
   * CPUs in the kernel's list format.
   * @example "2-15,18-31"
   */
  cpus: pulumi.Input<string>;
  /**
   * A governor out of `scaling_available_governors`.
   * @example "performance"
   */
  governor: pulumi.Input<string>;
}

/** One energy performance preference for a set of CPUs. */
export interface EnergyPerformancePreferenceArgs {
  /**
   * CPUs in the kernel's list format.
   * @example "2-15,18-31"
   */
  cpus: pulumi.Input<string>;
  /**
   * A preference out of `energy_performance_available_preferences`, but not `default`.
   * @example "balance_performance"
   */
  preference: pulumi.Input<string>;
}

/** Limits on idle states. `maxLatencyMicroseconds` or `disable`, and beside it, or alone, `kernelArguments`. */
export interface CStatesArgs {
  /**
   * CPUs in the kernel's list format, for `maxLatencyMicroseconds` and `disable`.
   * @default all CPUs
   * @example "2-15,18-31"
   */
  cpus?: pulumi.Input<string> | undefined;
  /**
   * The longest time that a CPU may take to wake up, in microseconds: states with a longer exit latency are not used. 0,
   * or less than the first state's, means that an idle CPU polls, at full power, and takes from its SMT sibling: the preview
   * says so. `"none"` takes a limit away. Kept at each boot and for each CPU that comes online.
   *
   * Kernel name: `/sys/devices/system/cpu/cpu<n>/power/pm_qos_resume_latency_us`, where 0 microseconds is written `n/a`, and
   * `0` means no limit. `/dev/cpu_dma_latency`, which a process must hold open, is the same for all CPUs, and the shorter
   * of both counts.
   * @default not managed
   * @impact live
   * @see https://docs.kernel.org/admin-guide/pm/cpuidle.html#power-management-quality-of-service-for-cpus
   * @see https://docs.kernel.org/admin-guide/abi-testing.html#abi-sys-devices-power-pm-qos-resume-latency-us
   */
  maxLatencyMicroseconds?: pulumi.Input<number | "none"> | undefined;
  /**
   * Idle states that are not used, by name or number as the host has them (`grep . /sys/devices/system/cpu/cpu0/cpuidle/state*\/name`);
   * other states are left alone. The preview fails on a state that the host does not have, and warns when none is left.
   * Kept at each boot and for each CPU that comes online.
   *
   * Kernel name: `/sys/devices/system/cpu/cpu<n>/cpuidle/state<m>/disable`.
   * @default not managed
   * @impact live
   * @see https://docs.kernel.org/admin-guide/pm/cpuidle.html#representation-of-idle-states
   * @example ["C6", "C1E"]
   */
  disable?: pulumi.Input<pulumi.Input<string | number>[]> | undefined;
  /**
   * Limits for all CPUs through the kernel's command line. The preview says what each costs.
   * @default not managed
   * @impact host-reboot
   */
  kernelArguments?: pulumi.Input<CStateKernelArgumentsArgs> | undefined;
}

/** Kernel arguments about idle states. They take effect at the next boot, as `kernelArguments` do, and need what those need. */
export interface CStateKernelArgumentsArgs {
  /**
   * `intel_idle.max_cstate=`: the deepest state of the intel_idle driver, by its number. 0 limits nothing: it switches the
   * driver off, and acpi_idle takes over with the states of the firmware.
   * @default not managed
   * @impact host-reboot
   * @see https://docs.kernel.org/admin-guide/pm/intel_idle.html#kernel-command-line-options-and-module-parameters
   */
  intelIdleMaxCstate?: pulumi.Input<number> | undefined;
  /**
   * `processor.max_cstate=`: the deepest state of the acpi_idle driver, by its number; 0 counts as 1. intel_idle does not
   * heed it.
   * @default not managed
   * @impact host-reboot
   * @see https://docs.kernel.org/admin-guide/pm/cpuidle.html#idle-states-control-via-kernel-command-line
   */
  processorMaxCstate?: pulumi.Input<number> | undefined;
  /**
   * `idle=`, x86 only. `"poll"`: an idle CPU runs a loop at full power, which leaves no headroom for turbo and starves its
   * SMT sibling. `"halt"`: no state deeper than C1. `"nomwait"`: acpi_idle does not use the MWAIT instruction.
   * @default not managed
   * @impact host-reboot
   * @see https://docs.kernel.org/admin-guide/pm/cpuidle.html#idle-states-control-via-kernel-command-line
   */
  idle?: pulumi.Input<"poll" | "halt" | "nomwait"> | undefined;
}
