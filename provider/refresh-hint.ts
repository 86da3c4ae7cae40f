import { TransportError } from "./transport/transport";

/** `read` has only the connection of the last run: new credentials in the program are not seen before an update. */
export function withRefreshHint(error: unknown): unknown {
  if (!(error instanceof TransportError)) return error;
  const hint =
    "This refresh used the connection of the last run. If the address, the key or the host key has changed in the " +
    "program since, run once with --refresh=false: pulumi up --refresh=false";
  return new TransportError(error.failure, `${error.message}\n${hint}`, { cause: error });
}
