/*
 * The steps that change a domain's definition, and its restart. The document with its passwords is fetched, edited and
 * defined in one go: it is in this process's memory while the function runs, and nowhere else.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { LockedHost } from "../host/hosts";
import type { Run } from "../resource";
import { editDomain, readDomain } from "./domain-xml";
import { sameFacts, type FactChanges, type Facts } from "./facts";
import { DomainXmlError } from "./domain-xml/error";
import { defineScript, destroyScript, dumpScript, shutdownScript, startScript, stateScript } from "./scripts";

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
  /** Whether a guest that does not shut down in time is switched off. */
  readonly forceOff: boolean;
  /** What it runs with, of the settings that need the restart: a definition that starts, if the new one does not. */
  readonly running: FactChanges;
  readonly run: Run;
}

/**
 * Defines, asks the guest to shut down, starts. The definition comes first: what libvirt refuses costs no outage. A
 * start that fails gets the old definition and its old run back.
 */
export async function restart(host: LockedHost, request: Restart): Promise<void> {
  const { from, to } = await define(host, request);
  await shutDown(host, request);
  // From here on the domain is off: whatever fails, it must be started again.
  request.run.progress(`starting domain ${request.name}`);
  try {
    await host.script(startScript(request.uuid, request.state));
  } catch (error) {
    await rollBack(host, request, { defined: to, before: to === from ? asRunning(from, request) : from });
    await startAgain(host, request, error);
  }
}

/** A run that was cut off has defined it already: then what it ran with is the way back. */
function asRunning(xml: string, { running }: Restart): string {
  try {
    return editDomain(xml, running);
  } catch (error) {
    if (error instanceof DomainXmlError) return xml;
    throw error;
  }
}

async function rollBack(
  host: LockedHost,
  { uuid }: Restart,
  { defined, before }: { defined: string; before: string },
): Promise<void> {
  if (before === defined) return;
  // libvirt writes a definition in its own words.
  const now = await host.script(dumpScript(uuid));
  await host.script(defineScript({ uuid, from: now, to: before }));
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

async function untilShutOff(host: LockedHost, request: Restart): Promise<void> {
  const { uuid, name, shutdownTimeoutSeconds, forceOff, run } = request;
  const started = Date.now();
  for (;;) {
    const state = (await host.script(stateScript(uuid))).trim();
    if (state === "shut off") return;
    const seconds = Math.round((Date.now() - started) / 1000);
    if (seconds >= shutdownTimeoutSeconds) {
      if (!forceOff) throw new Error(notShutDown(request, state));
      await run.warn(`domain "${name}" did not shut down within ${shutdownTimeoutSeconds} s: it is switched off`);
      await host.script(destroyScript(uuid));
      return;
    }
    run.progress(`waiting for domain ${name} to shut down (${seconds}s)`);
    await sleep(Math.min(2000, shutdownTimeoutSeconds * 250));
  }
}

function notShutDown({ name, shutdownTimeoutSeconds }: Restart, state: string): string {
  return (
    `domain "${name}" did not shut down within ${shutdownTimeoutSeconds} s (it is ${state}); it runs on as it was, and ` +
    "its new definition waits for its next start. If it still shuts down later, it stays off until the next run, which " +
    "starts it again. Look whether the guest answers ACPI or runs a guest agent, raise shutdownTimeoutSeconds, shut it " +
    "down by hand, or set forceOff: true to have it switched off, and run again."
  );
}
