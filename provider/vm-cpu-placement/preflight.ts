import { CpuSet } from "../linux/cpu-set";
import type { Problem } from "../resource";
import { inOrder } from "./desired";
import { withChanges, type FactChanges } from "./facts";
import type { Domain } from "./model";
import { pins, warningsOf, type Request } from "./preflight-warnings";
import type { BySide } from "./record";

/**
 * What libvirt would find out only when the domain starts, or never: a definition is checked as XML, not against the
 * host.
 */
export function preflight(request: Request): {
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
} {
  return {
    problems: [...hostProblems(request), ...domainProblems(request)],
    warnings: warningsOf(request),
  };
}

function hostProblems(request: Request): readonly Problem[] {
  const { online, offline, nodes } = request.host;
  const cpuProblems = pins(request).flatMap(({ setting, cpus }) => {
    const missing = cpus.minus(online).minus(offline);
    const off = cpus.intersect(offline);
    if (!missing.isEmpty)
      return [{ path: setting, reason: `${named("CPU", missing)} not on this host: it has CPUs ${String(online)}` }];
    return off.isEmpty
      ? []
      : [
          {
            path: setting,
            reason: `${named("CPU", off)} offline: bring them online (echo 1 > /sys/devices/system/cpu/cpuN/online) or choose others of ${String(online)}`,
          },
        ];
  });
  const nodeset = request.wanted.get("numa.nodeset");
  const missing = nodeset == null ? CpuSet.empty : CpuSet.parse(nodeset).minus(nodes);
  const nodeProblems = missing.isEmpty
    ? []
    : [
        {
          path: "numa.nodeset",
          reason: `${named("NUMA node", missing)} not on this host: it has nodes ${String(nodes)}`,
        },
      ];
  return [...cpuProblems, ...nodeProblems];
}

const named = (what: string, set: CpuSet): string =>
  set.size === 1 ? `${what} ${String(set)} is` : `${what}s ${String(set)} are`;

function domainProblems(request: Request): readonly Problem[] {
  const { domain, targets } = request;
  if (domain === undefined) return [];
  const settled = ["running", "paused", "shut off"].includes(domain.state);
  const reason = `domain "${domain.name}" is ${domain.state}: wait until it runs or is shut off`;
  return [
    ...(settled ? [] : [{ path: "domain", reason }]),
    ...vcpuProblems(request, domain),
    ...numaProblems(domain, targets),
    ...savedProblems(request, domain),
  ];
}

function vcpuProblems(request: Request, domain: Domain): readonly Problem[] {
  const { maximumVcpus } = domain.config ?? domain.live ?? { maximumVcpus: Number.POSITIVE_INFINITY };
  const given = request.fields.vcpuPins;
  if (typeof given === "string") {
    const count = inOrder(given).length;
    const reason =
      `names ${count} CPUs for the ${maximumVcpus} vCPUs of domain "${domain.name}": ` +
      "a list is one CPU for each, in order. Give as many, or a map from vCPU to CPUs";
    return count === maximumVcpus ? [] : [{ path: "vcpuPins", reason }];
  }
  const reason = `domain "${domain.name}" has no such vCPU: it has ${maximumVcpus} at most (0-${maximumVcpus - 1})`;
  return pins(request).flatMap(({ setting, parsed }) =>
    parsed.kind === "vcpuPin" && parsed.vcpu >= maximumVcpus ? [{ path: setting, reason }] : [],
  );
}

function numaProblems(domain: Domain, targets: BySide<FactChanges>): readonly Problem[] {
  const facts = (["config", "live"] as const).flatMap((side) => {
    const given = domain[side]?.facts;
    return given === undefined ? [] : [withChanges(given, targets[side])];
  })[0];
  const incomplete = facts?.has("numa.mode") === true && !facts.has("numa.nodeset") && !facts.has("numa.placement");
  const touched = [...targets.config.keys(), ...targets.live.keys()].some((setting) => setting.startsWith("numa."));
  return incomplete && touched
    ? [
        {
          path: "numa.nodeset",
          reason: `is needed: domain "${domain.name}" has none, and libvirt takes no mode without it`,
        },
      ]
    : [];
}

/** A pin can be mended live once the saved domain runs again; its memory stays where it was. */
function savedProblems({ wanted }: Request, domain: Domain): readonly Problem[] {
  if (!domain.managedSave || domain.live !== undefined) return [];
  const differing = [...wanted].filter(
    ([setting, value]) => setting.startsWith("numa.") && (domain.config?.facts.get(setting) ?? null) !== value,
  );
  const reason =
    `domain "${domain.name}" is saved, and its next start resumes it with the memory placement it was saved with. ` +
    `Start it and shut it down in the guest, or give up what is saved (virsh managedsave-remove ${domain.uuid}), and run again`;
  return differing.map(([path]) => ({ path, reason }));
}
