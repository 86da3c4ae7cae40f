/* Carries out a plan under the host's lock: record, definition, live calls, or one restart. */
import type { LockedHost } from "../host/hosts";
import { stepName } from "../host/step";
import type { Run } from "../resource";
import { define, restart } from "./definition";
import type { Domain, PlacementPlan, PlacementState } from "./model";
import { freeCpus } from "./placement";
import { liveSteps } from "./libvirt";
import { recordText, type DomainRecord } from "./record";
import { recordBefore } from "./record-update";
import { recordScript, startScript } from "./scripts";

export interface Work {
  readonly run: Run;
  readonly state: PlacementState;
  readonly domain: Domain;
  readonly plan: PlacementPlan;
  readonly shutdownTimeoutSeconds: number;
  readonly forceOff: boolean;
}

/** Writes the record, if it says something new. */
export async function keepRecord(host: LockedHost, work: Work): Promise<DomainRecord> {
  const { run, state, domain, plan } = work;
  const record = recordBefore({ record: state.record, urn: run.urn ?? state.record?.urn ?? "", domain, plan });
  // A start that is owed stays owed until it is done.
  const owed = plan.actions.start === undefined ? record : { ...record, restart: plan.actions.start };
  if (state.record === undefined || recordText(owed) !== recordText(state.record))
    await host.script(recordScript(owed));
  return owed;
}

/** The definition first: a run that stops in between leaves a domain that starts as declared. */
export async function carryOut(host: LockedHost, work: Work): Promise<void> {
  const { run, domain, plan, state } = work;
  const { uuid, name } = domain;
  const { actions } = plan;
  const definition = { uuid, name, changes: actions.config, planned: domain.config?.facts ?? new Map() };
  if (actions.restart) {
    const wasIn = domain.state === "paused" ? "paused" : "running";
    const { shutdownTimeoutSeconds, forceOff } = work;
    run.progress(`defining domain ${name} and shutting it down`);
    const running = new Map(
      plan.rows
        .filter((row) => row.differs && row.side === "live" && row.impact === "vm-restart")
        .map((row) => [row.setting, row.actual] as const),
    );
    await restart(host, { ...definition, state: wasIn, shutdownTimeoutSeconds, forceOff, running, run });
    return;
  }
  if (actions.config.size > 0) {
    run.progress(`defining domain ${name}`);
    await define(host, definition);
  }
  const live = domain.live?.facts ?? new Map<string, string>();
  const steps = liveSteps({
    uuid,
    changes: actions.live,
    facts: live,
    everywhere: freeCpus(domain, state.host),
    host: state.host,
  });
  await host.run(steps, (index, step) => run.progress(`step ${index + 1}/${steps.length}: ${stepName(step)}`));
  if (actions.start !== undefined) {
    run.progress(`starting domain ${name}`);
    await host.script(startScript(uuid, actions.start));
  }
}
