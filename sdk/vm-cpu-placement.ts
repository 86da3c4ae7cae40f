import * as pulumi from "@pulumi/pulumi";

import type { Impact, Verification } from "../provider/impact";
import { withSecrets } from "./connection";
import { connectionOf } from "./host-connection";
import { providerHandle } from "./provider-handle";
import type { VmCpuPlacementArgs } from "./vm-cpu-placement-args";

/** State identity: never changes. */
const type = "pulumi-nodejs:dynamic/kvm-tuning:VmCpuPlacement";

/**
 * The CPU and NUMA placement of one libvirt domain. A preview shows, per setting, what the running domain and its
 * definition have now, what is wanted and what the change costs; an update makes the fewest live calls and at most one
 * `virsh define`, which keeps every other byte of the definition; deleting puts back what was there before.
 *
 * @example
 * ```ts
 * new VmCpuPlacement("db", { host, domain: "db-server", vcpuPins: "2-5", emulatorPin: "0-1" });
 * ```
 */
export class VmCpuPlacement extends pulumi.CustomResource {
  /** @internal Lets `validateResourceOfType` of @pulumi/policy know the class. */
  static readonly __pulumiType = type;

  /** What the next run would change: setting → "actual → desired  [impact]". Empty after a run. */
  declare readonly plan: pulumi.Output<Record<string, string>>;
  /** The worst impact in `plan`; "none" after a run. */
  declare readonly impact: pulumi.Output<Impact>;
  /** What is written for the domain's next start and not in effect yet: setting → "actual → desired". */
  declare readonly pending: pulumi.Output<Record<string, string>>;
  /** What deleting the resource would do: setting → "actual → original". */
  declare readonly undo: pulumi.Output<Record<string, string>>;
  /** What the domain has: setting → value, for the managed settings; `(config)`: in its definition. */
  declare readonly actual: pulumi.Output<Record<string, string | null>>;
  /** Each effect that was read back after the last run: of pins the kernel's masks of QEMU's threads. */
  declare readonly verification: pulumi.Output<Verification[]>;
  /** The host's machine-id(5). */
  declare readonly hostId: pulumi.Output<string>;
  /** The domain's UUID. */
  declare readonly domainUuid: pulumi.Output<string>;

  /**
   * @param name Name of the resource in the stack, unique per type.
   * @param args What is wanted of the domain, and its host.
   * @param opts All options of a custom resource but `import` and `customTimeouts`, which dynamic providers lack.
   */
  constructor(name: string, args: VmCpuPlacementArgs, opts?: pulumi.CustomResourceOptions) {
    const { host, connection, ...fields } = args;
    super(
      type,
      name,
      {
        ...fields,
        connection: withSecrets(host === undefined ? connection : connectionOf(host)),
        __provider: providerHandle("vmCpuPlacement"),
        __urn: pulumi.createUrn(name, type, opts?.parent),
        // Outputs: known to the SDK by their key.
        plan: undefined,
        impact: undefined,
        pending: undefined,
        undo: undefined,
        actual: undefined,
        verification: undefined,
        hostId: undefined,
        domainUuid: undefined,
      },
      host === undefined ? opts : pulumi.mergeOptions(opts, { dependsOn: [host] }),
    );
  }
}
