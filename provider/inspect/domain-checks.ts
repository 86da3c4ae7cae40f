/*
 * A running domain against its own definition (a transient one against its document): the masks, schedulers and cgroups of
 * its threads, the place of its memory. The same rows as those of VmCpuPlacement, of a program that describes the domain.
 */
import type { HostSnapshot } from "../host/snapshot";
import type { MemoryLocation } from "../vm-cpu-placement/memory-location";
import { describedFields } from "../vm-cpu-placement/described-fields";
import type { Domain } from "../vm-cpu-placement/model";
import { planPlacement } from "../vm-cpu-placement/placement";
import { placementState } from "../vm-cpu-placement/placement-state";
import { verificationsOf } from "../vm-cpu-placement/verification";
import type { Check } from "./model";

export interface InspectedDomain {
  readonly domain: Domain;
  readonly checks: readonly Check[];
}

/** `memory`: by process id. Undefined: there is no such domain. Throws where libvirt or a document cannot be read. */
export function inspectDomain(
  snapshot: HostSnapshot,
  name: string,
  memory: ReadonlyMap<number, MemoryLocation> = new Map(),
): InspectedDomain | undefined {
  const state = placementState(snapshot, name);
  if (state.domain === undefined) return undefined;
  const place = memory.get(state.domain.process?.pid ?? -1);
  const domain: Domain = { ...state.domain, ...(place && { memory: place }) };
  // What runs is written out by libvirt (CPU features, defaults): the definition says what is meant, if there is one.
  const document = domain.config ?? domain.live;
  if (document === undefined) return undefined;
  const plan = planPlacement(describedFields(document.facts), { ...state, domain, record: undefined, others: [] });
  const checks = verificationsOf(plan, domain).map((one): Check => ({
    ...one,
    id: `domain.${one.check.replace(/ .*/, "").replace(/\.\d+/g, "")}`,
    subject: domain.name,
    ...(one.verdict === "fail" && { remedy: remedyOf(one.check) }),
  }));
  return { domain, checks: [...presence(domain), ...checks] };
}

function remedyOf(check: string): string {
  if (/^vcpuPins|emulatorPin|iothreads/.test(check))
    return "the thread was moved (taskset, a cgroup, CPU hotplug), or the definition was changed alone: virsh vcpupin --live --config, or VmCpuPlacement, which writes both";
  if (check.startsWith("memory of the guest"))
    return "memory that is elsewhere already does not move: restart the domain with mode strict and enough pages on its node";
  return "VmCpuPlacement sets it and shows the drift";
}

function presence({ name, state, live, process }: Domain): readonly Check[] {
  if (live === undefined) return [];
  return [
    {
      id: "domain.process",
      subject: name,
      check: "QEMU's process and a thread a vCPU",
      expected: "found",
      actual: process === undefined ? `not found (${state})` : `pid ${process.pid}, ${process.threads.length} threads`,
      source: "/run/libvirt/qemu/*.pid, /proc/PID/task",
      verdict: process === undefined ? "unknown" : "pass",
    },
  ];
}
