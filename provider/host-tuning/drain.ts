/*
 * A host's domains and its reboot: which of them run, how they are stopped before it, and started again after it. What
 * is stopped is noted on the host first, so that a run that dies in between leaves a list for the next one.
 */
import type { LockedHost } from "../host/hosts";
import type { DomainSnapshot, HostSnapshot } from "../host/snapshot";
import type { Change } from "../impact";
import { domainsUnknown, runningDomains } from "./domains";
import { startScript, stopScript } from "./drain-scripts";
import type { HostTuningArgs } from "./schema";

interface Domain {
  readonly uuid: string;
  readonly name: string;
}

/** Domains that an earlier run stopped for its reboot, and did not start again. */
export function leftStopped(snapshot: HostSnapshot): readonly Domain[] {
  return snapshot.leftStopped.map((line) => {
    const space = line.indexOf(" ");
    return { uuid: line.slice(0, space), name: line.slice(space + 1) };
  });
}

/** A line of the preview for each domain that the reboot stops, and for each that an earlier one has stopped. */
export function domainChanges(snapshot: HostSnapshot, { reboot }: { reboot: boolean }): readonly Change[] {
  const running = runningDomains(snapshot);
  const stops = reboot ? running : [];
  return [
    ...leftStopped(snapshot)
      .filter(({ uuid }) => !stops.some((domain) => domain.uuid === uuid))
      .map(({ uuid, name }): Change => {
        const runs = running.some((domain) => domain.uuid === uuid);
        const actual = runs ? "running, but was told to shut down for a reboot" : "stopped for a reboot";
        return { setting: `domain ${name}`, actual, desired: "running", impact: "live" };
      }),
    ...stops.map(({ name, state }): Change => ({
      setting: `domain ${name}`,
      actual: state,
      desired: "shut down, rebooted under it, started again",
      impact: "host-reboot",
    })),
  ];
}

/** Why the host cannot be rebooted, as its domains are. */
export function drainProblem(args: HostTuningArgs, snapshot: HostSnapshot): string | undefined {
  const unavailable = domainsUnknown(snapshot);
  if (unavailable !== undefined)
    return `the domains that the reboot would stop are not known, because libvirt could not be asked: ${unavailable}`;
  const running = runningDomains(snapshot);
  if (running.length === 0) return undefined;
  const names = (all: readonly DomainSnapshot[]) => all.map((domain) => domain.name).join(", ");
  if (args.drain.method === "refuse")
    return `the reboot would stop ${names(running)}: shut them down first, or set drain: { method: "shutdown" }`;
  const transient = running.filter((domain) => !domain.persistent);
  const paused = running.filter((domain) => domain.state === "paused");
  const reasons = [
    ...(transient.length === 0
      ? []
      : [
          `${names(transient)} could not be started again, having no definition (transient): define or stop them first`,
        ]),
    ...(paused.length === 0 ? [] : [`${names(paused)} cannot shut down while paused: resume or stop them first`]),
  ];
  return reasons.length === 0 ? undefined : reasons.join("; ");
}

/** Stops what runs, all at once, and waits. What does not end in time is not forced: everything is started again. */
export async function drain(host: LockedHost, domains: readonly Domain[], limitSeconds: number): Promise<void> {
  if (domains.length === 0) return;
  const listed = domains.map(({ uuid, name }) => `${uuid} ${name.replaceAll(/[\r\n]/g, " ")}`);
  await host.script({
    name: "stop the domains",
    setting: "drain",
    script: stopScript,
    args: [String(limitSeconds), ...listed],
    timeoutSeconds: limitSeconds + 600,
  });
}

/** Starts what was stopped; a domain that runs already (autostart) is left. Gives a line for each that is gone. */
export async function startAgain(host: LockedHost): Promise<readonly string[]> {
  const name = "start the domains again";
  const output = await host.script({ name, setting: "drain", script: startScript, args: [], timeoutSeconds: 3600 });
  return output.split("\n").filter((line) => line.startsWith("domain "));
}
