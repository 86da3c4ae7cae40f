import * as pulumi from "@pulumi/pulumi";

import type { Impact, Verification } from "../provider/impact";
import { mapInput, withSecrets } from "./connection";
import { keepConnection } from "./host-connection";
import type { HostTuningArgs } from "./host-tuning-args";
import type { MaxUnavailableArgs } from "./host-tuning-reboot-args";
import { providerHandle } from "./provider-handle";

/** State identity: never changes. */
const type = "pulumi-nodejs:dynamic/kvm-tuning:HostTuning";

/**
 * The tuning of one KVM host. A preview shows, per setting, what the host has now, what is wanted and what the change
 * costs; an update writes just that and verifies it by its effect; deleting puts back what was there before.
 *
 * Creating adopts the host as it is: what is already as wanted is not written.
 *
 * @example
 * ```ts
 * const host = new HostTuning("kvm-01", {
 *   connection: { host: "10.0.0.11", user: "ops", privateKey, hostKey: "ssh-ed25519 AAAA..." },
 *   numaBalancing: false,
 *   cpuGovernor: "performance",
 *   hugepages: [{ size: "1G", nodes: { 0: 16, 1: 16 } }],
 * });
 * ```
 */
export class HostTuning extends pulumi.CustomResource {
  /** @internal Lets `validateResourceOfType` of @pulumi/policy know the class. */
  static readonly __pulumiType = type;

  /** What the next run would change: setting → "actual → desired  [impact]". Empty after a run. */
  declare readonly plan: pulumi.Output<Record<string, string>>;
  /** The worst impact in `plan`; "none" after a run. */
  declare readonly impact: pulumi.Output<Impact>;
  /** What is written for the next boot and not in effect yet: setting → "actual → desired". */
  declare readonly pending: pulumi.Output<Record<string, string>>;
  /** What deleting the resource would do: setting or file → "actual → original". */
  declare readonly undo: pulumi.Output<Record<string, string>>;
  /** What the host has: setting → value, for the managed settings. */
  declare readonly actual: pulumi.Output<Record<string, string>>;
  /** Each effect that was read back from the host after the last run. */
  declare readonly verification: pulumi.Output<Verification[]>;
  /** The host's machine-id(5). */
  declare readonly hostId: pulumi.Output<string>;

  /**
   * @param name Name of the resource in the stack, unique per type.
   * @param args What is wanted of the host.
   * @param opts All options of a custom resource but `import` and `customTimeouts`, which dynamic providers lack.
   */
  constructor(name: string, args: HostTuningArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      type,
      name,
      {
        ...args,
        connection: withSecrets(args.connection),
        ...(args.maxUnavailable !== undefined && { maxUnavailable: withLeaseSecrets(args.maxUnavailable) }),
        __provider: providerHandle("hostTuning"),
        __urn: pulumi.createUrn(name, type, opts?.parent),
        // Outputs: known to the SDK by their key.
        plan: undefined,
        impact: undefined,
        pending: undefined,
        undo: undefined,
        actual: undefined,
        verification: undefined,
        hostId: undefined,
      },
      opts,
    );
    keepConnection(this, args.connection);
  }
}

const withLeaseSecrets = (given: pulumi.Input<MaxUnavailableArgs>): pulumi.Input<MaxUnavailableArgs> =>
  mapInput(given, (args) =>
    args.leaseHost === undefined ? args : { ...args, leaseHost: withSecrets(args.leaseHost) },
  );
