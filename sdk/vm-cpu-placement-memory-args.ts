import type * as pulumi from "@pulumi/pulumi";

/** What the guest's memory is made of. */
export interface MemoryBackingFields {
  /**
   * What the guest's memory is made of on the host. At least one field.
   *
   * libvirt: `<memoryBacking>`, and `<memtune>` for `hardLimitMiB`.
   * @default not managed
   * @impact vm-restart
   * @see https://libvirt.org/formatdomain.html#memory-backing
   * @example
   * ```ts
   * memoryBacking: { hugepages: [{ size: "1G" }], locked: true, nosharepages: true }
   * ```
   */
  memoryBacking?: pulumi.Input<MemoryBackingArgs> | undefined;
}

/** libvirt's `<memoryBacking>`, with the hard limit. */
export interface MemoryBackingArgs {
  /**
   * Huge pages: `true` for the host's default size, or a list of sizes, each for some guest cells or, once, for all
   * others.
   *
   * libvirt: `<hugepages><page>`. The preview fails where hugetlbfs is not mounted with that size (`source: "memfd"`
   * needs no mount), and where the nodes of the domain's memory have fewer free pages than it needs; pages that a
   * HostTuning of the same run will make count. libvirt itself checks none of it before the start ("hugetlbfs filesystem is not mounted or disabled").
   * @default not managed
   * @see https://docs.kernel.org/admin-guide/mm/hugetlbpage.html
   * @example
   * ```ts
   * numa: {
   *   cells: [
   *     { id: 0, vcpus: "0-3", memoryMiB: 8192 },
   *     { id: 1, vcpus: "4-7", memoryMiB: 512 },
   *   ],
   * },
   * memoryBacking: { hugepages: [{ size: "1G", cells: "0" }, { size: "2M" }] }
   * ```
   */
  hugepages?: pulumi.Input<true | pulumi.Input<BackingHugepagesArgs>[]> | undefined;
  /**
   * `true` keeps all memory of QEMU's process from being swapped out. Alone, as libvirt warns, it would let a guest
   * lock all memory of the host: therefore a hard limit goes with it, `hardLimitMiB`, or else one that is computed from
   * the domain's memory, 2 % of it, 256 MiB for QEMU itself, and 72 MiB for the stack and the malloc arena of each of its
   * threads: vCPUs, I/O threads, and 72 more. The preview shows it as `memoryBacking.hardLimit`. Huge pages are never swapped, with or without.
   *
   * libvirt: `<locked>`. The preview fails where the nodes of the memory do not have that much.
   * @default not managed
   * @see https://libvirt.org/formatdomain.html#memory-backing
   */
  locked?: pulumi.Input<boolean> | undefined;
  /**
   * The most memory that QEMU's process may have, in MiB, at least 1: guest memory (huge pages count only with `locked`),
   * video memory, and what QEMU needs itself, which nobody can say beforehand. A domain that reaches it is killed by the
   * kernel: leave room.
   *
   * libvirt: `<memtune><hard_limit>`, `virsh memtune --hard-limit`.
   * @default not managed; with locked: computed
   * @impact live
   * @see https://libvirt.org/formatdomain.html#memory-tuning
   * @example
   * ```ts
   * memoryBacking: { locked: true, hardLimitMiB: 20480 }
   * ```
   */
  hardLimitMiB?: pulumi.Input<number> | undefined;
  /**
   * `true` keeps the domain's memory out of same-page merging (KSM), which saves memory and costs latency.
   *
   * libvirt: `<nosharepages>`.
   * @default not managed
   * @see https://docs.kernel.org/admin-guide/mm/ksm.html
   */
  nosharepages?: pulumi.Input<boolean> | undefined;
  /**
   * Where memory that is not huge pages comes from: `"anonymous"`; `"file"`, a file in libvirt's folder for them;
   * `"memfd"`, a file in memory (libvirt 4.10). Shared access needs one of the last two, or huge pages.
   *
   * libvirt: `<source type>`.
   * @default the domain's own; "anonymous" for a domain that has none
   */
  source?: pulumi.Input<"anonymous" | "file" | "memfd"> | undefined;
  /**
   * Whether other processes (vhost-user, virtiofs) may map the memory. A cell's `memAccess` goes before. Without huge
   * pages, memfd or file it means nothing, which the preview says.
   *
   * libvirt: `<access mode>`.
   * @default the domain's own; "private" for a domain that has none
   * @example
   * ```ts
   * memoryBacking: { source: "memfd", access: "shared" }
   * ```
   */
  access?: pulumi.Input<"shared" | "private"> | undefined;
  /**
   * `"immediate"`: all memory is there before the guest runs, or the domain does not start; the start takes longer.
   * `"ondemand"`: each page at its first use.
   *
   * libvirt: `<allocation mode>`.
   * @default the domain's own; "ondemand" for a domain that has none
   */
  allocation?: pulumi.Input<"immediate" | "ondemand"> | undefined;
}

/** Huge pages of one size. */
export interface BackingHugepagesArgs {
  /** Page size: a power of two with `K`, `M` or `G` (powers of 1024): `"2M"`, `"1G"`. */
  size: pulumi.Input<string>;
  /**
   * Guest cells that get this size, as a list. A cell gets one size alone.
   *
   * libvirt: `<page nodeset>`.
   * @default all that no other entry names
   */
  cells?: pulumi.Input<string> | undefined;
}
