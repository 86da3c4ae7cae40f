/*
 * Checked by `tsc -p tsconfig.json` alone: what a program may write is what the provider's schema takes, no more and
 * no less. `connection` has a test of its own, connection.test-d.ts.
 */
import type * as pulumi from "@pulumi/pulumi";

import type { PlacementInput } from "../../provider/vm-cpu-placement/schema";
import type { HostTuning, VmCpuPlacementArgs, VmCpuPlacementFields } from "../../sdk";

type Program = Plain<VmCpuPlacementFields>;
type Schema = Omit<PlacementInput, "connection">;

/** The same type with plain values only: no Output and no promise, at any depth. */
type Plain<T> = T extends pulumi.OutputInstance<unknown> | Promise<unknown>
  ? never
  : T extends (infer Item)[]
    ? Plain<Item>[]
    : T extends object
      ? { [K in keyof T]: Plain<T[K]> }
      : T;

/** With all fields required, at any depth: an optional field that one side lacks would else pass for the same. */
type Whole<T> = T extends (infer Item)[] ? Whole<Item>[] : T extends object ? { [K in keyof T]-?: Whole<T[K]> } : T;

type Assignable<From, To> = [From] extends [To] ? true : false;
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

true satisfies Same<keyof Program, keyof Schema>;
true satisfies Assignable<Program, Schema>;
true satisfies Assignable<Schema, Program>;
true satisfies Same<Whole<Program>, Whole<Schema>>;

declare const host: HostTuning;
({ host, domain: "db" }) satisfies VmCpuPlacementArgs;
({ connection: { host: "kvm-01" }, domain: "db" }) satisfies VmCpuPlacementArgs;
// @ts-expect-error one of the two, not both
({ host, connection: { host: "kvm-01" }, domain: "db" }) satisfies VmCpuPlacementArgs;
// @ts-expect-error and not none
({ domain: "db" }) satisfies VmCpuPlacementArgs;

({
  host,
  domain: "db",
  memoryBacking: { hugepages: true },
  numa: { cells: [{ id: 0, memoryMiB: 512, caches: [] }] },
  vcpuScheduler: [{ vcpus: "0", scheduler: "fifo", priority: 1 }],
}) satisfies VmCpuPlacementArgs;
// @ts-expect-error true or a list
({ host, domain: "db", memoryBacking: { hugepages: false } }) satisfies VmCpuPlacementArgs;
// @ts-expect-error a word that is none
({ host, domain: "db", cpu: { mode: "host" } }) satisfies VmCpuPlacementArgs;
