/*
 * Checked by `tsc -p tsconfig.json` alone: what a program may write is what the provider's schema takes, no more and no
 * less, and what a plan gives out is what the other resources take.
 */
import type * as pulumi from "@pulumi/pulumi";

import type { PlanInput } from "../../provider/placement-plan/schema";
import type { PlannedSettings } from "../../provider/placement-plan/model";
import {
  HostTuning,
  PlacementPlan,
  VmCpuPlacement,
  type PlacementPlanArgs,
  type VmCpuPlacementFields,
} from "../../sdk";

/** The same type with plain values only: no Output and no promise, at any depth. */
type Plain<T> = T extends pulumi.OutputInstance<unknown> | Promise<unknown>
  ? never
  : T extends (infer Item)[]
    ? Plain<Item>[]
    : T extends object
      ? { [K in keyof T]: Plain<T[K]> }
      : T;

/** With all fields required, at any depth. */
type Whole<T> = T extends (infer Item)[] ? Whole<Item>[] : T extends object ? { [K in keyof T]-?: Whole<T[K]> } : T;

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

type ProgramHost = Omit<Plain<PlacementPlanArgs>["hosts"][string], "connection">;
type ProgramVm = Plain<PlacementPlanArgs>["vms"][string];
type SchemaHost = Omit<PlanInput["hosts"][string], "connection">;
type SchemaVm = PlanInput["vms"][string];

true satisfies Same<keyof Plain<PlacementPlanArgs>, keyof PlanInput>;
true satisfies Same<keyof ProgramHost, keyof SchemaHost>;
true satisfies Same<keyof ProgramVm, keyof SchemaVm>;
true satisfies Same<Whole<ProgramVm>, Whole<SchemaVm>>;

/** What the provider makes is what the placement's arguments take. */
declare const settings: { -readonly [Name in keyof PlannedSettings]-?: NonNullable<PlannedSettings[Name]> };
settings.vcpus satisfies Plain<NonNullable<VmCpuPlacementFields["vcpus"]>>;
settings.numa.mode satisfies "strict" | "preferred";

declare const connection: { host: string; hostKey: string };
const plan = new PlacementPlan("rack-7", {
  hosts: { "kvm-01": { connection, reserved: "0-1,16-17" } },
  vms: {
    db: {
      vcpus: 8,
      memoryMiB: 32768,
      pageSize: "1G",
      cpuPolicy: "dedicated",
      threadPolicy: "require",
      emulatorThreads: "isolate",
      nearDevice: { address: "0000:3b:00.0", policy: "required" },
    },
  },
});
const host = new HostTuning("kvm-01", {
  connection,
  hugepages: plan.hugepages("kvm-01"),
  isolation: { cpus: plan.isolatedCpus("kvm-01"), nohzFull: true },
});
new VmCpuPlacement("db", { host, domain: "db-server", ...plan.placement("db") });
new VmCpuPlacement("db", { connection: plan.connection("db"), domain: "db-server", ...plan.placement("db") });
new VmCpuPlacement("db", { host, domain: "db", ...plan.placement("db", { cpu: { mode: "host-passthrough" } }) });
// @ts-expect-error a word that is none
({ hosts: {}, vms: { db: { vcpus: 1, memoryMiB: 1, cpuPolicy: "own" } } }) satisfies PlacementPlanArgs;
// @ts-expect-error a host without a connection
({ hosts: { "kvm-01": {} }, vms: {} }) satisfies PlacementPlanArgs;
