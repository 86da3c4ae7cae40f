/*
 * Turns to reboot: of a group at most `count` hosts are down at once. Within this process by a counter; over stacks by a
 * list of leases on one host, which is written under a flock there. A host that did not come back stops its group: others
 * are not rebooted into the same end.
 */
import type { Hosts } from "../host/hosts";
import { TransportError } from "../transport/transport";
import { leaseScript } from "./lease-script";
import type { MaxUnavailable } from "./max-unavailable";

export interface TurnRequest extends MaxUnavailable {
  /** The host whose turn it is. */
  readonly host: string;
  /** How long a turn can take: then a lease is free, whatever became of its holder. */
  readonly seconds: number;
  readonly onWait: (why: string) => void;
}

export interface Turn {
  /** `lost`: the host did not come back as it should. */
  end(outcome: "available" | "lost"): Promise<void>;
}

export interface RebootSlots {
  take(request: TurnRequest): Promise<Turn>;
}

/** Nothing was rebooted, for another host's sake. */
export class WaveStopped extends Error {
  override readonly name = "WaveStopped";
}

export function createRebootSlots(hosts: Pick<Hosts, "query">, pauseMilliseconds = 5000): RebootSlots {
  const groups = new Map<string, Group>();
  return {
    take: async (request) => {
      const own = groups.get(request.group) ?? new Group(request.group);
      groups.set(request.group, own);
      await own.enter(request);
      try {
        const lease = await takeLease(hosts, request, { pauseMilliseconds, stopped: () => own.stopped });
        return {
          end: async (outcome) => {
            own.leave(request.host, outcome);
            await lease(outcome);
          },
        };
      } catch (error) {
        own.leave(request.host, "available");
        throw error;
      }
    },
  };
}

/** The turns of one process. */
class Group {
  private readonly down = new Set<string>();
  private waiting: (() => void)[] = [];
  private lost: string | undefined;

  constructor(private readonly name: string) {}

  get stopped(): WaveStopped | undefined {
    return this.lost === undefined ? undefined : waveStopped(this.lost, this.name);
  }

  async enter({ count, host, onWait }: TurnRequest): Promise<void> {
    while (this.stopped === undefined && this.down.size >= count) {
      onWait(`waiting for ${[...this.down].join(", ")} to be back (maxUnavailable: ${count})`);
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    if (this.stopped !== undefined) throw this.stopped;
    this.down.add(host);
  }

  leave(host: string, outcome: "available" | "lost"): void {
    this.down.delete(host);
    if (outcome === "lost") this.lost = host;
    const all = this.waiting;
    this.waiting = [];
    for (const wake of all) wake();
  }
}

const waveStopped = (host: string, group: string, more = ""): WaveStopped =>
  new WaveStopped(
    `nothing was rebooted: ${host} did not come back as it should from its reboot, and is of the same group (maxUnavailable.group ${JSON.stringify(group)}).${more} The arguments are written for the next boot; run again when that host is mended`,
  );

interface Waiting {
  readonly pauseMilliseconds: number;
  readonly stopped: () => WaveStopped | undefined;
}

type EndLease = (outcome: "available" | "lost") => Promise<void>;

async function takeLease(hosts: Pick<Hosts, "query">, request: TurnRequest, waiting: Waiting): Promise<EndLease> {
  const { leaseHost, group, host, count, seconds } = request;
  if (leaseHost === undefined) return () => Promise.resolve();
  const ask = (verb: string, ...more: readonly string[]) =>
    hosts.query(leaseHost, { name: "lease", script: leaseScript, args: [verb, group, host, ...more], beside: true });
  for (;;) {
    const answer = await askPatiently(() => ask("take", String(count), String(seconds)), request);
    if (answer.verdict === "taken") break;
    if (answer.verdict === "lost")
      throw waveStopped(
        answer.words,
        group,
        ` It is noted on ${leaseHost.host}, in /var/lib/kvm-tuning/leases/${group}: remove its line there when it is mended.`,
      );
    request.onWait(`waiting for ${answer.words} to be back (maxUnavailable: ${count}, leases on ${leaseHost.host})`);
    await new Promise((resolve) => setTimeout(resolve, waiting.pauseMilliseconds));
    const stopped = waiting.stopped();
    if (stopped !== undefined) throw stopped;
  }
  // A lease that cannot be given back ends by itself.
  return async (outcome) => {
    await ask(outcome === "lost" ? "lose" : "give").catch(() => "");
  };
}

interface Answer {
  readonly verdict: "taken" | "wait" | "lost";
  readonly words: string;
}

/** The lease host may itself be one that is being rebooted. */
async function askPatiently(ask: () => Promise<string>, { leaseHost, onWait, seconds }: TurnRequest): Promise<Answer> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    try {
      return parseAnswer(await ask(), leaseHost?.host ?? "");
    } catch (error) {
      if (!(error instanceof TransportError) || Date.now() > deadline) throw error;
      onWait(`waiting for the lease host: ${error.message}`);
      await new Promise((resolve) => setTimeout(resolve, 5000));
    }
  }
}

function parseAnswer(output: string, host: string): Answer {
  const found = /^(taken|wait|lost)(?: (.*))?$/m.exec(output);
  if (found === null) throw new Error(`${host} cannot keep leases: ${output.trim() || "no answer"}`);
  return { verdict: found[1] as Answer["verdict"], words: found[2] ?? "" };
}
