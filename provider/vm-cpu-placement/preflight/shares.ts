/* Shares of CPU time, of caches and of memory bandwidth: what the host's kernel can give. */
import { parseSetting } from "../facts";
import { problem, type Finding } from "./finding";
import { firstOf, readSet, type Judged } from "./judged";
import { named } from "./wording";

export function shareFindings(judged: Judged): readonly Finding[] {
  return [...cpuShareFindings(judged), ...resctrlFindings(judged), ...overlapFindings(judged)];
}

/** cpu.weight of cgroup v2, cpu.shares of v1. libvirt takes any number and passes it on at the start. */
const ranges = { 1: [2, 262144], 2: [1, 10000] } as const;

function cpuShareFindings({ wanted, host }: Judged): readonly Finding[] {
  const shares = wanted.get("cpuShares");
  if (shares == null || host.cgroup === undefined) return [];
  const [least, most] = ranges[host.cgroup];
  if (Number(shares) >= least && Number(shares) <= most) return [];
  return [
    problem("cpuShares", `${shares} is outside of what this host takes: ${least}-${most} (cgroup v${host.cgroup})`),
  ];
}

function resctrlFindings({ wanted, host, document, name: domain }: Judged): readonly Finding[] {
  const emulated = document !== undefined && document.type !== "kvm";
  if (host.resctrl && !emulated) return [];
  return ["cacheTune", "memoryTune"].flatMap((name) => {
    if (![...wanted].some(([setting, value]) => setting.startsWith(`${name}.`) && value !== null)) return [];
    if (emulated)
      return [
        problem(name, `is for domains of type kvm alone, and ${domain} is of type ${document.type}: take it away`),
      ];
    const reason =
      "needs the kernel's resctrl, which is not mounted here: mount -t resctrl resctrl /sys/fs/resctrl, then restart " +
      "libvirt's daemon (libvirtd or virtqemud). If that fails, this CPU has no cache or bandwidth allocation";
    return [problem(name, reason)];
  });
}

interface Group {
  readonly name: "cacheTune" | "memoryTune";
  readonly vcpus: string;
}

/** One resctrl group a set of vCPUs: a cacheTune and a memoryTune may share one, if their vCPUs are the same. */
function overlapFindings(judged: Judged): readonly Finding[] {
  if (firstOf(judged, "cacheTune", "memoryTune") === undefined) return [];
  const groups = groupsOf(judged);
  return groups.flatMap((group, index) =>
    groups.slice(0, index).flatMap((other) => {
      const both = readSet(group.vcpus).intersect(readSet(other.vcpus));
      if (both.isEmpty || group.vcpus === other.vcpus) return [];
      const reason = `${named("vCPU", both)} cannot be in two groups, and ${other.name}.${other.vcpus} holds ${both.size === 1 ? "it" : "them"} too: make the sets equal, or apart`;
      return [problem(`${group.name}.${group.vcpus}`, reason)];
    }),
  );
}

function groupsOf({ facts }: Judged): readonly Group[] {
  const all = new Map<string, Group>();
  for (const setting of facts.keys()) {
    const parsed = parseSetting(setting);
    if (parsed.kind === "cacheTune" || parsed.kind === "memoryTune") {
      all.set(`${parsed.kind}.${parsed.vcpus}`, { name: parsed.kind, vcpus: parsed.vcpus });
    }
  }
  return [...all.values()];
}
