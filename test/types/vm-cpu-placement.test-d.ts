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

type Assignable<From, To> = [From] extends [To] ? true : false;
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

true satisfies Same<keyof Program, keyof Schema>;
true satisfies Assignable<Program, Schema>;
true satisfies Assignable<Schema, Program>;

declare const host: HostTuning;
({ host, domain: "db" }) satisfies VmCpuPlacementArgs;
({ connection: { host: "kvm-01" }, domain: "db" }) satisfies VmCpuPlacementArgs;
// @ts-expect-error one of the two, not both
({ host, connection: { host: "kvm-01" }, domain: "db" }) satisfies VmCpuPlacementArgs;
// @ts-expect-error and not none
({ domain: "db" }) satisfies VmCpuPlacementArgs;
