import { CpuSet } from "../linux/cpu-set";
import type { Verification } from "../impact";
import type { DomainThread } from "../host/snapshot";
import { parseSetting, unpinned, type Setting } from "./facts";
import type { Domain, PlacementPlan, Row } from "./model";

/**
 * What is wanted against what is: for pins of a running domain the kernel's own masks of QEMU's threads, not libvirt's
 * word. (`taskset -cp PID` shows the main thread alone.)
 */
export function verificationsOf(plan: PlacementPlan, domain: Domain): readonly Verification[] {
  return plan.rows.filter((row) => !row.dropped).map((row) => verificationOf(row, domain));
}

function verificationOf(row: Row, domain: Domain): Verification {
  const { setting, side } = row;
  const expected = row.desired ?? "(absent)";
  if (side === "config") {
    const actual = row.actual ?? "(absent)";
    return {
      check: `${setting} (config)`,
      expected,
      actual,
      source: "virsh dumpxml --inactive",
      verdict: verdictOf(!row.differs),
    };
  }
  const parsed = parseSetting(setting);
  if (parsed.kind === "numa" || expected === unpinned || row.desired === null) {
    return {
      check: setting,
      expected,
      actual: row.actual ?? "(absent)",
      source: "virsh dumpxml",
      verdict: verdictOf(!row.differs),
    };
  }
  const { threads } = domain.process ?? {};
  const source = "/proc/PID/task/*/status of the domain's process";
  if (threads === undefined || threads.length === 0) {
    return { check: setting, expected, actual: "the domain's process was not found", source, verdict: "unknown" };
  }
  return { check: setting, ...maskOf(parsed, { threads, expected, domain }), expected, source };
}

const verdictOf = (good: boolean): "pass" | "fail" => (good ? "pass" : "fail");

interface Threads {
  readonly threads: readonly DomainThread[];
  readonly expected: string;
  readonly domain: Domain;
}

function maskOf(setting: Setting, { threads, expected, domain }: Threads): Pick<Verification, "actual" | "verdict"> {
  if (setting.kind === "emulatorPin") return emulatorMask(threads, expected, domain);
  const name =
    setting.kind === "vcpuPin"
      ? new RegExp(`^CPU ${setting.vcpu}/`)
      : setting.kind === "iothread"
        ? new RegExp(`^IO iothread${setting.id}$`)
        : /^$/;
  const thread = threads.find((one) => name.test(one.name));
  // A vCPU that is not plugged in has no thread; its pin waits in the XML.
  if (thread === undefined)
    return { actual: "there is no such thread now", verdict: setting.kind === "vcpuPin" ? "notApplicable" : "fail" };
  return { actual: thread.cpus, verdict: verdictOf(thread.cpus === expected) };
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
function emulatorMask(
  threads: readonly DomainThread[],
  expected: string,
  domain: Domain,
): Pick<Verification, "actual" | "verdict"> {
  const placed = threads.filter(({ name }) => pinnedApart.test(name));
  const own = threads.filter(({ name }) => !pinnedApart.test(name) && !ofTheKernel.test(name));
  const main = own.find(({ tid }) => tid === domain.process?.pid);
  if (main === undefined) return { actual: "QEMU's main thread was not found", verdict: "unknown" };
  const allowed = placed.reduce((all, { cpus }) => all.union(CpuSet.parse(cpus)), CpuSet.parse(expected));
  const outside = own
    .filter(({ cpus }) => !CpuSet.parse(cpus).isSubsetOf(allowed))
    .map(({ name, cpus }) => `${name}: ${cpus}`);
  if (main.cpus !== expected) return { actual: main.cpus, verdict: "fail" };
  return outside.length === 0
    ? { actual: main.cpus, verdict: "pass" }
    : { actual: outside.join(", "), verdict: "fail" };
}
