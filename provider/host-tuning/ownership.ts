/* One host is tuned by one resource of one stack: the owner record on the host says which. */
import type { HostSnapshot } from "../host/snapshot";
import { describeUrn } from "../urn";
import type { Problem, Props } from "../resource";
import type { HostTuningArgs } from "./schema";

interface Claim {
  readonly urn: string | undefined;
  readonly args: HostTuningArgs;
  /** Inputs or outputs of the last run: a renamed resource keeps what it owned under its old URN. */
  readonly olds: Props | undefined;
}

export function ownerProblem(snapshot: HostSnapshot, { urn, args, olds }: Claim): Problem | undefined {
  const owner = snapshot.owner?.urn;
  if (owner === undefined || owner === urn || owner === olds?.["__urn"] || args.takeOwnership) return undefined;
  return {
    path: "takeOwnership",
    reason:
      `${args.connection.host} is tuned by ${describeUrn(owner)} already, and two resources cannot both own one host's tuning. ` +
      "Remove it there (pulumi destroy), or, if that stack is lost, set takeOwnership: true here.",
  };
}
