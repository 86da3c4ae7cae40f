import * as pulumi from "@pulumi/pulumi";

import type * as Provider from "../provider";
import type { HostTopology } from "../provider/host-topology/model";
import type { ConnectionArgs } from "./connection";

/** Arguments of `getHostTopology`: plain values. */
export interface GetHostTopologyArgs {
  /** How to reach the host. The same values as of `HostTuning`, but none may be an Output. */
  connection: pulumi.Unwrap<ConnectionArgs>;
  /**
   * Seconds that the reading may take, dialling included; 1 to 3600.
   * @default 60
   */
  timeoutSeconds?: number | undefined;
}

/** Arguments of `getHostTopologyOutput`: every value may be an Output, a secret one too. */
export interface GetHostTopologyOutputArgs {
  /** How to reach the host. The object that `HostTuning` takes. */
  connection: pulumi.Input<ConnectionArgs>;
  /**
   * Seconds that the reading may take, dialling included; 1 to 3600.
   * @default 60
   */
  timeoutSeconds?: pulumi.Input<number> | undefined;
}

export interface GetHostTopologyOptions {
  /**
   * Resources that must be as the program wants them before the host is read: a `HostTuning` that switches SMT off, for
   * example. While one of them does not exist yet, a preview takes the topology as unknown. A preview reads a host whose
   * resource will be updated as it is before the update.
   * @default none: the host is read at once
   */
  dependsOn?: pulumi.CustomResource | pulumi.CustomResource[] | undefined;
}

/** When a reading takes longer than this, the screen says what the program waits for. */
const quietMilliseconds = 3000;

/**
 * Reads what a host has: packages, dies, clusters, cores with their threads, core kinds, caches, NUMA nodes with
 * distances, memory and huge pages, isolated and reserved CPUs, PCI devices with their nodes.
 *
 * It reads in each `pulumi preview` and each `pulumi up`, at the place of the call. Nothing on the host is changed. The
 * reading runs in the program's process and so has an SSH connection of its own, beside the provider's; it is closed
 * when the reading is through. Calls for one host that run at the same time share one.
 *
 * An error names user, host, port and the cause, and ends the program: no connection, a host that does not answer in
 * time, a kernel whose files contradict each other.
 *
 * @example
 * ```ts
 * const topology = await getHostTopology({ connection: { host: "10.0.0.11", user: "ops", hostKey: "ssh-ed25519 AAAA..." } });
 * const ofNode0 = topology.cores.filter((core) => core.node === 0).map((core) => core.threads);   // [[0, 16], [1, 17], ...]
 * ```
 */
export async function getHostTopology(args: GetHostTopologyArgs): Promise<HostTopology> {
  const output = pathOfOutput(args, "");
  if (output !== undefined) {
    throw new Error(`getHostTopology: ${output} is an Output: use getHostTopologyOutput, which waits for it`);
  }
  return read(args, { fresh: false });
}

/**
 * `getHostTopology` for arguments that are Outputs. A value that is not known yet (in a preview, of a resource that does
 * not exist) gives an unknown topology, and nothing is read.
 *
 * The result is no secret, though its arguments may be: it holds nothing of the connection.
 *
 * @example
 * ```ts
 * const topology = getHostTopologyOutput({ connection: { host: "10.0.0.11", privateKey: config.requireSecret("privateKey"), hostKey } });
 * export const nodes = topology.nodes.apply((all) => all.map((node) => `node ${node.id}: CPUs ${node.cpus}`));
 * ```
 */
export function getHostTopologyOutput(
  args: GetHostTopologyOutputArgs,
  options: GetHostTopologyOptions = {},
): pulumi.Output<HostTopology> {
  const resources = [options.dependsOn ?? []].flat();
  // An id is unknown until its resource is there.
  const ready = pulumi.all(resources.map((resource) => resource.id));
  const topology = pulumi.all([args, ready]).apply(([known]) => read(known, { fresh: resources.length > 0 }));
  return pulumi.unsecret(topology);
}

/** A Node process without this function never loads the provider: only the first call does. */
async function read(
  args: pulumi.Unwrap<GetHostTopologyOutputArgs>,
  options: { readonly fresh: boolean },
): Promise<HostTopology> {
  const { functions } = require("../provider") as typeof Provider;
  const slow = setTimeout(() => {
    void pulumi.log.info(`getHostTopology waits for ${args.connection.host}`, undefined, undefined, true);
  }, quietMilliseconds);
  try {
    return await functions.readTopology(args, options);
  } finally {
    clearTimeout(slow);
  }
}

/** Dotted path of the first Output or promise among plain arguments. */
function pathOfOutput(value: unknown, path: string): string | undefined {
  if (pulumi.Output.isInstance(value) || value instanceof Promise) return path;
  if (typeof value !== "object" || value === null) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const found = pathOfOutput(inner, path === "" ? key : `${path}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}
