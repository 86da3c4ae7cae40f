/* A domain is placed by one resource of one stack: its record on the host says which. */
import { describeUrn } from "../urn";
import type { Problem } from "../resource";
import type { PlacementState } from "./model";

interface Claim {
  readonly urn: string | undefined;
  /** The resource's URN in the last run: a renamed one keeps what it owned. */
  readonly lastUrn: unknown;
  readonly takeOwnership: boolean;
}

export function ownerProblem({ domain, record }: PlacementState, claim: Claim): Problem | undefined {
  const owner = record?.urn;
  if (owner === undefined || claim.takeOwnership || isOwn(owner, claim)) return undefined;
  return {
    path: "takeOwnership",
    reason:
      `domain "${domain?.name ?? ""}" is placed by ${describeUrn(owner)} already, and two resources cannot both own one domain. ` +
      "Remove it there (pulumi destroy), or, if that stack is lost, set takeOwnership: true here.",
  };
}

/** A record without a URN was made by a program that gave none: nobody's in particular. */
export function isOwn(owner: string, { urn, lastUrn }: Pick<Claim, "urn" | "lastUrn">): boolean {
  return owner === "" || owner === urn || owner === lastUrn;
}
