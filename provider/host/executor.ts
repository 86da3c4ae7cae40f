import type { ExecRequest, ExecResult, Transport } from "../transport/transport";
import type { LockedScript } from "./hosts";
import { setOwnerCommand, stepCommand } from "./step-command";
import { StepError, type FailedStep } from "./step-error";
import { stepName, type Step } from "./step";
import { start } from "./step-scripts";

/** Where steps run: an open connection, and the token of the lock that is held on the host. */
export interface Locked {
  readonly transport: Transport;
  readonly token: string;
}

/** Runs the steps in order and throws `StepError` at the first that fails. `onStep` is called before each. */
export async function runSteps(
  locked: Locked,
  steps: readonly Step[],
  onStep: (index: number, step: Step) => void,
): Promise<void> {
  for (const [index, step] of steps.entries()) {
    onStep(index, step);
    await run(locked, stepCommand(step, locked.token), {
      endpoint: locked.transport.endpoint,
      step: stepName(step),
      setting: settingOf(step),
      command: step.kind === "run" ? stepName(step) : step.kind,
    });
  }
}

export async function setOwner(locked: Locked, owner: { readonly urn: string } | undefined): Promise<void> {
  await run(locked, setOwnerCommand(owner, locked.token), {
    endpoint: locked.transport.endpoint,
    step: `${owner === undefined ? "remove" : "write"} the owner record`,
    setting: "owner record",
    command: "setOwner",
  });
}

export async function runScript(locked: Locked, { name, setting, script, ...more }: LockedScript): Promise<string> {
  const { args, stdin, timeoutSeconds } = more;
  const request = {
    argv: ["sh", "-c", `${start}${script}`, "kvm-tuning", locked.token, ...args],
    ...(stdin !== undefined && { stdin }),
    ...(timeoutSeconds !== undefined && { timeoutSeconds }),
  };
  return run(locked, request, { endpoint: locked.transport.endpoint, step: name, setting, command: name });
}

async function run({ transport }: Locked, request: ExecRequest, failed: FailedStep): Promise<string> {
  let result: ExecResult;
  try {
    result = await transport.exec(request);
  } catch (cause) {
    throw new StepError(failed, undefined, { cause });
  }
  if (result.exitCode !== 0) throw new StepError(failed, result);
  return result.stdout;
}

function settingOf(step: Step): string {
  return "setting" in step ? step.setting : step.kind === "restoreFile" ? step.path : step.entry;
}
