/*
 * Checked by `tsc -p tsconfig.json` alone: what a program may write is what the provider's schema takes, no more and
 * no less. `connection` has a test of its own, connection.test-d.ts; so has the one of leaseHost.
 */
import type * as pulumi from "@pulumi/pulumi";

import type { HostTuningInput } from "../../provider/host-tuning/schema";
import type { HostTuningArgs } from "../../sdk";

type Lease<T> = T extends { maxUnavailable?: infer M } ? Omit<NonNullable<M>, "leaseHost"> : never;
type Program = Plain<Omit<HostTuningArgs, "connection" | "maxUnavailable">>;
type Schema = Omit<HostTuningInput, "connection" | "maxUnavailable">;

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

true satisfies Same<keyof HostTuningArgs, keyof HostTuningInput>;
true satisfies Same<Lease<Plain<HostTuningArgs>>, Lease<HostTuningInput>>;
true satisfies Assignable<Program, Schema>;
true satisfies Assignable<Schema, Program>;
