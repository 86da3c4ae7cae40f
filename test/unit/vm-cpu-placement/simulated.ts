/* A domain in memory: what libvirt would make of the actions of a plan. */
import { editDomain, readDomain } from "../../../provider/vm-cpu-placement/domain-xml";
import { withChanges, type FactChanges, type Facts } from "../../../provider/vm-cpu-placement/facts";
import { defaultPeriod, defaultShares } from "../../../provider/vm-cpu-placement/live-equality";
import type { Domain, PlacementPlan } from "../../../provider/vm-cpu-placement/model";
import { freeCpus, planPlacement } from "../../../provider/vm-cpu-placement/placement";
import type { PlacementFields } from "../../../provider/vm-cpu-placement/desired-context";
import type { DomainRecord } from "../../../provider/vm-cpu-placement/record";
import { recordAfter, recordBefore } from "../../../provider/vm-cpu-placement/record-update";
import { documentOf, roomyHost, uuid } from "./support";

export const emptyDomain = `<domain type='kvm'>
  <name>db</name>
  <uuid>${uuid}</uuid>
  <memory unit='KiB'>4194304</memory>
  <currentMemory unit='KiB'>4194304</currentMemory>
  <vcpu placement='static'>4</vcpu>
  <os>
    <type arch='x86_64' machine='pc-q35-7.2'>hvm</type>
  </os>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
  </devices>
</domain>
`;

/** What takes one set of facts to another. */
export function changesBetween(from: Facts, to: Facts): FactChanges {
  const gone = [...from.keys()].filter((setting) => !to.has(setting)).map((setting) => [setting, null] as const);
  return new Map<string, string | null>([...gone, ...to]);
}

export interface Simulated {
  readonly xml: string;
  /** Undefined: shut off. */
  readonly live: Facts | undefined;
  readonly record: DomainRecord | undefined;
}

export function domainOf({ xml, live }: Simulated): Domain {
  const config = readDomain(xml);
  return {
    uuid,
    name: "db",
    state: live === undefined ? "shut off" : "running",
    persistent: true,
    managedSave: false,
    autostart: false,
    snapshots: false,
    live: live === undefined ? undefined : documentOf(Object.fromEntries(live)),
    config,
  };
}

/** What a run does, or nothing where the preflight refuses it. */
export function run(fields: PlacementFields, before: Simulated): { after: Simulated; plan: PlacementPlan } {
  const domain = domainOf(before);
  const plan = planPlacement(fields, { domain, record: before.record, host: roomyHost, others: [] });
  if (plan.problems.length > 0) return { after: before, plan };
  const record = recordBefore({ record: before.record, urn: "urn", domain, plan });
  const xml = editDomain(before.xml, plan.actions.config);
  const live =
    before.live === undefined
      ? undefined
      : plan.actions.restart
        ? readDomain(xml).facts
        : withChanges(before.live, liveResults(plan.actions.live, freeCpus(domain, roomyHost)));
  return { after: { xml, live, record: recordAfter(record, plan) }, plan };
}

/** A running domain's pins and weights can be put back, but not taken out of its XML. */
function liveResults(changes: FactChanges, everywhere: string): FactChanges {
  return new Map(
    [...changes].map(([setting, value]): readonly [string, string | null] => {
      if (value !== null) return [setting, value];
      if (/^(vcpuPins\.|emulatorPin$)/.test(setting)) return [setting, everywhere];
      const left: Readonly<Record<string, string>> = {
        cpuShares: defaultShares(roomyHost),
        "cpuBandwidth.periodMicroseconds": defaultPeriod,
        "cpuBandwidth.quotaMicroseconds": "-1",
      };
      return [setting, left[setting] ?? null];
    }),
  );
}
