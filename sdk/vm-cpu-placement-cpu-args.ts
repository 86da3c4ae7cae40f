import type * as pulumi from "@pulumi/pulumi";

/** The CPU that the guest sees. */
export interface CpuFields {
  /**
   * The CPU that the guest sees: model, features, topology, cache. At least one field.
   *
   * libvirt: `<cpu>`. The preview fails on a mode, a model or a feature that QEMU does not offer on this host, by
   * `virsh domcapabilities`, and on a topology whose product is not the number of vCPUs.
   * @default not managed
   * @impact vm-restart
   * @see https://libvirt.org/formatdomain.html#cpu-model-and-topology
   * @see https://libvirt.org/formatdomaincaps.html#cpu-configuration
   * @example
   * ```ts
   * cpu: { mode: "host-passthrough", topology: { cores: 4, threads: 2 }, cache: "passthrough" }
   * ```
   * @example
   * ```ts
   * cpu: { mode: "custom", match: "exact", model: "EPYC-Rome", fallback: "forbid", features: { topoext: "require" } }
   * ```
   */
  cpu?: pulumi.Input<CpuArgs> | undefined;
}

/** libvirt's `<cpu>`, without its NUMA cells. */
export interface CpuArgs {
  /**
   * `"host-passthrough"`: the host's CPU as it is; fastest, and moves to identical hosts alone. `"host-model"`: the
   * nearest model that libvirt knows plus features, worked out at each start; the running domain's XML shows what came
   * of it. `"custom"`: the `model` that is named, the same on every host. `"maximum"`: all that QEMU can give; with KVM
   * the same as host-passthrough (libvirt 7.1).
   *
   * libvirt: `<cpu mode>`.
   * @default the domain's own; custom for a domain that has none
   */
  mode?: pulumi.Input<"host-passthrough" | "host-model" | "custom" | "maximum"> | undefined;
  /**
   * What a host with a better CPU gives, for mode custom alone: `"exact"`: what is named; `"minimum"`: more if it has
   * more; `"strict"`: the domain starts on no other CPU than the one that is named.
   *
   * libvirt: `<cpu match>`.
   * @default the domain's own; exact for a domain that has none
   */
  match?: pulumi.Input<"exact" | "minimum" | "strict"> | undefined;
  /**
   * A CPU model of `virsh domcapabilities`. Goes with mode custom, which cannot be without one, or with no mode.
   *
   * libvirt: `<model>`. The preview fails on one that is unknown or that this host cannot run.
   * @default the domain's own
   */
  model?: pulumi.Input<string> | undefined;
  /**
   * Whether libvirt may take the nearest model where QEMU lacks `model`. Goes with a model alone.
   *
   * libvirt: `<model fallback>`.
   * @default the domain's own; allow for a domain that has none
   */
  fallback?: pulumi.Input<"allow" | "forbid"> | undefined;
  /**
   * Whether libvirt compares what the guest got with what was asked: `"none"`: QEMU warns and starts; `"partial"`:
   * before the start; `"full"`: after it, and a CPU that differs ends the start.
   *
   * libvirt: `<cpu check>`.
   * @default the domain's own; libvirt's for the mode: none for host-passthrough, maximum and an emulated CPU, else partial
   */
  check?: pulumi.Input<"none" | "partial" | "full"> | undefined;
  /**
   * `false` also gives the guest features that stop it from being migrated, such as an invariant TSC. Goes with mode
   * host-passthrough or maximum. `true` makes a move to a host that differs no safer.
   *
   * libvirt: `<cpu migratable>`, since 6.5.0.
   * @default the domain's own; true for a domain that has none
   */
  migratable?: pulumi.Input<boolean> | undefined;
  /**
   * CPU features by their name in `virsh domcapabilities`, each with a policy. `"force"`: claimed, whether the host has
   * it or not. `"require"`: no start without it. `"optional"`: if the host has it. `"disable"`: not there. `"forbid"`: no
   * start on a host that has it. Those that are not named stay as the domain has them.
   *
   * libvirt: `<feature policy name>`. The preview fails on a required feature that this host cannot give.
   * @default not managed
   * @example
   * ```ts
   * cpu: { features: { pdpe1gb: "require", x2apic: "disable" } }
   * ```
   */
  features?:
    pulumi.Input<Record<string, pulumi.Input<"force" | "require" | "optional" | "disable" | "forbid">>> | undefined;
  /**
   * Sockets, dies, clusters, cores and threads as the guest sees them. A part that is not given is 1; their product
   * must be `vcpus.maximum`, or the domain's own number: libvirt refuses anything else.
   *
   * libvirt: `<topology>`. With `threads` above 1, `vcpuPins` should pin the guest's siblings (vCPUs 0 and 1, ...) to
   * siblings of the host, which the preview checks: a guest that believes in siblings that are two cores, or two guests
   * on the siblings of one core, schedules wrongly.
   * @default not managed
   * @example
   * ```ts
   * vcpuPins: { 0: "2", 1: "18", 2: "3", 3: "19" },
   * cpu: { topology: { sockets: 1, cores: 2, threads: 2 } }
   * ```
   */
  topology?: pulumi.Input<CpuTopologyArgs> | undefined;
  /**
   * What the guest is told of CPU caches. `"passthrough"`: the host's, with mode host-passthrough or maximum;
   * `"emulate"`: QEMU's made-up ones; `"disable"`: none.
   *
   * libvirt: `<cpu><cache mode>` (with `level='3'` for emulate).
   * @default the domain's own; QEMU's choice for a domain that has none
   */
  cache?: pulumi.Input<"passthrough" | "emulate" | "disable"> | undefined;
}

/** The guest's CPU topology: libvirt's `<topology>`. */
export interface CpuTopologyArgs {
  /**
   * Sockets.
   * @default 1
   */
  sockets?: pulumi.Input<number> | undefined;
  /**
   * Dies in a socket.
   * @default 1
   */
  dies?: pulumi.Input<number> | undefined;
  /**
   * Clusters in a die; above 1 on ARM alone, with libvirt 10.1.
   * @default 1
   */
  clusters?: pulumi.Input<number> | undefined;
  /**
   * Cores in a cluster.
   * @default 1
   */
  cores?: pulumi.Input<number> | undefined;
  /**
   * Threads of a core.
   * @default 1
   */
  threads?: pulumi.Input<number> | undefined;
}
