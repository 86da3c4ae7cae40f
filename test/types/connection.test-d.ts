/*
 * Checked by `tsc -p tsconfig.json` alone: one `connection` object serves @pulumi/command and this package. Each
 * `true` fails to compile when the two drift apart; @pulumi/command is pinned in package.json.
 */
import type { types } from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";

import type { Connection, ProxyConnection } from "../../provider/transport/connection";
import type { ConnectionArgs, ProxyConnectionArgs } from "../../sdk/connection";

type CommandConnection = types.input.remote.ConnectionArgs;
type CommandProxy = types.input.remote.ProxyConnectionArgs;

type Assignable<From, To> = [From] extends [To] ? true : false;
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
/** The keys of `A` that `B` lacks. */
type Missing<A, B> = Exclude<keyof A, keyof B>;

type OurOwnOfHops = "hostKeys" | "hostKeyFingerprint" | "insecureIgnoreHostKey";
type OurOwn = OurOwnOfHops | "transport" | "sshConfig";

// What a program gives to remote.Command, it can give to us.
true satisfies Assignable<CommandConnection, ConnectionArgs>;
true satisfies Assignable<CommandProxy, ProxyConnectionArgs>;
// ... and what it gives to us beyond our own fields, to remote.Command.
true satisfies Same<Missing<ConnectionArgs, CommandConnection>, OurOwn>;
true satisfies Same<Missing<CommandConnection, ConnectionArgs>, never>;
true satisfies Same<Missing<ProxyConnectionArgs, CommandProxy>, OurOwnOfHops>;
true satisfies Same<Missing<CommandProxy, ProxyConnectionArgs>, never>;

// The values that arrive in the provider have the same fields, and the schema's types are those that sdk/ promises.
true satisfies Same<keyof Connection, keyof ConnectionArgs>;
true satisfies Same<keyof ProxyConnection, keyof ProxyConnectionArgs>;
true satisfies Assignable<Omit<Connection, "proxy">, WithReadonlyLists<Omit<pulumi.Unwrap<ConnectionArgs>, "proxy">>>;
true satisfies Assignable<ProxyConnection, WithReadonlyLists<pulumi.Unwrap<ProxyConnectionArgs>>>;
true satisfies Assignable<pulumi.Unwrap<ConnectionArgs>, Connection>;
true satisfies Assignable<pulumi.Unwrap<CommandConnection>, Connection>;

type WithReadonlyLists<T> = {
  [K in keyof T]: T[K] extends (infer Item)[] | undefined ? readonly Item[] | undefined : T[K];
};

// One object, both uses.
const shared = {
  host: "10.0.0.11",
  port: 22,
  user: "ops",
  privateKey: "text",
  hostKey: "ssh-ed25519 AAAA",
  dialErrorLimit: 10,
  perDialTimeout: 15,
  proxy: { host: "bastion", hostKey: "ssh-ed25519 AAAA" },
};
shared satisfies CommandConnection;
shared satisfies ConnectionArgs;
