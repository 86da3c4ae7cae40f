import { CpuSet } from "../linux/cpu-set";
import type { PlacementFields } from "./desired";
import { parseSetting, unpinned, type FactChanges, type Setting } from "./facts";
import type { HostCpus } from "./host-cpus";
import type { Domain } from "./model";
import type { BySide } from "./record";

/** What is checked before anything is done. */
export interface Request {
  readonly fields: PlacementFields;
  readonly wanted: FactChanges;
  readonly targets: BySide<FactChanges>;
  readonly domain: Domain | undefined;
  readonly host: HostCpus;
}

interface Wanted {
  readonly setting: string;
  readonly parsed: Setting;
  readonly value: string;
}

function wantedValues({ wanted }: Request): readonly Wanted[] {
  return [...wanted].flatMap(([setting, value]) =>
    value === null ? [] : [{ setting, parsed: parseSetting(setting), value }],
  );
}

/** The pins among what is wanted, with their sets. */
export function pins(
  request: Request,
): readonly { readonly setting: string; readonly parsed: Setting; readonly cpus: CpuSet }[] {
  return wantedValues(request)
    .filter(({ parsed, value }) => parsed.kind !== "numa" && value !== unpinned)
    .map(({ setting, parsed, value }) => ({ setting, parsed, cpus: CpuSet.parse(value) }));
}

/** What works, but perhaps not as meant. */
export function warningsOf(request: Request): readonly string[] {
  return [
    ...isolationWarnings(request),
    ...sharingWarnings(request),
    ...modeWarnings(request),
    ...savedWarnings(request),
  ];
}

function isolationWarnings(request: Request): readonly string[] {
  const { isolated } = request.host;
  return pins(request)
    .filter(({ cpus }) => cpus.size > 1 && cpus.intersects(isolated))
    .map(
      ({ setting, cpus }) =>
        `${setting}: CPUs ${String(cpus.intersect(isolated))} are isolated (isolcpus), and between isolated CPUs the kernel does not move threads: all may stay on one of ${String(cpus)}. Pin to one CPU each`,
    );
}

/** Two vCPUs on one CPU, or on siblings of one core that the guest takes for two cores. */
function sharingWarnings(request: Request): readonly string[] {
  const single = pins(request).flatMap(({ setting, parsed, cpus }) =>
    parsed.kind === "vcpuPin" && cpus.size === 1 ? [{ setting, cpu: cpus.first ?? 0 }] : [],
  );
  const byCpu = Map.groupBy(single, ({ cpu }) => cpu);
  const doubled = [...byCpu].flatMap(([cpu, all]) =>
    all.length > 1 ? [`${all.map(({ setting }) => setting).join(", ")}: all on CPU ${cpu}`] : [],
  );
  const { threadsPerCore } = request.domain?.config ?? request.domain?.live ?? { threadsPerCore: 1 };
  if (threadsPerCore > 1) return doubled;
  const siblings = request.host.cores.flatMap((core) => {
    const here = single.filter(({ cpu }) => core.has(cpu));
    if (new Set(here.map(({ cpu }) => cpu)).size < 2) return [];
    return [
      `${here.map(({ setting }) => setting).join(", ")}: CPUs ${String(core)} are threads of one core, and the guest takes its vCPUs for cores of their own`,
    ];
  });
  return [...doubled, ...siblings];
}

function modeWarnings({ wanted }: Request): readonly string[] {
  const nodeset = wanted.get("numa.nodeset");
  if (wanted.get("numa.mode") !== "preferred" || nodeset == null || CpuSet.parse(nodeset).size === 1) return [];
  return [
    `numa.nodeset: mode preferred with more than one node (${nodeset}) is refused by older libvirt when the domain starts`,
  ];
}

/** libvirt resumes a saved domain by the document in its image (virsh managedsave-dumpxml), not by the definition. */
function savedWarnings({ domain, targets }: Request): readonly string[] {
  if (domain === undefined || !domain.managedSave || domain.live !== undefined || targets.config.size === 0) return [];
  return [
    `domain "${domain.name}" is saved (virsh managedsave): its next start resumes it with the placement it was saved ` +
      "with, whatever its definition says. Run `pulumi up` again once it runs",
  ];
}
