/*
 * What counters say over an interval: where threads ran, whether they moved, how long they waited; who else ran and which
 * interrupts came on their CPUs; whether a node gave memory away. Steal is the guest's word: on the host it is the time
 * that a thread was ready and did not run (/proc/PID/task/TID/schedstat).
 */
import type { DomainThread, HostSnapshot } from "../host/snapshot";
import { CpuSet } from "../linux/cpu-set";
import { readIsolation } from "../linux/cpu-isolation";
import { readTopology } from "../linux/topology";
import type { Domain } from "../vm-cpu-placement/model";
import type { Check } from "./model";
import type { Round, Sample, ThreadSample } from "./sample";

/** A vCPU may wait this share of the time: above it somebody else has its CPU. */
const delayLimit = 0.01;
/** Clock ticks: what runs less in the interval is no competitor. */
const tickLimit = 2;

interface Interval {
  readonly first: Round;
  readonly second: Round;
  readonly seconds: number;
}

export function intervalOf({ first, second }: Sample): Interval | undefined {
  if (second === undefined || second.seconds <= first.seconds) return undefined;
  return { first, second, seconds: second.seconds - first.seconds };
}

/** The CPUs that domains have for themselves: pinned one by one. */
export function ownCpus(domains: readonly Domain[]): CpuSet {
  return CpuSet.from(
    domains.flatMap(({ process }) =>
      (process?.threads ?? []).filter(isVcpu).flatMap(({ cpus }) => {
        const set = CpuSet.parse(cpus);
        return set.size === 1 ? [...set] : [];
      }),
    ),
  );
}

const isVcpu = ({ name }: Pick<DomainThread, "name">): boolean => /^CPU \d+\/(KVM|TCG)$/.test(name);

export function threadChecks({ name, process }: Domain, sample: Sample): readonly Check[] {
  if (process === undefined) return [];
  const interval = intervalOf(sample);
  return process.threads
    .filter((thread) => isVcpu(thread) || /^IO iothread\d+$/.test(thread.name))
    .flatMap((thread): readonly Check[] => {
      const last = (sample.second ?? sample.first).threads.get(thread.tid);
      if (last === undefined) return [];
      const allowed = CpuSet.parse(thread.cpus);
      const where: Check = {
        id: "thread.cpu",
        subject: name,
        check: `${thread.name} ran last on one of its CPUs`,
        expected: allowed.toString(),
        actual: String(last.cpu),
        source: `/proc/${process.pid}/task/${thread.tid}/stat`,
        verdict: allowed.has(last.cpu) ? "pass" : "fail",
        remedy: "the mask was set after the thread ran, and the thread sleeps since; look again when it has run",
      };
      return [where, ...(interval === undefined ? [] : moves(thread, { name, pid: process.pid, interval, allowed }))];
    });
}

interface Moving {
  readonly name: string;
  readonly pid: number;
  readonly interval: Interval;
  readonly allowed: CpuSet;
}

function moves(thread: DomainThread, { name, pid, interval, allowed }: Moving): readonly Check[] {
  const [before, after] = [interval.first, interval.second].map((round) => round.threads.get(thread.tid));
  if (before === undefined || after === undefined) return [];
  const checks: Check[] = [];
  const folder = `/proc/${pid}/task/${thread.tid}`;
  if (before.migrations !== undefined && after.migrations !== undefined && allowed.size === 1)
    checks.push({
      id: "thread.migrations",
      subject: name,
      check: `${thread.name} stays on its CPU`,
      expected: "0 migrations",
      actual: `${after.migrations - before.migrations} migrations`,
      source: `${folder}/sched`,
      verdict: after.migrations === before.migrations ? "pass" : "fail",
      remedy: "its mask is changed while it runs: look for who else pins (hooks, agents)",
    });
  if (before.waitNanoseconds !== undefined && after.waitNanoseconds !== undefined) {
    const share = (after.waitNanoseconds - before.waitNanoseconds) / 1e9 / interval.seconds;
    checks.push({
      id: "thread.delay",
      subject: name,
      check: `${thread.name} does not wait for its CPU`,
      expected: `less than ${String(delayLimit * 100)} % of the time`,
      actual: `${(share * 100).toFixed(2)} %, ${rate(before, after, interval)} context switches a second`,
      source: `${folder}/schedstat`,
      verdict: share < delayLimit ? "pass" : "fail",
      remedy: "somebody else runs on its CPU: isolation, fewer vCPUs on it, or the emulator elsewhere",
    });
  }
  return checks;
}

