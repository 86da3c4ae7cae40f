import type { HostTuningArgs } from "./host-tuning-args";

/*
 * Values that belong together, to spread into the arguments of a HostTuning and to override. Nothing here names a CPU or
 * a number of pages: those are the host's own. A key of sysctl that a kernel lacks fails the preview, which names it.
 * The sources of TuneD are its profiles, https://github.com/redhat-performance/tuned/tree/master/profiles.
 */

type Preset = Omit<HostTuningArgs, "connection">;

/** A host of many virtual machines that are not pinned, or only some of them. */
const virtualization = {
  // Guests hide their load from the host's governor: it sees a vCPU thread sleep between requests. TuneD: virtual-host.
  cpuGovernor: "performance",
  // QEMU asks for huge pages for guest memory (MADV_HUGEPAGE), nothing else on the host needs them.
  // https://docs.kernel.org/admin-guide/mm/transhuge.html
  transparentHugepages: "madvise",
  sysctl: {
    // A guest whose memory the host has swapped out stalls and cannot know why. TuneD: throughput-performance.
    "vm.swappiness": 10,
    // Disk images: begin to write early, so that a flush of one guest does not wait for all. TuneD: virtual-host.
    "vm.dirty_background_ratio": 5,
    "vm.dirty_ratio": 40,
  },
  // Automatic NUMA balancing is not named: it helps guests that are not pinned.
} satisfies Preset;

/** A host of few large database servers, pinned, with huge pages. */
const database = {
  // As above; and a change of frequency is a change of latency.
  cpuGovernor: "performance",
  // Its page faults cost where CPUs and memory are pinned anyhow.
  // https://docs.kernel.org/admin-guide/sysctl/kernel.html#numa-balancing
  numaBalancing: false,
  // The guests have huge pages of their own (`hugepages`); QEMU's other memory may ask.
  transparentHugepages: "madvise",
  // Buffer caches do not repeat each other's pages: merging would only cost scans, and a copy at each later write.
  // https://docs.kernel.org/admin-guide/mm/ksm.html
  ksm: "off",
  sysctl: {
    // As good as never, without taking the choice from the kernel when memory runs out. TuneD: mssql.
    "vm.swappiness": 1,
    // Write early and evenly: a commit waits for what is dirty before it. TuneD: oracle.
    "vm.dirty_background_ratio": 3,
    "vm.dirty_ratio": 40,
    // A node that is full takes memory from another instead of reclaiming its own caches first.
    // https://docs.kernel.org/admin-guide/sysctl/vm.html#zone-reclaim-mode
    "vm.zone_reclaim_mode": 0,
  },
} satisfies Preset;

/** What keeps the kernel's periodic work away from CPUs that run one thread each. TuneD: cpu-partitioning, realtime. */
const quietKernel = {
  // Counters of memory are folded every 10 seconds instead of every second.
  "vm.stat_interval": 10,
  // A timer stays on the CPU that has set it, instead of waking an idle, isolated one.
  "kernel.timer_migration": 0,
  // No interrupt of the performance counters to look for lockups.
  "kernel.nmi_watchdog": 0,
  // A busy real-time or polling thread keeps kernel threads waiting longer than the usual 120 seconds.
  "kernel.hung_task_timeout_secs": 600,
} satisfies Preset["sysctl"];

/** A host of guests that poll for packets (DPDK, VPP), pinned one vCPU to a CPU. Add `isolation` and `hugepages`. */
const nfv = {
  cpuGovernor: "performance",
  // A packet must not wait for a core to wake up. TuneD: network-latency (force_latency=cstate.id_no_zero:1|3).
  cStates: { maxLatencyMicroseconds: 3 },
  numaBalancing: false,
  // DPDK has huge pages of its own; compaction and khugepaged take time on every CPU. TuneD: network-latency.
  transparentHugepages: "never",
  ksm: "off",
  sysctl: { ...quietKernel, "vm.swappiness": 10 },
} satisfies Preset;

/** A host of real-time guests: FIFO vCPUs on isolated CPUs. Add `isolation` with `nohzFull`, and `irqAffinity`. */
const realTime = {
  cpuGovernor: "performance",
  // The way out of a deep idle state is the largest latency of all. TuneD: realtime (force_latency=cstate.id:1|3).
  cStates: { maxLatencyMicroseconds: 3 },
  numaBalancing: false,
  // Compaction stops a page fault for milliseconds. TuneD: realtime-virtual-host (through cpu-partitioning).
  transparentHugepages: "never",
  // A merged page is copied when it is written. TuneD: realtime-virtual-host stops KSM.
  ksm: "off",
  // A vCPU that spins is else stopped for 50 ms of each second; with -1 it must have its CPU alone. TuneD: realtime.
  // https://docs.kernel.org/scheduler/sched-rt-group.html
  schedRtRuntimeMicroseconds: -1,
  sysctl: { ...quietKernel, "vm.swappiness": 10 },
} satisfies Preset;

/**
 * Arguments of `HostTuning` that belong together, without a connection: to spread, and to override.
 *
 * @example
 * ```ts
 * new HostTuning("kvm-01", {
 *   connection,
 *   ...presets.database,
 *   sysctl: { ...presets.database.sysctl, "vm.swappiness": 0 },
 *   hugepages: [{ size: "1G", nodes: { 0: 16, 1: 16 } }],
 * });
 * ```
 */
export const presets = { database, nfv, realTime, virtualization };
