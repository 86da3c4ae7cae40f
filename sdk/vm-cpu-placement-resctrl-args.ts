import type * as pulumi from "@pulumi/pulumi";

/** Cache and memory bandwidth of vCPUs, where the host has resctrl. */
export interface ResctrlFields {
  /**
   * Cache of the host that is set aside for vCPUs (Intel CAT, AMD QoS). A vCPU is in one entry alone.
   *
   * libvirt: `<cputune><cachetune>`, since 4.1.0. The preview fails where the host has no resctrl mounted
   * (`/sys/fs/resctrl`) and on vCPUs that the domain does not have. Least size and step: `virsh capabilities`.
   * @default not managed
   * @impact vm-restart
   * @see https://libvirt.org/formatdomain.html#cpu-tuning
   * @see https://docs.kernel.org/filesystems/resctrl.html
   * @example
   * ```ts
   * cacheTune: [{ vcpus: "0-3", caches: [{ level: 3, id: 0, type: "both", sizeKiB: 3072 }] }]
   * ```
   */
  cacheTune?: pulumi.Input<pulumi.Input<CacheTuneArgs>[]> | undefined;
  /**
   * An upper limit of memory bandwidth for vCPUs (Intel MBA). A vCPU is in one entry alone, and an entry has the same
   * vCPUs as one of `cacheTune`, or none of them: both make one group of resctrl.
   *
   * libvirt: `<cputune><memorytune>`, since 4.7.0. The preview fails where the host has no resctrl mounted.
   * @default not managed
   * @impact vm-restart
   * @see https://libvirt.org/formatdomain.html#cpu-tuning
   * @see https://docs.kernel.org/filesystems/resctrl.html
   * @example
   * ```ts
   * memoryTune: [{ vcpus: "0-3", nodes: [{ id: 0, bandwidthPercent: 60 }] }]
   * ```
   */
  memoryTune?: pulumi.Input<pulumi.Input<MemoryTuneArgs>[]> | undefined;
}

/** Cache of some vCPUs. */
export interface CacheTuneArgs {
  /** vCPUs as a list: `"0"`, `"0-3"`. */
  vcpus: pulumi.Input<string>;
  /** At least one; the same level, id and type once. */
  caches: pulumi.Input<pulumi.Input<CacheAllocationArgs>[]>;
}

/** A part of one cache of the host. */
export interface CacheAllocationArgs {
  /** Level of the cache, mostly 3. */
  level: pulumi.Input<number>;
  /** The host's number of that cache (`/sys/devices/system/cpu/cpu0/cache/index3/id`). */
  id: pulumi.Input<number>;
  /** `"both"`; or `"code"`, `"data"` on a host with code and data prioritisation, which takes nothing else. */
  type: pulumi.Input<"both" | "code" | "data">;
  /** Size in KiB, a multiple of the host's step. */
  sizeKiB: pulumi.Input<number>;
}

/** Memory bandwidth of some vCPUs. */
export interface MemoryTuneArgs {
  /** vCPUs as a list: `"0"`, `"0-3"`. */
  vcpus: pulumi.Input<string>;
  /** At least one; each node once. */
  nodes: pulumi.Input<pulumi.Input<MemoryBandwidthArgs>[]>;
}

/** Memory bandwidth by one memory controller of the host. */
export interface MemoryBandwidthArgs {
  /** The host's number of the controller, as in the `MB:` line of `/sys/fs/resctrl/schemata`. */
  id: pulumi.Input<number>;
  /** Percent of the full bandwidth, 1 to 100; the hardware has steps, mostly of 10. libvirt hands the number on. */
  bandwidthPercent: pulumi.Input<number>;
}
