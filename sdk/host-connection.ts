import type * as pulumi from "@pulumi/pulumi";

import type { ConnectionArgs } from "./connection";

/*
 * The connection that a HostTuning was given, for the resources on that host. Its output would do too, but one secret
 * in an output hides the whole of it: no preview could show a host that changes.
 */
const connections = new WeakMap<object, pulumi.Input<ConnectionArgs>>();

export function keepConnection(host: object, connection: pulumi.Input<ConnectionArgs>): void {
  connections.set(host, connection);
}

export function connectionOf(host: object): pulumi.Input<ConnectionArgs> {
  const connection = connections.get(host);
  if (connection === undefined) {
    throw new Error(
      "`host` is no HostTuning of this copy of pulumi-kvm-tuning: give `connection` instead of `host`, or install one copy alone",
    );
  }
  return connection;
}
