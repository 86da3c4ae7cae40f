import type { Problem } from "../resource";

export interface Failure {
  readonly property: string;
  readonly reason: string;
}

/**
 * Every failure belongs to the resource as a whole, with the path at the head of its reason. Beside a named property
 * the engine prints `inputs[property]`, secret or not (pulumi/pulumi#19465, pulumi-command#773: "property connection
 * value {map[... privateKey ...]} has a problem"), and for a nested path, which is no key of the inputs, "{<nil>}".
 */
export function failures(problems: readonly Problem[]): Failure[] {
  return problems.map(({ path, reason }) => ({ property: "", reason: path === "" ? reason : `${path}: ${reason}` }));
}
