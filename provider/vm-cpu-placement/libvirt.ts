import type { Step } from "../host/step";
import { kibOf, parseSetting, unpinned, type FactChanges, type Facts } from "./facts";
import type { HostFacts } from "./host-facts";
import { defaultPeriod, defaultShares } from "./live-equality";

/** Always the system's daemon: over SSH LIBVIRT_DEFAULT_URI or a login's session daemon would be asked instead. */
export const virsh = ["virsh", "-c", "qemu:///system"] as const;

interface LiveChanges {
  readonly uuid: string;
  readonly changes: FactChanges;
  readonly facts: Facts;
  /** Where a thread runs that loses its pin. */
  readonly everywhere: string;
  readonly host: HostFacts;
}

/**
 * One virsh call for each live change; a new I/O thread takes two, all weights take one. Pins come before vCPUs that
 * are plugged in, so that these start where they belong. The UUID stands for the name, which may begin with a dash.
 */
export function liveSteps(request: LiveChanges): readonly Step[] {
  const { uuid, changes, facts, everywhere } = request;
  const pins = [...changes].flatMap(([setting, value]): readonly Step[] => {
    const call = (verb: string, ...args: readonly string[]): Step => step(uuid, setting, [verb, ...args]);
    const cpus = value === null || value === unpinned ? everywhere : value;
    const one = parseSetting(setting);
    if (one.kind === "vcpuPin") return [call("vcpupin", String(one.vcpu), cpus)];
    if (setting === "emulatorPin") return [call("emulatorpin", cpus)];
    if (one.kind !== "iothread") return [];
    if (value === null) return [call("iothreaddel", String(one.id))];
    const added = !facts.has(setting);
    return [
      ...(added ? [call("iothreadadd", String(one.id))] : []),
      // A new thread runs where the domain may, as it is.
      ...(added && value === unpinned ? [] : [call("iothreadpin", String(one.id), cpus)]),
    ];
  });
  return [...pins, ...weights(request), ...amounts(request)];
}

function step(uuid: string, setting: string, [verb = "", ...args]: readonly string[]): Step {
  return { kind: "run", setting, argv: [...virsh, verb, uuid, ...args, "--live"], timeoutSeconds: 120 };
}

function weights({ uuid, changes, host }: LiveChanges): readonly Step[] {
  const parameters: readonly (readonly [setting: string, parameter: string, otherwise: string])[] = [
    ["cpuShares", "cpu_shares", defaultShares(host)],
    ["cpuBandwidth.periodMicroseconds", "vcpu_period", defaultPeriod],
    ["cpuBandwidth.quotaMicroseconds", "vcpu_quota", "-1"],
  ];
  const given = parameters.filter(([setting]) => changes.has(setting));
  const [first] = given;
  if (first === undefined) return [];
  const set = given.flatMap(([setting, parameter, otherwise]) => [
    "--set",
    `${parameter}=${changes.get(setting) ?? otherwise}`,
  ]);
  return [step(uuid, first[0], ["schedinfo", ...set])];
}

function amounts({ uuid, changes, facts }: LiveChanges): readonly Step[] {
  const limit = changes.get("memoryBacking.hardLimit");
  const nodeset = changes.get("numa.nodeset");
  const current = changes.get("vcpus.current");
  const kib = String(kibOf(limit) ?? -1);
  return [
    ...(limit === undefined ? [] : [step(uuid, "memoryBacking.hardLimit", ["memtune", "--hard-limit", kib])]),
    // Only the nodeset of mode restrictive gets here (impact.ts).
    ...(typeof nodeset === "string" ? [step(uuid, "numa.nodeset", ["numatune", "--nodeset", nodeset])] : []),
    ...(current === undefined
      ? []
      : [step(uuid, "vcpus.current", ["setvcpus", current ?? facts.get("vcpus.maximum") ?? "1"])]),
  ];
}
