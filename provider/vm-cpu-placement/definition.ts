/*
 * The steps that change a domain's definition, and its restart. The document with its passwords is fetched, edited and
 * defined in one go: it is in this process's memory while the function runs, and nowhere else.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { LockedHost } from "../host/hosts";
import type { Run } from "../resource";
import { editDomain, readDomain } from "./domain-xml";
import { sameFacts, type FactChanges, type Facts } from "./facts";
import { defineScript, dumpScript, shutdownScript, startScript, stateScript } from "./scripts";

export interface Definition {
  readonly uuid: string;
  readonly name: string;
  readonly changes: FactChanges;
  /** What the plan was made on: a definition that has other facts by now is not touched. */
  readonly planned: Facts;
}

/** Gives back what was defined before, for a rollback. */
export async function define(host: LockedHost, definition: Definition): Promise<{ from: string; to: string }> {
  const from = await host.script(dumpScript(definition.uuid));
  const document = readDomain(from);
  if (document.uuid !== definition.uuid)
    throw new Error(`libvirt gave another domain's definition (${document.uuid}); nothing was changed`);
  if (!sameFacts(document.facts, definition.planned)) {
    throw new Error(
      `the definition of domain "${definition.name}" was changed while this run looked at it; nothing was changed. Run again`,
    );
  }
  const to = editDomain(from, definition.changes);
  if (to !== from) await host.script(defineScript({ uuid: definition.uuid, from, to }));
  return { from, to };
}

export interface Restart extends Definition {
  readonly state: "running" | "paused";
  readonly shutdownTimeoutSeconds: number;
  readonly run: Run;
}

/** Asks the guest to shut down, defines, starts. A start that fails gets its old definition and its old run back. */
export async function restart(host: LockedHost, request: Restart): Promise<void> {
  await shutDown(host, request);
  // From here on the domain is off: whatever fails, it must be started again.
  const { from, to } = await define(host, request).catch((error: unknown) => startAgain(host, request, error));
  request.run.progress(`starting domain ${request.name}`);
  try {
    await host.script(startScript(request.uuid, request.state));
  } catch (error) {
    if (to !== from)
      await host.script(
        defineScript({ uuid: request.uuid, from: await host.script(dumpScript(request.uuid)), to: from }),
      );
    await startAgain(host, request, error);
  }
}

async function startAgain(host: LockedHost, { uuid, name, state }: Restart, cause: unknown): Promise<never> {
  const why = cause instanceof Error ? cause.message : String(cause);
  try {
    await host.script(startScript(uuid, state));
  } catch (second) {
    const more = second instanceof Error ? second.message : String(second);
    throw new Error(
      `domain "${name}" is shut off and does not start, with its old definition either: ${more}\nThe first failure: ${why}`,
      { cause },
    );
  }
  throw new Error(
    `domain "${name}" could not be started with the new definition. The old one is back and the domain runs again. ${why}`,
    { cause },
  );
}

/** The guest has been asked to shut down and may do so at any time after this run: its start stays owed. */
export class ShutdownPending extends Error {
  override readonly name = "ShutdownPending";
}

async function shutDown(host: LockedHost, request: Restart): Promise<void> {
  try {
    await host.script(shutdownScript(request.uuid));
    await untilShutOff(host, request);
  } catch (error) {
    throw new ShutdownPending(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

async function untilShutOff(host: LockedHost, { uuid, name, shutdownTimeoutSeconds, run }: Restart): Promise<void> {
  const started = Date.now();
  for (;;) {
    const state = (await host.script(stateScript(uuid))).trim();
    if (state === "shut off") return;
    const seconds = Math.round((Date.now() - started) / 1000);
    if (seconds >= shutdownTimeoutSeconds) {
      throw new Error(
        `domain "${name}" did not shut down within ${shutdownTimeoutSeconds} s (it is ${state}); its definition was not changed. ` +
          "If it still shuts down later, it stays off until the next run, which starts it again. " +
          "Look whether the guest answers ACPI or runs a guest agent, raise shutdownTimeoutSeconds, or shut it down by hand, and run again.",
      );
    }
    run.progress(`waiting for domain ${name} to shut down (${seconds}s)`);
    await sleep(Math.min(2000, shutdownTimeoutSeconds * 250));
  }
}
