import { runSteps } from "../../../provider/host/executor";
import { lockHost } from "../../../provider/host/lock";
import type { Step } from "../../../provider/host/step";
import { StepError } from "../../../provider/host/step-error";
import type { Transport } from "../../../provider/transport/transport";

/** Runs steps under the host's lock; `through`: another way to the same host for the steps alone. */
export async function applySteps(transport: Transport, steps: readonly Step[], through = transport): Promise<void> {
  const lock = await lockHost(transport, 5);
  try {
    await runSteps({ transport: through, token: lock.token }, steps, () => undefined);
  } finally {
    await lock.release();
  }
}

/** The error of a run that must fail at a step. */
export async function failedStep(
  transport: Transport,
  steps: readonly Step[],
  through = transport,
): Promise<StepError> {
  const error: unknown = await applySteps(transport, steps, through).then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (error instanceof StepError) return error;
  throw new Error(`no StepError but ${String(error)}`);
}
