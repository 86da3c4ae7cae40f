import type { DomainThread } from "../host/snapshot";
import type { Verification } from "../impact";
import { CpuSet } from "../linux/cpu-set";
import { parseSetting, unpinned, type Setting } from "./facts";
import type { Domain, Row } from "./model";

type Found = Pick<Verification, "actual" | "source" | "verdict">;

const masks = "/proc/PID/task/*/status of the domain's process";
const cpusets = "cpuset.cpus of the domain's cgroups";
const classes = "/proc/PID/task/*/stat of the domain's process";
const weights = "cpu.weight of the domain's cgroup";

/** What the kernel says of the thread that a running domain's setting is about; undefined: it is about no thread. */
export function threadVerification({ setting, desired, differs }: Row, domain: Domain): Found | undefined {
  const one = parseSetting(setting);
  const thread = threadOf(one);
  if (setting === "cpuShares") return weight(desired, domain);
  if (thread === undefined || desired === null || desired === unpinned) return undefined;
  const threads = domain.process?.threads ?? [];
  const scheduled = /[sS]cheduler/.test(setting);
  if (threads.length === 0)
    return {
      actual: "the domain's process was not found",
      source: scheduled ? classes : masks,
      verdict: "unknown",
    };
  if (scheduled) return { ...schedulerOf(thread, { threads, desired, domain }), source: classes };
  const found = maskOf(thread, { threads, desired, domain });
  // What libvirt says is wrong is not mended by a mask that happens to be right.
  return differs && found.verdict === "pass" ? undefined : withCgroup(thread, desired, { found, domain });
}

/** How the thread is named: by QEMU, and by libvirt's cgroups. */
interface Thread {
  readonly pattern: RegExp | undefined;
  readonly cgroup: string;
}

function threadOf(setting: Setting): Thread | undefined {
  if ("vcpu" in setting) return { pattern: new RegExp(`^CPU ${setting.vcpu}/`), cgroup: `vcpu${setting.vcpu}` };
  if (setting.kind === "iothread" || setting.kind === "iothreadScheduler")
    return { pattern: new RegExp(`^IO iothread${setting.id}$`), cgroup: `iothread${setting.id}` };
  const emulator = setting.kind === "plain" && /^emulator(Pin|Scheduler)$/.test(setting.name);
  return emulator ? { pattern: undefined, cgroup: "emulator" } : undefined;
}

interface Threads {
  readonly threads: readonly DomainThread[];
  readonly desired: string;
  readonly domain: Domain;
}

const verdictOf = (good: boolean): "pass" | "fail" => (good ? "pass" : "fail");

/** A vCPU that is not plugged in has no thread; what is wanted of it waits in the XML. */
function missing({ cgroup }: Thread): Pick<Found, "actual" | "verdict"> {
  return { actual: "there is no such thread now", verdict: cgroup.startsWith("vcpu") ? "notApplicable" : "fail" };
}

function maskOf(thread: Thread, all: Threads): Pick<Found, "actual" | "verdict"> {
  if (thread.pattern === undefined) return emulatorMask(all);
  const found = all.threads.find((one) => thread.pattern?.test(one.name));
  if (found === undefined) return missing(thread);
  return { actual: found.cpus, verdict: verdictOf(found.cpus === all.desired) };
}

/** libvirt sets the mask and the cgroup; the narrower of the two is where the thread runs. */
function withCgroup(
  { cgroup }: Thread,
  desired: string,
  { found, domain }: { found: Pick<Found, "actual" | "verdict">; domain: Domain },
): Found {
  const cpus = domain.process?.cgroups?.get(cgroup)?.cpus;
  if (cpus === undefined || found.verdict !== "pass") return { ...found, source: masks };
  if (cpus === desired) return { ...found, source: `${masks}, ${cpusets}` };
  return { actual: `${cpus} by its cgroup`, source: cpusets, verdict: "fail" };
}

/** `fifo 1`, or the policy alone where there is no priority. */
function schedulerOf(thread: Thread, { threads, desired, domain }: Threads): Pick<Found, "actual" | "verdict"> {
  const found = threads.find((one) =>
    thread.pattern === undefined ? one.tid === domain.process?.pid : thread.pattern.test(one.name),
  );
  if (found === undefined) return missing(thread);
  if (found.policy === undefined) return { actual: "its scheduling class is not known", verdict: "unknown" };
  const actual = found.priority === undefined ? found.policy : `${found.policy} ${found.priority}`;
  return { actual, verdict: verdictOf(actual === desired) };
}

/** Only cgroup v2 has a weight in the numbers of the XML. */
function weight(desired: string | null, domain: Domain): Found | undefined {
  const actual = domain.process?.cgroups?.get("")?.weight;
  if (actual === undefined || desired === null) return undefined;
  return { actual: String(actual), source: weights, verdict: verdictOf(String(actual) === desired) };
}

/**
 * Threads of the kernel in QEMU's process: io_uring's workers and KVM's huge page recovery. They begin with the mask of
 * whichever thread first needed them, and libvirt places none of them.
 */
const ofTheKernel = /^(kvm-nx-|iou-)/;

const pinnedApart = /^(CPU \d+\/|IO iothread)/;

/**
 * The main thread must have the set. QEMU's other threads have that of the one that started them (a `worker` of an I/O
 * thread's pool its I/O thread's), so that only what lies outside of all of them is wrong.
 */
function emulatorMask({ threads, desired, domain }: Threads): Pick<Found, "actual" | "verdict"> {
  const placed = threads.filter(({ name }) => pinnedApart.test(name));
  const own = threads.filter(({ name }) => !pinnedApart.test(name) && !ofTheKernel.test(name));
  const main = own.find(({ tid }) => tid === domain.process?.pid);
  if (main === undefined) return { actual: "QEMU's main thread was not found", verdict: "unknown" };
  const allowed = placed.reduce((all, { cpus }) => all.union(CpuSet.parse(cpus)), CpuSet.parse(desired));
  const outside = own
    .filter(({ cpus }) => !CpuSet.parse(cpus).isSubsetOf(allowed))
    .map(({ name, cpus }) => `${name}: ${cpus}`);
  if (main.cpus !== desired) return { actual: main.cpus, verdict: "fail" };
  return outside.length === 0
    ? { actual: main.cpus, verdict: "pass" }
    : { actual: outside.join(", "), verdict: "fail" };
}
