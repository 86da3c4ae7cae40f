import * as pulumi from "@pulumi/pulumi";

import type { PlannedSettings, PlannedVm } from "../provider/placement-plan/model";
import { mapInput, withSecrets, type ConnectionArgs } from "./connection";
import type { PlacementPlanArgs } from "./placement-plan-args";
import type { VmCpuPlacementFields } from "./vm-cpu-placement-args";
import type { CpuArgs } from "./vm-cpu-placement-cpu-args";
import type { MemoryBackingArgs } from "./vm-cpu-placement-memory-args";
import type { NumaArgs } from "./vm-cpu-placement-numa-args";

/** What a plan gives a `VmCpuPlacement`. What a VM has none of (I/O threads, a scheduler) is no argument. */
export type Placement = {
  readonly [Name in keyof PlannedSettings]-?: pulumi.Output<pulumi.Unwrap<NonNullable<VmCpuPlacementFields[Name]>>>;
};

/** Fields beside the plan's own. */
export interface PlacementAdditions {
  cpu?: pulumi.Input<CpuArgs> | undefined;
  numa?: pulumi.Input<NumaArgs> | undefined;
  memoryBacking?: pulumi.Input<MemoryBackingArgs> | undefined;
}

const names = [
  "vcpus",
  "vcpuPins",
  "emulatorPin",
  "iothreads",
  "vcpuScheduler",
  "numa",
  "cpu",
  "memoryBacking",
] as const satisfies readonly (keyof PlannedSettings)[];

/** Each setting as an output of its own, so that a preview shows which changes. */
export function settingsFields(vm: pulumi.Output<PlannedVm>, additions: PlacementAdditions): Placement {
  const added: Readonly<Record<string, pulumi.Input<object> | undefined>> = { ...additions };
  const fields = names.map((name) => {
    const planned = vm.apply(({ settings }) => settings[name]);
    const more = added[name];
    return [name, more === undefined ? planned : pulumi.all([planned, more]).apply(merged)] as const;
  });
  return Object.fromEntries(fields) as unknown as Placement;
}

const merged = ([planned, more]: readonly unknown[]): object => ({ ...(more as object), ...(planned as object) });

const connectionNames = [
  "host",
  "port",
  "user",
  "password",
  "privateKey",
  "privateKeyPassword",
  "agentSocketPath",
  "dialErrorLimit",
  "perDialTimeout",
  "hostKey",
  "hostKeys",
  "hostKeyFingerprint",
  "insecureIgnoreHostKey",
  "proxy",
] as const satisfies readonly (keyof ConnectionArgs)[];

/** Each field as an output of its own: one secret in an output hides the whole of it, and with it a host that changes. */
export function connectionFields(host: pulumi.Output<string>, hosts: PlacementPlanArgs["hosts"]): ConnectionArgs {
  const fields = connectionNames.map((name) => {
    const byHost = mapInput(hosts, (all) =>
      mapValues(all, (one) => mapInput(one, (args) => fieldOf(args.connection, name))),
    );
    const chosen = pulumi.all([host, byHost]).apply(([chosenHost, values]) => {
      const found = (values as Readonly<Record<string, { readonly value?: unknown } | undefined>>)[chosenHost];
      return found?.value;
    });
    return [name, chosen] as const;
  });
  return Object.fromEntries(fields) as unknown as ConnectionArgs;
}

/** In an object, for what is no field of one host's connection is one of another's. */
const fieldOf = (connection: pulumi.Input<ConnectionArgs>, name: keyof ConnectionArgs): pulumi.Input<object> =>
  mapInput(connection, (given) => ({ value: given[name] }));

function mapValues<T, U>(all: Readonly<Record<string, T>>, work: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(all).map(([name, value]) => [name, work(value)]));
}

/** The hosts with their connections' secrets marked, each at its own place. */
export function withHostSecrets(hosts: PlacementPlanArgs["hosts"]): PlacementPlanArgs["hosts"] {
  return mapInput(hosts, (all) =>
    mapValues(all, (host) => mapInput(host, (args) => ({ ...args, connection: withSecrets(args.connection) }))),
  );
}
