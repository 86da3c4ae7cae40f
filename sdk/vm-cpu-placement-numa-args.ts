import type * as pulumi from "@pulumi/pulumi";

/** Memory by NUMA node. */
export interface NumaFields {
  /**
   * Which host nodes the domain's memory comes from, and the NUMA cells that the guest sees. At least one field. A
   * guest without cells believes that all its memory is near: one that is larger than a node should have cells, which
   * the preview says with the sizes.
   *
   * libvirt: `<numatune>`, `virsh numatune`; `<cpu><numa>`. `virsh numatune` cannot change the mode of a running domain.
   * @default not managed
   * @impact vm-restart; a new nodeset is live while the mode is and stays restrictive
   * @see https://libvirt.org/formatdomain.html#numa-node-tuning
   * @see https://docs.kernel.org/admin-guide/mm/numa_memory_policy.html
   * @example
   * ```ts
   * numa: { mode: "strict", nodeset: "0" }
   * ```
   * @example
   * ```ts
   * numa: {
   *   mode: "strict",
   *   nodeset: "0-1",
   *   cells: [
   *     { id: 0, vcpus: "0-3", memoryMiB: 8192, mode: "strict", nodeset: "0", distances: { 0: 10, 1: 21 } },
   *     { id: 1, vcpus: "4-7", memoryMiB: 8192, mode: "strict", nodeset: "1", distances: { 0: 21, 1: 10 } },
   *   ],
   * }
   * ```
   */
  numa?: pulumi.Input<NumaArgs> | undefined;
}

/** Memory of a domain by NUMA node: libvirt's `<numatune><memory>`, and the guest's cells. */
export interface NumaArgs {
  /**
   * `"strict"`: from these nodes or not at all. `"preferred"`: from them if they have any. `"interleave"`: from all in
   * turn. `"restrictive"`: no memory policy of the process, only the cgroup's `cpuset.mems`, which is the weakest
   * promise: memory may be moved later, and where it lands first is not certain. It is the one mode whose nodeset can
   * be changed while the domain runs, and it demands the same mode of each cell that has a nodeset.
   *
   * libvirt: `<numatune><memory mode>`.
   * @default the domain's own; "strict" for a domain that has none
   */
  mode?: pulumi.Input<"strict" | "preferred" | "interleave" | "restrictive"> | undefined;
  /**
   * Host NUMA nodes, as a list. Ends an automatic placement by numad; must be left out with `placement: "auto"`.
   *
   * libvirt: `<numatune><memory nodeset>`. The preview fails on nodes that the host lacks or that have no memory: libvirt
   * takes them, and then the start fails. Huge pages that the guest has touched do not move with a live change; the
   * verification shows where they are.
   * @default the domain's own
   * @impact vm-restart; live while the mode is and stays restrictive
   * @example
   * ```ts
   * numa: { mode: "restrictive", nodeset: "1" }
   * ```
   */
  nodeset?: pulumi.Input<string> | undefined;
  /**
   * `"auto"`: numad is asked for nodes at each start, which go into the running domain's XML alone. They differ from
   * start to start and ignore what other domains were promised, so they cannot be compared or planned on; `actual`
   * shows them, marked as not stable. It needs a libvirt built with numad and the program on the host: without, the
   * domain can be defined and does not start ("Failed to query numad for the advisory nodeset"), and the preview fails.
   * The deterministic way to the same end is a written `nodeset`, by your own choice or a planner's. `"static"`: the
   * nodes that are written, and numad no more.
   *
   * libvirt: `placement` of `<vcpu>` and of `<numatune><memory>`.
   * @default the domain's own; "static" for a domain that has none
   * @example
   * ```ts
   * numa: { placement: "auto" }
   * ```
   */
  placement?: pulumi.Input<"static" | "auto"> | undefined;
  /**
   * NUMA cells of the guest, numbered from 0 without gaps, in any order; all of them, with all vCPUs: libvirt would give
   * those that no cell names to cell 0. It sets the domain's memory to the sum of the cells, which the preview shows as
   * `memory`.
   *
   * libvirt: `<cpu><numa><cell>`, and `<numatune><memnode>` for `mode` and `nodeset`. The preview fails on vCPUs that
   * the domain does not have and on nodes or pages that the host does not have; it warns where the pins of a cell's
   * vCPUs lie on other nodes than its memory.
   * @default not managed
   * @see https://libvirt.org/formatdomain.html#cpu-model-and-topology
   */
  cells?: pulumi.Input<pulumi.Input<NumaCellArgs>[]> | undefined;
}

