import type { PartialFailure, Props } from "../resource";

/**
 * An error as the dynamic-provider server should print it. For check, diff, read and delete it writes
 * `${error}: ${error.stack}` to the Stack's row and sends `message` to the resource's row: without the class name
 * and with a stack that only points to the other row, the text shows once.
 */
export function displayed(error: unknown): Error {
  const shown = new Error(messageOf(error), { cause: error });
  return withoutStack(shown);
}

/**
 * The server answers an error with an `id` as "made, but failed to initialise": the engine then keeps the resource
 * with these properties. It does not add `__provider` to them, and without that no later read or delete can run.
 */
export function partial(error: PartialFailure, properties: Props): Error {
  return Object.assign(displayed(error), { id: error.id, properties, reasons: [error.message] });
}

function withoutStack(error: Error): Error {
  error.name = "";
  error.stack = "";
  return error;
}

/** An error that no one worded for a user is a fault of this package: the place helps whoever mends it. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return `internal error: ${String(error)}`;
  if (!isFault(error)) return error.message;
  const place = /\(?([^\s()]+:\d+):\d+\)?$/m.exec(error.stack ?? "")?.[1]?.replace(/^.*\/dist\//, "");
  return `internal error of pulumi-kvm-tuning: ${error.message}${place === undefined ? "" : ` (${place})`}`;
}

function isFault(error: Error): boolean {
  return error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
}
