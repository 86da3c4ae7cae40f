import type { Problem, Props } from "../resource";

export interface Failure {
  readonly property: string;
  readonly reason: string;
}

/**
 * The engine prints `inputs[property]` beside each failure, secret or not (pulumi/pulumi#19465, pulumi-command#773:
 * "property connection value {map[…privateKey…]} has a problem"). A nested path is no key of the inputs, so it
 * prints no value. A bare name is given to the engine only if its value is short and cannot hold a secret; otherwise
 * the failure belongs to the resource as a whole, and the reason starts with the name.
 */
export function failures(problems: readonly Problem[], inputs: Props): Failure[] {
  return problems.map(({ path, reason }) =>
    path.includes(".") || path === "" || printable(path, inputs[path])
      ? { property: path, reason }
      : { property: "", reason: `${path}: ${reason}` },
  );
}

function printable(name: string, value: unknown): boolean {
  if (name === "connection") return false;
  return typeof value === "boolean" || typeof value === "number" || (typeof value === "string" && value.length <= 40);
}
