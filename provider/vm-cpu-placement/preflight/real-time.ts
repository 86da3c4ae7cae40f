/*
 * Real-time threads (fifo, rr) run until they sleep: whatever else shares their CPU waits for as long. Works on any
 * kernel, but for what sched_rt_runtime_us leaves them (Documentation/scheduler/sched-rt-group.rst).
 */
import { CpuSet } from "../../linux/cpu-set";
import type { FactChanges } from "../facts";
import { problem, warning, type Finding } from "./finding";
import { firstOf, pinsOf, type Judged, type Pin } from "./judged";
import { isOrAre, named } from "./wording";

export function realTimeFindings(judged: Judged): readonly Finding[] {
  return [...kernelFindings(judged), ...placeFindings(judged)];
}

const isRealTime = (scheduler: string | null): boolean => /^(fifo|rr)\b/.test(scheduler ?? "");

const realTimeVcpus = (facts: FactChanges): CpuSet =>
  CpuSet.from(
    [...facts].flatMap(([setting, value]) => {
      const vcpu = /^vcpuScheduler\.(\d+)$/.exec(setting)?.[1];
      return vcpu !== undefined && isRealTime(value) ? [Number(vcpu)] : [];
    }),
  );

function kernelFindings({ wanted, host }: Judged): readonly Finding[] {
  const names = ["vcpuScheduler", "emulatorScheduler", "iothreadScheduler"];
  const path = names.find((name) =>
    [...wanted].some(([setting, value]) => setting.split(".")[0] === name && isRealTime(value)),
  );
  if (path === undefined) return [];
  const { runtimeMicroseconds: runtime, periodMicroseconds: period, groupScheduling } = host.realTime;
  const sysctl = 'HostTuning: sysctl: { "kernel.sched_rt_runtime_us": -1 }';
  if (runtime === 0)
    return [problem(path, `kernel.sched_rt_runtime_us is 0: real-time threads get no time at all. Set it (${sysctl})`)];
  if (host.cgroup === 1 && groupScheduling) {
    const reason =
      "this kernel shares real-time out to groups (cgroup v1, CONFIG_RT_GROUP_SCHED), and libvirt's groups have none: the " +
      'start would fail ("Operation not permitted"). Boot with cgroup v2 (systemd.unified_cgroup_hierarchy=1), or give ' +
      "machine.slice and the domain's groups a cpu.rt_runtime_us";
    return [problem(path, reason)];
  }
  if (runtime === undefined || period === undefined || runtime === -1 || runtime >= period) return [];
  const reason =
    `kernel.sched_rt_runtime_us is ${runtime} of ${period}: a real-time thread that does not sleep is stopped for ` +
    `${period - runtime} µs of each ${period} µs. To take the limit off: ${sysctl}`;
  return [warning(path, reason)];
}

function placeFindings(judged: Judged): readonly Finding[] {
  if (firstOf(judged, "vcpuScheduler", "vcpuPins", "emulatorPin", "iothreads") === undefined) return [];
  const vcpus = realTimeVcpus(judged.facts);
  if (vcpus.isEmpty) return [];
  const pins = pinsOf(judged.facts);
  const own = pins.filter(({ kind, id }) => kind === "vcpuPin" && vcpus.has(id));
  const unpinned = vcpus.minus(CpuSet.from(own.map(({ id }) => id)));
  const rules: readonly (Finding | undefined)[] = [
    unpinned.isEmpty
      ? undefined
      : say(
          `${named("vCPU", unpinned)} ${isOrAre(unpinned)} real-time and not pinned: ${each(unpinned)} may block any CPU. Pin to one CPU each`,
        ),
    ...pins.filter(({ kind }) => kind !== "vcpuPin").map((pin) => sharedWith(own, pin)),
    onCpus(own, CpuSet.of(0), "the host's own work is (interrupts, kernel threads), which would wait"),
    judged.host.isolated.isEmpty ? undefined : outside(own, judged.host.isolated),
  ];
  return rules.flatMap((finding) => finding ?? []);
}

const say = (reason: string): Finding => problem("vcpuScheduler", reason);

const each = (set: CpuSet): string => (set.size === 1 ? "it" : "each");

const vcpusOf = (pins: readonly Pin[]): CpuSet => CpuSet.from(pins.map(({ id }) => id));

function sharedWith(own: readonly Pin[], { kind, id, cpus }: Pin): Finding | undefined {
  const who = kind === "emulatorPin" ? "the emulator (emulatorPin)" : `I/O thread ${id} (iothreads)`;
  return onCpus(own, cpus, `${who} may run, and would wait`);
}

function onCpus(own: readonly Pin[], others: CpuSet, who: string): Finding | undefined {
  const here = own.filter(({ cpus }) => cpus.intersects(others));
  if (here.length === 0) return undefined;
  const vcpus = vcpusOf(here);
  const cpus = CpuSet.union(here.map((pin) => pin.cpus)).intersect(others);
  return say(
    `real-time ${named("vCPU", vcpus)} ${isOrAre(vcpus)} on ${named("CPU", cpus)}, where ${who}. Pin ${vcpus.size === 1 ? "it" : "them"} to other CPUs`,
  );
}

function outside(own: readonly Pin[], isolated: CpuSet): Finding | undefined {
  const here = own.filter(({ cpus }) => !cpus.isSubsetOf(isolated));
  if (here.length === 0) return undefined;
  const vcpus = vcpusOf(here);
  const cpus = CpuSet.union(here.map((pin) => pin.cpus)).minus(isolated);
  return say(
    `real-time ${named("vCPU", vcpus)} ${isOrAre(vcpus)} on ${named("CPU", cpus)}, outside of the isolated CPUs (${String(isolated)}), where the host's tasks run. Pin ${vcpus.size === 1 ? "it" : "them"} to isolated CPUs`,
  );
}
