import type * as pulumi from "@pulumi/pulumi";

/** How the kernel shares CPU time between a domain's threads and everybody else's. */
export interface SchedulingFields {
  /**
   * The scheduler of vCPU threads, by vCPU; each vCPU once. Real time (`"fifo"`, `"rr"`) works on any kernel, not on a
   * PREEMPT_RT one alone, and has three traps. A vCPU that never sleeps is throttled: the kernel leaves the other tasks
   * of the CPU `kernel.sched_rt_period_us - kernel.sched_rt_runtime_us` (by default 50 of each 1000 ms);
   * `sysctl: { "kernel.sched_rt_runtime_us": -1 }` of the HostTuning ends that, and with it the protection. It starves
   * what shares its CPU: keep the emulator and the host's own work elsewhere (`emulatorPin`, `isolation`), or the guest
   * may hang while it boots. And on cgroup v1 with CONFIG_RT_GROUP_SCHED the domain does not start ("Operation not
   * permitted").
   *
   * libvirt: `<cputune><vcpusched>`; there is no virsh verb for it (`virsh schedinfo` is something else). The preview
   * fails on vCPUs that the domain does not have, on a real-time vCPU that shares a CPU with the emulator or with the
   * host's housekeeping, and on a host where the start would fail; it warns of the throttling.
   * @default not managed
   * @impact vm-restart
   * @see https://libvirt.org/formatdomain.html#cpu-tuning
   * @see https://docs.kernel.org/scheduler/sched-rt-group.html
   * @see sched(7)
   * @example
   * ```ts
   * vcpuPins: "2-5",
   * emulatorPin: "0-1",
   * vcpuScheduler: [{ vcpus: "2-3", scheduler: "fifo", priority: 1 }]
   * ```
   */
  vcpuScheduler?: pulumi.Input<pulumi.Input<VcpuSchedulerArgs>[]> | undefined;
  /**
   * The scheduler of QEMU's own threads.
   *
   * libvirt: `<cputune><emulatorsched>`, since 5.3.0; there is no virsh verb for it.
   * @default not managed
   * @impact vm-restart
   * @see https://libvirt.org/formatdomain.html#cpu-tuning
   * @example
   * ```ts
   * emulatorScheduler: { scheduler: "fifo", priority: 1 }
   * ```
   */
  emulatorScheduler?: pulumi.Input<SchedulerArgs> | undefined;
  /**
   * The domain's weight where CPUs are short: one with twice the number gets twice the time. It has no unit. The range
   * is that of the host's cgroup version: 1 to 10000 on v2 (`cpu.weight`, there 100 is usual), 2 to 262144 on v1
   * (`cpu.shares`, there 1024 is). It limits nothing while CPUs are free; that is `cpuBandwidth`.
   *
   * libvirt: `<cputune><shares>`, `virsh schedinfo --set cpu_shares`. The preview fails on a number outside the range
   * of this host, which `virsh schedinfo --config` takes without a word.
   * @default not managed
   * @impact live
   * @see https://libvirt.org/formatdomain.html#cpu-tuning
   * @see https://docs.kernel.org/admin-guide/cgroup-v2.html#cpu
   * @example
   * ```ts
   * cpuShares: 2048
   * ```
   */
  cpuShares?: pulumi.Input<number> | undefined;
  /**
   * An upper limit of CPU time for each vCPU, also while CPUs are free: in each period a vCPU runs for the quota at
   * most. A quota above the period is more than one CPU, and so none for a single vCPU. At least one of the two.
   *
   * libvirt: `<cputune><period>` and `<quota>`, `virsh schedinfo --set vcpu_period`, `--set vcpu_quota`.
   * @default not managed
   * @impact live
   * @see https://libvirt.org/formatdomain.html#cpu-tuning
   * @see https://docs.kernel.org/scheduler/sched-bwc.html
   * @example
   * ```ts
   * cpuBandwidth: { periodMicroseconds: 100000, quotaMicroseconds: 50000 }
   * ```
   */
  cpuBandwidth?: pulumi.Input<CpuBandwidthArgs> | undefined;
}

/** A scheduling policy of the kernel. */
export interface SchedulerArgs {
  /**
   * `"fifo"`, `"rr"`: real time, ahead of every usual task, without and with a time slice. `"batch"`: usual, taken for
   * work that nobody waits for. `"idle"`: behind everything else.
   */
  scheduler: pulumi.Input<"fifo" | "rr" | "batch" | "idle">;
  /**
   * 1 (low) to 99 (high): must be given with `"fifo"` and `"rr"`, and left out with the others, which have none.
   * @default required with fifo and rr, else none
   */
  priority?: pulumi.Input<number> | undefined;
}

/** A scheduling policy of some vCPUs. */
export interface VcpuSchedulerArgs extends SchedulerArgs {
  /** vCPUs as a list: `"0"`, `"0-3"`. A vCPU stands in one entry alone. */
  vcpus: pulumi.Input<string>;
}

/** CPU time of one vCPU. */
export interface CpuBandwidthArgs {
  /**
   * Length of a period in microseconds, 1000 to 1000000.
   * @default the domain's own; 100000 for a domain that has none
   */
  periodMicroseconds?: pulumi.Input<number> | undefined;
  /**
   * CPU time in a period in microseconds, 1000 to 17592186044415, or -1: no limit.
   * @default the domain's own; -1 for a domain that has none
   */
  quotaMicroseconds?: pulumi.Input<number> | undefined;
}
