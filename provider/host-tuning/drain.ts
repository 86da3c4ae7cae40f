/*
 * A host's domains and its reboot: which of them run, how they are stopped before it, and started again after it. What
 * is stopped is noted on the host first, so that a run that dies in between leaves a list for the next one.
 */
import type { LockedHost } from "../host/hosts";
import type { DomainSnapshot, HostSnapshot } from "../host/snapshot";
import type { Change } from "../impact";
import { domainsUnknown, runningDomains, type Domain } from "./domains";
import { attempt } from "../attempt";
import { TransportError } from "../transport/transport";
import { listScript, startScript, stopScript } from "./drain-scripts";
import type { HostTuningArgs } from "./schema";

/** Domains that an earlier run stopped for its reboot, and did not start again. */
export function leftStopped(snapshot: HostSnapshot): readonly Domain[] {
  return snapshot.leftStopped.map((line) => {
    const space = line.indexOf(" ");
    return { uuid: line.slice(0, space), name: line.slice(space + 1) };
  });
}

/** A line of the preview for each domain that the reboot stops, and for each that an earlier one has stopped. */
export function domainChanges(
  snapshot: HostSnapshot,
  { reboot, method }: { reboot: boolean; method?: HostTuningArgs["drain"]["method"] | undefined },
): readonly Change[] {
  const way = method === "managedSave" ? "saved to disk" : "shut down";
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
      desired: `${way}, rebooted under it, started again`,
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
    return `the reboot would stop ${names(running)}: shut them down first, or set drain: { method: "shutdown" } or { method: "managedSave" }`;
  const transient = running.filter((domain) => !domain.persistent);
  // A saved domain comes back as it was, paused too.
  const paused = args.drain.method === "shutdown" ? running.filter((domain) => domain.state === "paused") : [];
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

/** What `drain.order` says: domains that it does not name stop first and start last. */
export function inStartOrder<T extends { readonly name: string }>(
  domains: readonly T[],
  order: readonly string[],
): readonly T[] {
  const place = ({ name }: T) => (order.includes(name) ? order.indexOf(name) : order.length);
  return [...domains].sort((left, right) => place(left) - place(right));
}

/** Groups that stop one after the other, each at once. */
export function stopGroups<T extends { readonly name: string }>(
  domains: readonly T[],
  order: readonly string[],
): readonly (readonly T[])[] {
  const others = domains.filter(({ name }) => !order.includes(name));
  const named = inStartOrder(domains, order).filter(({ name }) => order.includes(name));
  return [...(others.length === 0 ? [] : [others]), ...named.toReversed().map((one) => [one])];
}

/** Names in `drain.order` that no domain of the host has. */
export function orderWarnings({ drain }: HostTuningArgs, snapshot: HostSnapshot): readonly string[] {
  const known = new Set((snapshot.libvirt?.domains ?? []).map(({ name }) => name));
  const missing = drain.order.filter((name) => !known.has(name));
  return missing.length === 0 ? [] : [`drain.order: no domain of this host is named ${missing.join(", ")}`];
}

interface Drain {
  readonly drain: HostTuningArgs["drain"];
  readonly progress: (message: string) => void;
}

/** Stops what runs, and waits. What does not end in time is not forced: everything is started again. */
export async function drain(host: LockedHost, domains: readonly Domain[], { drain, progress }: Drain): Promise<void> {
  if (domains.length === 0) return;
  const lineOf = ({ uuid, name }: Domain) => `${uuid} ${name.replaceAll(/[\r\n]/g, " ")}`;
  const setting = "drain";
  const listed = inStartOrder(domains, drain.order).map(lineOf);
  await host.script({ name: "note the domains", setting, script: listScript, args: listed });
  const deadline = Date.now() + drain.timeoutSeconds * 1000;
  let done = 0;
  for (const group of stopGroups(domains, drain.order)) {
    done += group.length;
    progress(`stopping vm ${group.map(({ name }) => name).join(", ")} ${done}/${domains.length}`);
    const left = Math.max(1, Math.round((deadline - Date.now()) / 1000));
    await host.script({
      name: "stop the domains",
      setting,
      script: stopScript,
      args: [drain.method, String(left), String(drain.timeoutSeconds), ...group.map(lineOf)],
      timeoutSeconds: left + 600,
    });
  }
}

interface Start {
  /** In the order in which they start. */
  readonly uuids: readonly string[];
  readonly progress: (index: number, uuid: string) => void;
}

/**
 * Starts what was stopped; a domain that runs already (autostart) is left. Those of `uuids` one by one, then whatever else is
 * on the host's list. Gives a line for each that is gone. One that does not start keeps no other from starting.
 */
export async function startAgain(
  host: LockedHost,
  { uuids, progress }: Start = { uuids: [], progress: () => undefined },
): Promise<readonly string[]> {
  const start = async (args: readonly string[]) => {
    const name = "start the domains again";
    const output = await host.script({ name, setting: "drain", script: startScript, args, timeoutSeconds: 3600 });
    return output.split("\n").filter((line) => line.startsWith("domain "));
  };
  const gone: string[] = [];
  for (const [index, uuid] of (uuids.length > 1 ? uuids : []).entries()) {
    progress(index, uuid);
    const found = await attempt(() => start([uuid]));
    if (!(found instanceof Error)) gone.push(...found);
    else if (found instanceof TransportError) throw found;
  }
  // All that is left: what was alone, what did not start at first, what an earlier run had stopped.
  return [...gone, ...(await start([]))];
}