function rate(before: ThreadSample, after: ThreadSample, { seconds }: Interval): string {
  const switches = (after.contextSwitches ?? 0) - (before.contextSwitches ?? 0);
  return (switches / seconds).toFixed(0);
}

/** Who else uses the CPUs that the host or a domain has set apart. */
export function intruderChecks(snapshot: HostSnapshot, sample: Sample, domains: readonly Domain[]): readonly Check[] {
  const interval = intervalOf(sample);
  const { online } = readTopology(snapshot.files);
  const { isolated, reserved, domains: bounds } = readIsolation(snapshot.files, online);
  // Beside the isolated CPUs those that a vCPU has for itself in a partition. A pin alone sets no CPU apart.
  const apart = isolated.union(reserved.isEmpty ? CpuSet.empty : ownCpus(domains).intersect(bounds));
  if (interval === undefined || apart.isEmpty) return [];
  const pids = new Set(domains.flatMap(({ process }) => (process === undefined ? [] : [process.pid])));
  const threads = [...interval.second.threads.values()].filter((thread) => {
    const before = interval.first.threads.get(thread.tid);
    const ran = thread.ticks - (before?.ticks ?? thread.ticks);
    return !thread.kernel && !pids.has(thread.pid) && ran > tickLimit && apart.has(thread.cpu);
  });
  return [
    {
      id: "intruders.threads",
      subject: "host",
      check: "no other program runs on CPUs that are set apart",
      expected: `none on ${apart.toString()}`,
      actual: listed(threads.map(({ name, pid, cpu }) => `${name} (${pid}) on CPU ${cpu}`)),
      source: "/proc/*/task/*/stat",
      verdict: threads.length === 0 ? "pass" : "fail",
      remedy: "isolation of these CPUs (HostTuning: isolation), or systemdCpuAffinity for the host's own work",
    },
    interrupts(interval, apart),
  ];
}

function interrupts({ first, second, seconds }: Interval, apart: CpuSet): Check {
  const came = [...second.interrupts].flatMap(([name, counts]) => {
    const before = first.interrupts.get(name);
    const cpus = counts.flatMap((count, cpu) =>
      apart.has(cpu) && count - (before?.[cpu] ?? count) > seconds ? [cpu] : [],
    );
    return cpus.length === 0 ? [] : [`${name} on CPU ${CpuSet.from(cpus).toString()}`];
  });
  return {
    id: "intruders.interrupts",
    subject: "host",
    check: "no device interrupts CPUs that are set apart",
    expected: "at most one a second",
    actual: listed(came),
    source: "/proc/interrupts",
    verdict: came.length === 0 ? "pass" : "fail",
    remedy: "HostTuning: irqAffinity, irqbalance; isolation: { managedIrq: true } for queues that the kernel places",
  };
}

const listed = (all: readonly string[]): string =>
  all.length === 0 ? "none" : `${all.slice(0, 5).join(", ")}${all.length > 5 ? ` and ${all.length - 5} more` : ""}`;

/** Of the counters since boot only what grew in the interval says something. */
export function missChecks(sample: Sample): readonly Check[] {
  const interval = intervalOf(sample);
  if (interval === undefined) return [];
  return [...interval.second.numaMisses].map(([node, count]) => {
    const grown = count - (interval.first.numaMisses.get(node) ?? count);
    return {
      id: "numa.miss",
      subject: "host",
      check: `node ${node} gives no pages that were meant for another node`,
      expected: "0",
      actual: `${grown} pages in ${interval.seconds.toFixed(1)} s`,
      source: `/sys/devices/system/node/node${node}/numastat`,
      verdict: grown === 0 ? "pass" : "fail",
      remedy: "the preferred node is full: huge pages there, mode strict, or a smaller domain",
    };
  });
}
