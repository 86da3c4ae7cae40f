/*
 * Checked by `tsc -p tsconfig.json` alone: what a program may write, and what it gets. The plain function takes no Output;
 * the other takes one at any depth; both give the same plain value.
 */
import * as pulumi from "@pulumi/pulumi";

import type { TopologyInput } from "../../provider/host-topology/arguments";
import {
  getHostTopology,
  getHostTopologyOutput,
  type GetHostTopologyArgs,
  type GetHostTopologyOutputArgs,
  type HostTopology,
  type HostTuning,
} from "../../sdk";

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
type Assignable<From, To> = [From] extends [To] ? true : false;

declare const host: HostTuning;
declare const secret: pulumi.Output<string>;

// The provider takes what the SDK's types allow, and the same names.
true satisfies Same<keyof GetHostTopologyArgs, keyof TopologyInput>;
true satisfies Same<keyof GetHostTopologyOutputArgs, keyof TopologyInput>;
true satisfies Assignable<GetHostTopologyArgs, TopologyInput>;

true satisfies Same<Awaited<ReturnType<typeof getHostTopology>>, HostTopology>;
true satisfies Same<pulumi.Unwrap<ReturnType<typeof getHostTopologyOutput>>, HostTopology>;

void getHostTopology({ connection: { host: "10.0.0.11", proxy: { host: "jump" } }, timeoutSeconds: 5 });
// @ts-expect-error a plain call takes no Output
void getHostTopology({ connection: { host: "10.0.0.11", privateKey: secret } });
// @ts-expect-error an unknown argument
void getHostTopology({ connection: { host: "10.0.0.11" }, timeout: 5 });
// @ts-expect-error the connection is missing
void getHostTopology({});

getHostTopologyOutput({ connection: { host: secret, proxy: { host: "jump", password: secret } } });
getHostTopologyOutput({ connection: pulumi.output({ host: "10.0.0.11" }) }, { dependsOn: host });
getHostTopologyOutput({ connection: { host: "10.0.0.11" } }, { dependsOn: [host] });

// Lifted: what an argument of a resource takes.
getHostTopologyOutput({ connection: { host: secret } }).isolation.reservedCpus satisfies pulumi.Output<string>;

// What can be missing is null, not undefined: the value is JSON.
null satisfies HostTopology["memoryKiB"];
null satisfies HostTopology["cores"][number]["node"];
