import type * as pulumi from "@pulumi/pulumi";

/** Memory that the kernel manages of its own accord, and real-time run time: arguments of `HostTuning`. */
export interface KernelFields {
  /**
   * Transparent huge pages: the kernel backs ordinary memory with huge pages of its own accord. A word sets for whom
   * (`enabled`): `"always"`, `"madvise"` (who asks for it; QEMU does) or `"never"`; an object also what a page fault does
   * when no huge page is free. Takes effect at once, for memory that is touched from then on; set again at each boot.
   *
   * Kernel name: `/sys/kernel/mm/transparent_hugepage/enabled` and `defrag`. Not applicable to a kernel without it. The
   * preview fails on a word that the kernel does not offer.
   * @default not managed
   * @impact live
   * @see https://docs.kernel.org/admin-guide/mm/transhuge.html
   * @example
   * ```ts
   * transparentHugepages: "madvise"
   * transparentHugepages: { enabled: "madvise", defrag: "defer+madvise" }
   * ```
   */
  transparentHugepages?: pulumi.Input<TransparentHugepagesEnabled | TransparentHugepagesArgs> | undefined;
  /**
   * Kernel same-page merging of guests' memory: `"on"`, `"off"` (nothing more is merged, what is merged stays so), or
   * `"unmerge"` (each guest gets its own pages back). Takes effect at once; set again at each boot.
   *
   * Kernel name: `/sys/kernel/mm/ksm/run` (1, 0, 2). Not applicable to a kernel without it. The preview fails on
   * `"unmerge"` while the merged pages would need more memory than the host has available, and names ksmtuned and ksm,
   * which write it too.
   * @default not managed
   * @impact live
   * @see https://docs.kernel.org/admin-guide/mm/ksm.html
   * @example
   * ```ts
   * ksm: "off"
   * ```
   */
  ksm?: pulumi.Input<"off" | "on" | "unmerge"> | undefined;
  /**
   * How much of each period (1000000 by default) real-time threads may take together on a CPU, in microseconds; -1: no
   * limit. The kernel's 950000 stops a real-time vCPU that never sleeps for 50 ms of each second; without a limit such a
   * vCPU keeps all else off its CPU, so isolate it. Takes effect at once and is kept for the next boot.
   *
   * Kernel name: `kernel.sched_rt_runtime_us`. The preview fails on 0, on more than `kernel.sched_rt_period_us`, and if
   * `sysctl` holds the same key.
   * @default not managed
   * @impact live
   * @see https://docs.kernel.org/scheduler/sched-rt-group.html
   * @example
   * ```ts
   * schedRtRuntimeMicroseconds: -1
   * ```
   */
  schedRtRuntimeMicroseconds?: pulumi.Input<number> | undefined;
}

/** Who gets transparent huge pages. */
export type TransparentHugepagesEnabled = "always" | "madvise" | "never";

/** Transparent huge pages: one of the two at least. */
export interface TransparentHugepagesArgs {
  /**
   * Who gets them.
   * @default not managed
   */
  enabled?: pulumi.Input<TransparentHugepagesEnabled> | undefined;
  /**
   * What a page fault does when none is free: `"always"` waits for memory to be compacted, `"defer"` leaves that to
   * kernel threads, `"madvise"` waits only for who has asked, `"defer+madvise"` (Linux 4.11) joins the last two, `"never"`
   * takes small pages.
   * @default not managed
   */
  defrag?: pulumi.Input<"always" | "defer" | "defer+madvise" | "madvise" | "never"> | undefined;
}