/** One NUMA cell of the guest. */
export interface NumaCellArgs {
  /** Number of the cell, from 0. */
  id: pulumi.Input<number>;
  /**
   * vCPUs of the cell, as a list. A vCPU is in one cell alone.
   * @default none: a cell of memory alone (libvirt 6.6)
   */
  vcpus?: pulumi.Input<string> | undefined;
  /** Memory of the cell in MiB, at least 1. With huge pages a multiple of their size. */
  memoryMiB: pulumi.Input<number>;
  /**
   * `"shared"` maps the memory so that other processes see it (vhost-user, virtiofs). It means something for huge pages
   * and for `memoryBacking.source` memfd or file alone; without them a domain starts, and has private memory: the
   * preview warns.
   *
   * libvirt: `<cell memAccess>`.
   * @default memoryBacking.access
   */
  memAccess?: pulumi.Input<"shared" | "private"> | undefined;
  /**
   * As `numa.mode`, for this cell; needs `nodeset`. Restrictive here and there alike, or libvirt refuses it.
   *
   * libvirt: `<numatune><memnode mode>`.
   * @default the cell's own, else the domain's, else "strict"
   */
  mode?: pulumi.Input<"strict" | "preferred" | "interleave" | "restrictive"> | undefined;
  /**
   * Host nodes of this cell's memory. Not with `placement: "auto"`.
   *
   * libvirt: `<numatune><memnode nodeset>`.
   * @default numa.nodeset
   */
  nodeset?: pulumi.Input<string> | undefined;
  /**
   * What the guest is told of the distance to each cell: 10 to itself, 11 to 255 to others, by the cell's number. The
   * way back is as long as the way there, where it is not given. It is a label, and should be the host's own
   * (`numactl --hardware`).
   *
   * libvirt: `<cell><distances><sibling>`.
   * @default 10 to itself, 20 to others
   * @see https://libvirt.org/formatdomain.html#cpu-model-and-topology
   */
  distances?: pulumi.Input<Record<number | string, pulumi.Input<number>>> | undefined;
  /**
   * Memory-side caches of the cell as the guest is told of them (ACPI HMAT), each level once.
   *
   * libvirt: `<cell><cache>`, since 6.6.0.
   * @default none
   * @see https://libvirt.org/formatdomain.html#acpi-heterogeneous-memory-attribute-table
   * @example
   * ```ts
   * numa: {
   *   cells: [
   *     {
   *       id: 0,
   *       vcpus: "0-3",
   *       memoryMiB: 4096,
   *       caches: [{ level: 1, associativity: "direct", policy: "writeback", sizeKiB: 32768, lineBytes: 64 }],
   *     },
   *   ],
   * }
   * ```
   */
  caches?: pulumi.Input<pulumi.Input<NumaCellCacheArgs>[]> | undefined;
}

/** A memory-side cache, as the guest is told of it. */
export interface NumaCellCacheArgs {
  /** Level of the cache. */
  level: pulumi.Input<1 | 2 | 3>;
  /** How memory maps to lines of the cache: `"direct"`: to one; `"full"`: to any; `"none"`: not said. */
  associativity: pulumi.Input<"none" | "direct" | "full">;
  /** What a write does: `"writeback"`, `"writethrough"`; `"none"`: not said. */
  policy: pulumi.Input<"none" | "writeback" | "writethrough">;
  /** Size of the cache in KiB. */
  sizeKiB: pulumi.Input<number>;
  /** Length of a line in bytes, 1 to 65535. */
  lineBytes: pulumi.Input<number>;
}
