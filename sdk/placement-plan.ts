import * as pulumi from "@pulumi/pulumi";

import type { Impact } from "../provider/impact";
import type { PlannedHostNeeds, PlannedObjective, PlannedVm } from "../provider/placement-plan/model";
import type { ConnectionArgs } from "./connection";
import type { PlacementPlanArgs } from "./placement-plan-args";
import {
  connectionFields,
  settingsFields,
  withHostSecrets,
  type Placement,
  type PlacementAdditions,
} from "./placement-plan-outputs";
import { providerHandle } from "./provider-handle";

/** State identity: never changes. */
const type = "pulumi-nodejs:dynamic/kvm-tuning:PlacementPlan";

/**
 * Decides, for many VMs on one or many hosts at once, which host, NUMA nodes, cores and CPUs each gets: as good as can be,
 * proved where it says so, and keeping each VM where it is unless another place is better. It is decided in the preview,
 * from the hosts as they are, and nothing is written: its outputs feed `HostTuning` and `VmCpuPlacement`.
 *
 * @example
 * ```ts
 * const plan = new PlacementPlan("rack-7", {
 *   hosts: { "kvm-01": { connection, reserved: "0-1,16-17" } },
 *   vms: { db: { vcpus: 8, memoryMiB: 32768, pageSize: "1G", threadPolicy: "require" } },
 * });
 * const host = new HostTuning("kvm-01", { connection, hugepages: plan.hugepages("kvm-01") });
 * new VmCpuPlacement("db", { host, domain: "db", ...plan.placement("db") });
 * ```
 */
export class PlacementPlan extends pulumi.CustomResource {
  /** @internal Lets `validateResourceOfType` of @pulumi/policy know the class. */
  static readonly __pulumiType = type;

  /** VM → "its place now → the place planned", of those that get another. Empty after a run. */
  declare readonly plan: pulumi.Output<Record<string, string>>;
  /** Always "none": what the plan's VMs and hosts make of it costs something, the plan does not. */
  declare readonly impact: pulumi.Output<Impact>;
  /** The allocation map as text: hosts, nodes, cores, who is on which CPU, and memory. */
  declare readonly map: pulumi.Output<string>;

  /** @internal */
  declare readonly __placements: pulumi.Output<Record<string, PlannedVm>>;
  /** @internal */
  declare readonly __hosts: pulumi.Output<Record<string, PlannedHostNeeds>>;
  /** @internal */
  declare readonly __objective: pulumi.Output<PlannedObjective[]>;
  /** @internal */
  declare readonly __mapSvg: pulumi.Output<string>;

  readonly #args: PlacementPlanArgs;

  /**
   * @param name Name of the resource in the stack, unique per type.
   * @param args The hosts and the VMs.
   * @param opts All options of a custom resource but `import` and `customTimeouts`, which dynamic providers lack.
   */
  constructor(name: string, args: PlacementPlanArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      type,
      name,
      {
        ...args,
        hosts: withHostSecrets(args.hosts),
        __provider: providerHandle("placementPlan"),
        __urn: pulumi.createUrn(name, type, opts?.parent),
        // Outputs: known to the SDK by their key.
        plan: undefined,
        impact: undefined,
        map: undefined,
        __placements: undefined,
        __hosts: undefined,
        __objective: undefined,
        __mapSvg: undefined,
      },
      opts,
    );
    this.#args = args;
  }

  /** Each VM's place: its host, its guest cells and their nodes, the settings, and a sentence why. By name of VM. */
  get placements(): pulumi.Output<Record<string, PlannedVm>> {
    return this.__placements;
  }

  /**
   * What the plan makes small, the most important first: for each the value that it has, and the bound below which no plan
   * can be. Where the two are equal, the plan is proven the best.
   */
  get objective(): pulumi.Output<PlannedObjective[]> {
    return this.__objective;
  }

  /** The allocation map as a picture: one SVG text that needs nothing else. */
  get mapSvg(): pulumi.Output<string> {
    return this.__mapSvg;
  }

  /**
   * The arguments of a VM's `VmCpuPlacement`, to be spread into it: `vcpus`, `vcpuPins`, `emulatorPin`, `iothreads`,
   * `vcpuScheduler`, `numa`, `cpu` (the topology that matches the pins) and `memoryBacking`. What a program wants beside
   * the plan's in `cpu`, `numa` and `memoryBacking` it gives here, for a field of its own beside the spread would replace
   * the plan's.
   *
   * @example
   * ```ts
   * new VmCpuPlacement("db", {
   *   host,
   *   domain: "db",
   *   ...plan.placement("db", { cpu: { mode: "host-passthrough" }, memoryBacking: { source: "memfd" } }),
   * });
   * ```
   */
  placement(vm: string, additions: PlacementAdditions = {}): Placement {
    return settingsFields(this.#vm(vm), additions);
  }

  /** The host that a VM is planned on, by its name in `hosts`. */
  host(vm: string): pulumi.Output<string> {
    return this.#vm(vm).apply((planned) => planned.host);
  }

  /** Why a VM is where it is, in a sentence. */
  why(vm: string): pulumi.Output<string> {
    return this.#vm(vm).apply((planned) => planned.why);
  }

  /**
   * The connection to the host that a VM is planned on: for a `VmCpuPlacement` of a plan with several hosts, where the
   * program cannot know which `HostTuning` it will be. Such a placement names the hosts' tunings in `dependsOn`.
   */
  connection(vm: string): ConnectionArgs {
    return connectionFields(this.host(vm), this.#args.hosts);
  }

  /**
   * The huge pages that a host needs, by size and node, as `HostTuning` takes them: for the plan's VMs, and for those of
   * other domains that lie on pages of the same sizes.
   */
  hugepages(host: string): pulumi.Output<{ size: string; nodes: Record<string, number>; reserveMiB: number }[]> {
    return this.#host(host).apply(({ hugepages }) => hugepages.map((one) => ({ ...one, nodes: { ...one.nodes } })));
  }

  /**
   * The CPUs of a host that are kept for VMs, as `HostTuning` takes them in `isolation.cpus`: all that are not reserved
   * or, without a partition, shared, whether they are in use or not, so that one more VM costs no reboot.
   */
  isolatedCpus(host: string): pulumi.Output<string> {
    return this.#host(host).apply(({ isolatedCpus }) => isolatedCpus);
  }

  #vm(name: string): pulumi.Output<PlannedVm> {
    mustKnow(this.#args.vms, name, "VM");
    return pulumi.output(this.__placements).apply((all) => named(all, name, "VM"));
  }

  #host(name: string): pulumi.Output<PlannedHostNeeds> {
    mustKnow(this.#args.hosts, name, "host");
    return pulumi.output(this.__hosts).apply((all) => named(all, name, "host"));
  }
}

/** A slip in a name is told where it stands in the program, as far as the names are known there. */
function mustKnow(
  given: PlacementPlanArgs["vms"] | PlacementPlanArgs["hosts"],
  name: string,
  what: "VM" | "host",
): void {
  if (!pulumi.Output.isInstance(given) && !(given instanceof Promise)) named<unknown>(given, name, what);
}

function named<T>(all: Readonly<Record<string, T>>, name: string, what: "VM" | "host"): T {
  const found = all[name];
  if (found === undefined) throw new Error(`the plan has no ${what} "${name}"; it has ${Object.keys(all).join(", ")}`);
  return found;
}
