import type * as pulumi from "@pulumi/pulumi";

/** Reserved huge pages. */
export interface HugepagesFields {
  /**
   * Huge pages to reserve, per page size and NUMA node, or in all. Sizes below 1G are reserved at once, in so far as
   * memory is not fragmented, and at each boot before libvirt starts. From 1G on a pool that grows is reserved on the
   * kernel's command line (`hugepagesz=1G hugepages=0:16,1:16`, Linux 5.16) and needs a reboot.
   *
   * Kernel name: `/sys/devices/system/node/node<n>/hugepages/hugepages-<size>kB/nr_hugepages`, each node by itself: a pool
   * that is not named keeps its pages. The preview fails on a page size or a node that the host does not have, when the
   * pages and a reserve (`reserveMiB`) are more than the node's memory, and on fewer pages than are in use. If the kernel
   * grants fewer, the run fails with the numbers.
   * @default not managed
   * @impact live, from 1G on host-reboot
   * @see https://docs.kernel.org/admin-guide/mm/hugetlbpage.html
   * @example
   * ```ts
   * hugepages: [
   *   { size: "1G", nodes: { 0: 16, 1: 16 } },
   *   { size: "2M", total: 1024, reserveMiB: 2048 },
   * ]
   * ```
   */
  hugepages?: pulumi.Input<pulumi.Input<HugepagesArgs>[]> | undefined;
}

/** Huge pages of one size. */
export interface HugepagesArgs {
  /**
   * Page size: a number and `K`, `M` or `G` (powers of 1024).
   * @example "1G"
   */
  size: pulumi.Input<string>;
  /**
   * Number of pages on each NUMA node, by the node's number. A node that is not named is left alone. Either this or
   * `total`.
   * @default not managed
   * @example { 0: 16, 1: 16 }
   */
  nodes?: pulumi.Input<Record<number | string, pulumi.Input<number>>> | undefined;
  /**
   * Number of pages on all NUMA nodes together. They are divided evenly over the nodes that have memory, the lower
   * numbers first where they do not come out even, and each node's share is fixed: 5 on two nodes are 3 and 2, at every
   * boot, where the kernel's own count would give what one node lacks to another.
   * @default not managed
   * @example 32
   */
  total?: pulumi.Input<number> | undefined;
  /**
   * Memory that stays without huge pages on each of these nodes, in MiB. With several entries for a node the largest
   * counts.
   * @default 5 % of the node, at least 1024
   * @example 4096
   */
  reserveMiB?: pulumi.Input<number> | undefined;
}
