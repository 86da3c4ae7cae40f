import type { PartialFailure, Props } from "../resource";

export interface Operation {
  readonly name: "check" | "diff" | "create" | "read" | "update" | "delete";
  readonly urn: string | undefined;
}

/**
 * An error as the dynamic-provider server should show it. Its `message` goes to the resource's row. For check, diff,
 * read and delete the server also writes `${error}: ${error.stack}` to stderr, which the CLI puts on the Stack's row:
 * there it is kept to a pointer, so that the text shows once. Only a fault of this package keeps its stack.
 */
export function displayed(error: unknown, operation: Operation): Error {
  const shown = new Error(messageOf(error), { cause: error });
  const resourceName =
    operation.urn === undefined ? "" : ` ${operation.urn.slice(operation.urn.lastIndexOf("::") + 2)}`;
  shown.toString = () => `${operation.name}${resourceName}`;
  shown.stack = isFault(error) ? (error.stack ?? "") : "failed, see the error of the resource";
  return shown;
}

/**
 * The server answers an error with an `id` as "made, but failed to initialise": the engine then keeps the resource
 * with these properties. It does not add `__provider` to them, and without that no later read or delete can run.
 */
export function partial(error: PartialFailure, properties: Props, operation: Operation): Error {
  return Object.assign(displayed(error, operation), { id: error.id, properties, reasons: [error.message] });
}

/** An error that no one worded for a user is a fault of this package: the place helps whoever mends it. */
function messageOf(error: unknown): string {
  if (!isFault(error)) return error instanceof Error ? error.message : String(error);
  const place = /\(?([^\s()]+:\d+):\d+\)?$/m.exec(error.stack ?? "")?.[1]?.replace(/^.*\/dist\//, "");
  return `internal error of pulumi-kvm-tuning: ${error.message}${place === undefined ? "" : ` (${place})`}`;
}

function isFault(error: unknown): error is Error {
  return error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
}
