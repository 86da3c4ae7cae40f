/* CPUs that threads are pinned to: whether they are there, and how they get on with isolation and SMT. */
import { problem, warning, type Finding } from "./finding";
import { pinsOf, readSet, threadsPerCore, vcpuPinsOf, type Judged } from "./judged";
import { isOrAre, named } from "./wording";
import type { CpuSet } from "../../linux/cpu-set";

export function cpuFindings(judged: Judged): readonly Finding[] {
  return [
    ...sets(judged).flatMap((one) => presence(judged, one)),
    ...isolationFindings(judged),
    ...sharingFindings(judged),
  ];
}

interface Placed {
  readonly setting: string;
  readonly cpus: CpuSet;
}

function sets({ wanted }: Judged): readonly Placed[] {
  const shared = wanted.get("vcpuCpuset");
  return [...pinsOf(wanted), ...(shared == null ? [] : [{ setting: "vcpuCpuset", cpus: readSet(shared) }])];
}

function presence({ host }: Judged, { setting, cpus }: Placed): readonly Finding[] {
  const missing = cpus.minus(host.online).minus(host.offline);
  const off = cpus.intersect(host.offline);
  if (!missing.isEmpty) {
    const reason = `${named("CPU", missing)} ${isOrAre(missing)} not on this host: it has CPUs ${String(host.online)}`;
    return [problem(setting, reason)];
  }
  if (off.isEmpty) return outside({ setting, cpus }, host.partition);
  return [
    problem(
      setting,
      `${named("CPU", off)} ${isOrAre(off)} offline: bring them online (echo 1 > /sys/devices/system/cpu/cpuN/online) or choose others of ${String(host.online)}`,
    ),
  ];
}

/** libvirt cannot give a thread what its cgroup does not have: "cannot set CPU affinity: Invalid argument". */
function outside({ setting, cpus }: Placed, partition: CpuSet | undefined): readonly Finding[] {
  const off = partition === undefined ? undefined : cpus.minus(partition);
  if (off === undefined || off.isEmpty) return [];
  const reason =
    `${named("CPU", off)} ${isOrAre(off)} outside of the partition that domains run in (CPUs ${String(partition)}): choose of ` +
    'those, or make it larger (HostTuning: isolation with mode "partition")';
  return [problem(setting, reason)];
}

function isolationFindings(judged: Judged): readonly Finding[] {
  const { isolated } = judged.host;
  const widened = judged.fields.migration === "flexible";
  const stacking = sets(judged)
    .filter(({ setting, cpus }) => cpus.size > 1 && cpus.intersects(isolated) && !(widened && isVcpuPin(setting)))
    .map(({ setting, cpus }) =>
      warning(
        setting,
        `${named("CPU", cpus.intersect(isolated))} ${isOrAre(cpus.intersect(isolated))} isolated (isolcpus, or an isolated partition), and between isolated CPUs the kernel does not move threads: all may stay on one of ${String(cpus)}. Pin to one CPU each`,
      ),
    );
  const flexible = vcpuPinsOf(judged.wanted).filter(({ cpus }) => cpus.intersects(isolated));
  if (!widened || flexible.length === 0) return stacking;
  const reason =
    `"flexible" widens the pins to whole nodes, whose CPUs ${String(isolated)} are isolated (isolcpus, or an isolated partition): there the kernel ` +
    'does not move threads, and vCPUs may stay together on one CPU. Set it back to "pinned" as soon as the domain has moved';
  return [...stacking, warning("migration", reason)];
}

const isVcpuPin = (setting: string): boolean => setting.startsWith("vcpuPins.");

/** Two vCPUs on one CPU, or on siblings of one core that the guest takes for two cores. */
function sharingFindings(judged: Judged): readonly Finding[] {
  const single = vcpuPinsOf(judged.wanted).flatMap(({ setting, cpus }) =>
    cpus.size === 1 ? [{ setting, cpu: cpus.first ?? 0 }] : [],
  );
  const list = (some: typeof single): string => some.map(({ setting }) => setting).join(", ");
  const doubled = [...Map.groupBy(single, ({ cpu }) => cpu)].flatMap(([cpu, all]) =>
    all.length > 1 ? [warning(list(all), `all on CPU ${cpu}`)] : [],
  );
  if (threadsPerCore(judged.facts) > 1) return doubled;
  const siblings = judged.host.cores.flatMap((core) => {
    const here = single.filter(({ cpu }) => core.has(cpu));
    if (new Set(here.map(({ cpu }) => cpu)).size < 2) return [];
    const reason = `CPUs ${String(core)} are threads of one core, and the guest takes its vCPUs for cores of their own`;
    return [warning(list(here), reason)];
  });
  return [...doubled, ...siblings];
}
