import { sysctlPath } from "../linux/sysctl-conf";
import type { SnapshotRequest } from "./snapshot";

/**
 * Files below /proc/sys that are always read: what other sections need, and the keys that programs set most, so that who
 * reads a host before its program's keys are known (HostReading, PlacementPlan) has read them too.
 */
export const snapshotSysctls: readonly string[] = [
  "kernel/random/boot_id",
  "kernel/hostname",
  "kernel/numa_balancing",
  "kernel/sched_rt_runtime_us",
  "kernel/sched_rt_period_us",
  "kernel/hung_task_timeout_secs",
  "kernel/nmi_watchdog",
  "kernel/pid_max",
  "kernel/sched_autogroup_enabled",
  "kernel/timer_migration",
  "kernel/watchdog",
  "vm/compaction_proactiveness",
  "vm/dirty_background_ratio",
  "vm/dirty_ratio",
  "vm/max_map_count",
  "vm/min_free_kbytes",
  "vm/overcommit_memory",
  "vm/stat_interval",
  "vm/swappiness",
  "vm/vfs_cache_pressure",
  "vm/watermark_scale_factor",
  "vm/zone_reclaim_mode",
  "fs/aio-max-nr",
  "fs/file-max",
  "fs/inotify/max_user_instances",
  "fs/inotify/max_user_watches",
  "net/core/busy_poll",
  "net/core/busy_read",
  "net/core/netdev_max_backlog",
  "net/core/rmem_max",
  "net/core/wmem_max",
  "net/core/somaxconn",
  "net/ipv4/ip_forward",
];

/** `vm/swappiness` of `vm.swappiness`. */
export const belowProcSys = (key: string): string => sysctlPath(key).slice("/proc/sys/".length);

/** A request without the sysctl keys that every snapshot holds. */
export const beyondFixedList = (request: SnapshotRequest): SnapshotRequest => ({
  ...request,
  sysctlKeys: request.sysctlKeys.filter((key) => !snapshotSysctls.includes(belowProcSys(key))),
});
