import { ProviderError } from "./provider-client";

/** The error of a call to the provider that must fail. */
export async function failureOf(call: Promise<unknown>): Promise<ProviderError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof ProviderError) return error;
  throw new Error(`no ProviderError but ${String(error)}`);
}
